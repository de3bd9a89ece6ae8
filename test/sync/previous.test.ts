import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type SessionFile, type SessionGuid, sessionGuid } from "../../src/model/index.js";
import { discardPrevious, pendPrevious, promotePrevious } from "../../src/sync/index.js";

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
    mappingHash: "h",
    files: [file("T.sorted.csv", "sorted"), file("T.rejected.csv", "rejected")],
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

test("only sorted files, with the hash of the mappings", () => {
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
  discardPrevious(work, first);
  discardPrevious(work, first);
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
  mkdirSync(join(collect, "previous", "pending", `${first}.tmp`), { recursive: true });
  pend(first, "one\n");
  expect(pending()).toEqual([first]);
});

test("a session whose files are gone leaves no baseline: the one before is not what was last applied", () => {
  pend(first, "one\n");
  promotePrevious(work, "C", first);
  expect(promotePrevious(work, "C", second)).toBe(false);
  expect(promoted()).toBeNull();
});

test("a discarded session is never promoted; names cannot leave their folder", () => {
  pend(first, "one\n");
  discardPrevious(work, first);
  expect(pending()).toEqual([]);
  expect(() => promotePrevious(work, "..", first)).toThrow(expect.objectContaining({ code: "SRC_BASELINE_INVALID" }));
  expect(() => discardPrevious(work, sessionGuid("../x"))).toThrow(expect.objectContaining({ code: "SRC_BASELINE_INVALID" }));
});
