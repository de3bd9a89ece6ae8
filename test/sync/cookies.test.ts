import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { type SessionGuid, sessionGuid } from "../../src/model/index.js";
import { bindCookies, countingCookies, forgetNewCookies, newCookiesFolder, settleCookies } from "../../src/sync/index.js";
import { temporaryFolder } from "../temporary-folder.js";
import { killedAfter } from "./dying-disk.js";

const first = sessionGuid("11111111-1111-1111-1111-111111111111");
const second = sessionGuid("22222222-2222-2222-2222-222222222222");
const third = sessionGuid("33333333-3333-3333-3333-333333333333");
const own = ["AD_Main", "AD_Other"];

let work = "";
beforeEach(() => {
  work = temporaryFolder("cookies");
});

/** As an export that starts, and leaves the cookies of these names. */
const exported = (connection: string, cookies: Readonly<Record<string, string>>): void => {
  forgetNewCookies(work, connection);
  const folder = newCookiesFolder(work, connection);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(cookies)) writeFileSync(join(folder, name), text);
};

/** What an incremental export of the connection would find. */
const found = (connection: string, head: SessionGuid | null, name = `${connection}_cookie.bin`): string | null => {
  const folder = countingCookies(work, connection, head);
  return folder === null ? null : readFileSync(join(folder, name), "utf8");
};
const sessions = (): readonly string[] => {
  const folder = join(work, "ExportCookies", "sessions");
  return existsSync(folder) ? readdirSync(folder) : [];
};

test("a cookie counts once the session that its files went into was applied, and as long as nothing else was", () => {
  exported("AD_Main", { "AD_Main_cookie.bin": "one" });
  expect(found("AD_Main", first)).toBeNull();
  bindCookies(work, first, own);
  settleCookies(work, own, { head: null, unended: [first] });
  expect(found("AD_Main", first)).toBeNull();
  settleCookies(work, own, { head: first, unended: [] });
  expect([found("AD_Main", first), found("AD_Main", second), found("AD_Main", null), found("AD_Other", first)]).toEqual([
    "one",
    null,
    null,
    null,
  ]);
  expect(sessions()).toEqual([]);
});

test("a session that ended otherwise takes its cookies along; the ones before count still", () => {
  exported("AD_Main", { "AD_Main_cookie.bin": "one" });
  bindCookies(work, first, own);
  settleCookies(work, own, { head: first, unended: [] });
  exported("AD_Main", { "AD_Main_cookie.bin": "two" });
  bindCookies(work, second, own);
  settleCookies(work, own, { head: first, unended: [second] });
  expect([found("AD_Main", first), sessions()]).toEqual(["one", [second]]);
  settleCookies(work, own, { head: first, unended: [] });
  expect([found("AD_Main", first), sessions()]).toEqual(["one", []]);
});

test("files that are prepared again bind their cookies again; a new export forgets those of the one before", () => {
  exported("AD_Main", { "AD_Main_cookie.bin": "one" });
  bindCookies(work, first, own);
  bindCookies(work, second, own);
  settleCookies(work, own, { head: second, unended: [] });
  expect(found("AD_Main", second)).toBe("one");
  forgetNewCookies(work, "AD_Main");
  bindCookies(work, third, own);
  settleCookies(work, own, { head: third, unended: [] });
  expect(found("AD_Main", third)).toBeNull();
});

test("names that changed go, a file that is gone makes them count no more, other connectors' are left alone", () => {
  exported("AD_Main", { "AD_Main_cookie.bin": "one", "AD_Main_more.bin": "x" });
  exported("SAP_Main", { "SAP_Main_cookie.bin": "sap" });
  bindCookies(work, first, own);
  bindCookies(work, second, ["SAP_Main"]);
  settleCookies(work, own, { head: first, unended: [] });
  expect(sessions()).toEqual([second]);
  settleCookies(work, ["SAP_Main"], { head: second, unended: [] });
  expect(found("SAP_Main", second)).toBe("sap");
  exported("AD_Main", { "AD_Main_cookie.bin": "two" });
  bindCookies(work, third, own);
  settleCookies(work, own, { head: third, unended: [] });
  expect(readdirSync(join(work, "ExportCookies")).sort()).toEqual([
    "AD_Main.json",
    "AD_Main_cookie.bin",
    "SAP_Main.json",
    "SAP_Main_cookie.bin",
    "new",
    "sessions",
  ]);
  rmSync(join(work, "ExportCookies", "AD_Main_cookie.bin"));
  expect(countingCookies(work, "AD_Main", third)).toBeNull();
  writeFileSync(join(work, "ExportCookies", "SAP_Main.json"), "{");
  expect(countingCookies(work, "SAP_Main", second)).toBeNull();
});

test("names cannot leave their folder", () => {
  expect(() => bindCookies(work, first, ["../x"])).toThrow(expect.objectContaining({ code: "SRC_BASELINE_INVALID" }));
  expect(() => newCookiesFolder(work, "..")).toThrow(expect.objectContaining({ code: "SRC_BASELINE_INVALID" }));
});

test("killed before any call of the file system, it is done again, and no cookie ever counts for files that were not applied", () => {
  const steps: readonly (() => void)[] = [
    () => bindCookies(work, first, own),
    () => settleCookies(work, own, { head: first, unended: [] }),
    () => bindCookies(work, second, own),
    () => settleCookies(work, own, { head: second, unended: [] }),
  ];
  const before = (at: number): void => {
    rmSync(join(work, "ExportCookies"), { recursive: true, force: true });
    for (let step = 0; step <= at; step++) {
      if (step === 0) exported("AD_Main", { "AD_Main_cookie.bin": "one", "AD_Main_old.bin": "one" });
      if (step === 2) exported("AD_Main", { "AD_Main_cookie.bin": "two" });
      if (step < at) steps[step]?.();
    }
  };
  const state = (): readonly (string | null)[] => [found("AD_Main", first), found("AD_Main", second)];
  const ends = [
    [null, null],
    ["one", null],
    ["one", null],
    [null, "two"],
  ];
  let kills = 0;
  for (let at = 0; at < steps.length; at++) {
    for (let survived = 0, isKilled = true; isKilled; survived++) {
      before(at);
      isKilled = killedAfter(survived, steps[at] ?? (() => undefined));
      if (isKilled) kills++;
      // A cookie counts for its own session alone, also for a database that was restored to an earlier state.
      expect([null, "one"]).toContain(found("AD_Main", first));
      expect([null, "two"]).toContain(found("AD_Main", second));
      steps[at]?.();
      expect(state()).toEqual(ends[at]);
    }
  }
  expect(kills).toBeGreaterThan(40);
  expect(readdirSync(join(work, "ExportCookies")).sort()).toEqual(["AD_Main.json", "AD_Main_cookie.bin", "new", "sessions"]);
});
