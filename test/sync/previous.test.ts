import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type SessionFile, type SessionGuid, sessionGuid } from "../../src/model/index.js";
import {
  baselineAt,
  carriedAt,
  cookiesLeftBy,
  discardPrevious,
  pendPrevious,
  promotePrevious,
  settlePrevious,
} from "../../src/sync/index.js";
import { killedAfter } from "./dying-disk.js";

let work = "";
let collect = "";
const first = sessionGuid("11111111-1111-1111-1111-111111111111");
const second = sessionGuid("22222222-2222-2222-2222-222222222222");

beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "previous-"));
  collect = join(work, "Collect");
  mkdirSync(collect);
});
afterEach(() => rmSync(work, { recursive: true }));

const file = (name: string, content: SessionFile["content"]): SessionFile => ({
  name,
  kind: "entityType",
  mapping: "T",
  content,
  rows: 1,
  bytes: 4,
  sha256: "",
});
const pend = (session: SessionGuid, text: string): void => {
  // As prepare does: a new file under the name, never the old one written to.
  rmSync(join(collect, "T.sorted.csv"), { force: true });
  writeFileSync(join(collect, "T.sorted.csv"), text);
  pendPrevious(work, collect, {
    connector: "C",
    session,
    sequence: 1,
    type: "None",
    startsAt: null,
    mappingHash: "h",
    files: [{ ...file("T.sorted.csv", "sorted"), bytes: text.length }],
    cookies: [],
  });
};
const promoted = (): string | null => {
  const home = join(collect, "previous", "promoted", "C");
  if (!existsSync(join(home, "current.json"))) return null;
  const { session } = JSON.parse(readFileSync(join(home, "current.json"), "utf8"));
  expect(readdirSync(home).sort()).toEqual([session, "current.json"].sort());
  return readFileSync(join(home, session, "T.sorted.csv"), "utf8");
};
const pending = (): string[] => readdirSync(join(collect, "previous", "pending"));

test("a baseline is pending until its session is applied, whatever is prepared meanwhile", () => {
  pend(first, "one\n");
  expect(promoted()).toBeNull();
  pend(second, "two\n");
  expect(promotePrevious(work, "C", first)).toBe(true);
  expect(promoted()).toBe("one\n");
  expect(pending()).toEqual([second]);
  expect(promotePrevious(work, "C", second)).toBe(true);
  expect(promoted()).toBe("two\n");
  expect(pending()).toEqual([]);
});

test("says whose the files are, with the hash of the mappings", () => {
  pend(first, "one\n");
  const folder = join(collect, "previous", "pending", first);
  expect(readdirSync(folder).sort()).toEqual(["T.sorted.csv", "baseline.json"]);
  expect(JSON.parse(readFileSync(join(folder, "baseline.json"), "utf8"))).toMatchObject({
    format: 1,
    connector: "C",
    session: first,
    mappingHash: "h",
    files: [{ name: "T.sorted.csv" }],
  });
});

test("each step may be done twice", () => {
  pend(first, "one\n");
  pend(first, "one\n");
  expect(promotePrevious(work, "C", first)).toBe(true);
  expect(promotePrevious(work, "C", first)).toBe(true);
  expect(promoted()).toBe("one\n");
  discardPrevious(work, "C", first);
  discardPrevious(work, "C", first);
  expect(promoted()).toBe("one\n");
});

test("killed between the steps of a promotion: done again, it ends as an undisturbed one", () => {
  pend(first, "one\n");
  promotePrevious(work, "C", first);
  pend(second, "two\n");
  // The state after the files moved and before current.json was written.
  mkdirSync(join(collect, "previous", "promoted", "C", second));
  for (const name of ["T.sorted.csv", "baseline.json"]) {
    const from = join(collect, "previous", "pending", second, name);
    writeFileSync(join(collect, "previous", "promoted", "C", second, name), readFileSync(from));
  }
  rmSync(join(collect, "previous", "pending", second), { recursive: true });
  expect(promotePrevious(work, "C", second)).toBe(true);
  expect(promoted()).toBe("two\n");
});

test("killed while it was made pending: nothing pending, and no trace after the next time", () => {
  const unfinished = (connector: string): string => join(collect, "previous", "pending", `${connector}~${second}.tmp`);
  mkdirSync(unfinished("C"), { recursive: true });
  mkdirSync(unfinished("D"));
  // Killed at its very first file: nothing in the folder says whose it is.
  writeFileSync(join(unfinished("C"), ".baseline.json.tmp"), "{");
  pend(first, "one\n");
  expect(baselineAt(work, "C", second, "h")).toHaveProperty("missing");
  settlePrevious(work, "C", { head: null, start: null, unended: [first] });
  // Another connector's prepare may be at work.
  expect(pending()).toEqual([first, `D~${second}.tmp`]);
});

test("a session whose files are gone leaves no baseline: the one before is not what was last applied", () => {
  pend(first, "one\n");
  promotePrevious(work, "C", first);
  expect(promotePrevious(work, "C", second)).toBe(false);
  expect(promoted()).toBeNull();
});

test("a discarded session is never promoted; names cannot leave their folder", () => {
  pend(first, "one\n");
  discardPrevious(work, "C", first);
  expect(pending()).toEqual([]);
  expect(() => promotePrevious(work, "..", first)).toThrow(expect.objectContaining({ code: "SRC_BASELINE_INVALID" }));
  expect(() => discardPrevious(work, "C", sessionGuid("../x"))).toThrow(expect.objectContaining({ code: "SRC_BASELINE_INVALID" }));
});

describe("sessions of Type Changes", () => {
  const third = sessionGuid("33333333-3333-3333-3333-333333333333");
  const delta: SessionFile = { ...file("T.sorted.delta", "delta") };
  /** What a prepare of Type Changes keeps: `place` is its session's in the order of announcement. */
  const pendChanges = (session: SessionGuid, startsAt: SessionGuid, place: number, text: string, connector = "C"): void => {
    rmSync(join(collect, delta.name), { force: true });
    writeFileSync(join(collect, delta.name), text);
    pendPrevious(work, collect, {
      connector,
      session,
      sequence: place,
      type: "Changes",
      startsAt,
      mappingHash: "h",
      files: [delta],
      cookies: ["C_Main"],
    });
  };
  const carried = (session: SessionGuid, mappingHash = "h"): string | null => {
    const found = carriedAt(work, "C", session, mappingHash);
    return found === null ? null : readFileSync(join(found.folder, delta.name), "utf8");
  };
  const baseline = (session: SessionGuid, mappingHash = "h"): string => {
    const found = baselineAt(work, "C", session, mappingHash);
    return "missing" in found ? found.missing : readFileSync(join(found.baseline.folder, "T.sorted.csv"), "utf8");
  };

  test("deltas that were never applied stay while the repository stands where they start; a later one holds the earlier", () => {
    pend(first, "one\n");
    settlePrevious(work, "C", { head: first, start: first, unended: [] });
    pendChanges(second, first, 2, "two\n");
    // The session may be applied still, then it was cancelled, or failed, or expired.
    for (const unended of [[second], []]) {
      settlePrevious(work, "C", { head: first, start: first, unended });
      expect(carried(first)).toBe("two\n");
    }
    pendChanges(third, first, 3, "two, three\n");
    settlePrevious(work, "C", { head: first, start: first, unended: [third] });
    expect([pending(), carried(first)]).toEqual([[third], "two, three\n"]);
    expect([carried(second), carried(first, "other mappings")]).toEqual([null, null]);
    expect(baseline(first)).toBe("one\n");
  });

  test("applied, they are done with: what they changed is nowhere whole, and that is said", () => {
    pend(first, "one\n");
    settlePrevious(work, "C", { head: first, start: first, unended: [] });
    pendChanges(second, first, 2, "two\n");
    for (let twice = 0; twice < 2; twice++) {
      expect(settlePrevious(work, "C", { head: second, start: second, unended: [] })).toBe(true);
      expect([pending(), carried(first), carried(second)]).toEqual([[], null, null]);
      expect(readdirSync(join(collect, "previous", "promoted", "C"))).toEqual(["current.json"]);
      expect(baseline(second)).toContain("Type Changes");
      expect([cookiesLeftBy(work, "C", second), cookiesLeftBy(work, "C", first)]).toEqual([["C_Main"], null]);
    }
  });

  test("a whole one that was applied makes them needless; one that waits does not yet, and is where the next ones start", () => {
    pend(first, "one\n");
    settlePrevious(work, "C", { head: first, start: first, unended: [] });
    pendChanges(second, first, 2, "two\n");
    pend(third, "three\n");
    settlePrevious(work, "C", { head: first, start: third, unended: [third] });
    expect([carried(first), carried(third), baseline(third), baseline(first)]).toEqual(["two\n", null, "three\n", "one\n"]);
    const onTop = sessionGuid("44444444-4444-4444-4444-444444444444");
    pendChanges(onTop, third, 4, "four\n");
    // Blocked, it is where nothing starts, yet it may be applied.
    settlePrevious(work, "C", { head: first, start: first, unended: [third, onTop] });
    expect([carried(first), carried(third)]).toEqual(["two\n", "four\n"]);
    settlePrevious(work, "C", { head: third, start: third, unended: [onTop] });
    expect([carried(first), carried(third), baseline(third)]).toEqual([null, "four\n", "three\n"]);
  });

  test("other connectors keep theirs", () => {
    pendChanges(second, first, 2, "two\n", "D");
    mkdirSync(join(collect, "previous", "pending", `D~${third}.tmp`));
    settlePrevious(work, "C", { head: null, start: null, unended: [] });
    expect(pending()).toEqual([second, `D~${third}.tmp`]);
    expect(carriedAt(work, "D", first, "h")?.session).toBe(second);
  });

  test("what is gone, was altered, or was made by other mappings is no baseline, and is said by name", () => {
    expect(baseline(first)).toContain(first);
    pend(first, "one\n");
    settlePrevious(work, "C", { head: first, start: first, unended: [] });
    expect(baseline(first, "other")).toContain("mappings");
    writeFileSync(join(collect, "previous", "promoted", "C", first, "T.sorted.csv"), "one and more\n");
    expect(baseline(first)).toContain("T.sorted.csv");
    rmSync(join(collect, "previous", "promoted", "C", first, "T.sorted.csv"));
    expect(baseline(first)).toContain("T.sorted.csv");
    writeFileSync(join(collect, "previous", "promoted", "C", first, "baseline.json"), "{");
    expect(baseline(first)).toContain("are not in");
  });

  test("killed before any call of the file system, it is done again, and ends as an undisturbed run", () => {
    const steps: readonly (() => void)[] = [
      () => pend(first, "one\n"),
      () => settlePrevious(work, "C", { head: first, start: first, unended: [] }),
      () => pendChanges(second, first, 2, "two\n"),
      () => settlePrevious(work, "C", { head: first, start: first, unended: [second] }),
      () => pendChanges(third, first, 3, "two, three\n"),
      () => settlePrevious(work, "C", { head: first, start: first, unended: [third] }),
      () => settlePrevious(work, "C", { head: third, start: third, unended: [] }),
      () => pend(second, "four\n"),
      () => settlePrevious(work, "C", { head: second, start: second, unended: [] }),
    ];
    const tree = (): readonly string[] =>
      (readdirSync(join(collect, "previous"), { recursive: true }) as string[]).filter((name) => !name.endsWith("baseline.json")).sort();
    const undisturbed = steps.map((step) => {
      step();
      return tree();
    });
    let kills = 0;
    const previous = join(collect, "previous");
    const kept = join(work, "kept");
    rmSync(previous, { recursive: true });
    for (let at = 0; at < steps.length; at++) {
      steps[at - 1]?.();
      rmSync(kept, { recursive: true, force: true });
      if (existsSync(previous)) cpSync(previous, kept, { recursive: true });
      for (let survived = 0, isKilled = true; isKilled; survived++) {
        rmSync(previous, { recursive: true, force: true });
        if (existsSync(kept)) cpSync(kept, previous, { recursive: true });
        isKilled = killedAfter(survived, steps[at] ?? (() => undefined));
        if (isKilled) kills++;
        steps[at]?.();
        expect(tree()).toEqual(undisturbed[at]);
      }
      rmSync(previous, { recursive: true, force: true });
      if (existsSync(kept)) cpSync(kept, previous, { recursive: true });
    }
    steps.at(-1)?.();
    expect(kills).toBeGreaterThan(80);
    expect(baseline(second)).toBe("four\n");
  });
});
