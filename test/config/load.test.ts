import { symlinkSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { loadWorkspace } from "../../src/config/index.js";
import { codes, configurationFile, findingLines, load, workspaceOf } from "./workspace.js";

/** Milliseconds: far above what these sizes take (one to two seconds), far below what anything quadratic in them would. */
const bound = 20_000;

test.each([
  ["40,000 elements at the root", (n: number) => `<Job Identifier="J${n}" DisplayName_L1="J"/>`, (all: string) => all, 40_000, []],
  [
    "10,000 tasks without identifier",
    () => '<ResetValidFromTask DisplayName_L1="r"/>',
    (all: string) => `<Job Identifier="J" DisplayName_L1="J">${all}</Job>`,
    10_000,
    [],
  ],
  ["40,000 unknown elements", () => "<Conector/>", (all: string) => all, 40_000, ["CFG_ELEMENT_UNKNOWN"]],
  [
    "10,000 broken references",
    (n: number) => `<Step Identifier="X${n}"/>`,
    (all: string) => `<Job Identifier="J" DisplayName_L1="J">${all}</Job>`,
    10_000,
    ["CFG_REFERENCE"],
  ],
])("%s are read, and findings about them end", { timeout: 2 * bound }, (_, element, wrap, count, expected) => {
  const before = performance.now();
  const loaded = load({ "a.xml": configurationFile(wrap(Array.from({ length: count }, (_, index) => element(index)).join("\n"))) });
  expect([...new Set(codes(loaded))]).toEqual(expected);
  expect(loaded.findings.length).toBe(expected.length === 0 ? 0 : 2_000);
  expect(loaded.configuration === null).toBe(expected.length > 0);
  expect(performance.now() - before).toBeLessThan(bound);
});

test("what is called .xml but is no file is said to be none", () => {
  const folder = workspaceOf({ "Conf/a.xml": configurationFile("") });
  symlinkSync(path.join(folder, "absent"), path.join(folder, "dangling.xml"));
  symlinkSync(path.join(folder, "Conf"), path.join(folder, "folder.xml"), "dir");
  expect(findingLines(loadWorkspace({ workspace: folder, env: {} }))).toEqual([
    "dangling.xml error CFG_FILE: the file cannot be read (ENOENT)",
    "dangling.xml:1:1 warning CFG_REFERENCES_UNCHECKED: what refers to what was not checked, because dangling.xml, folder.xml could not be read: mend that first, then validate again",
    "folder.xml error CFG_FILE: the file cannot be read (it is no ordinary file)",
  ]);
});

test("one file that cannot be read does not hide what is wrong in the others", () => {
  const loaded = load({
    "b.xml": configurationFile('<Connector Identifier="X"/>'),
    "a.xml": "<ConfigurationFile>",
    "Conf/c.xml": Buffer.alloc(65 * 1024 * 1024, " "),
    "appsettings.json": "{",
  });
  expect(findingLines(loaded)).toEqual([
    "Conf/c.xml error CFG_FILE_SIZE: the file is larger than 64 MiB: no configuration is; move it out of the workspace or split it",
    "Conf/c.xml:1:1 warning CFG_REFERENCES_UNCHECKED: what refers to what was not checked, because Conf/c.xml, a.xml could not be read: mend that first, then validate again",
    "a.xml:1:1 error CFG_XML_SYNTAX: not well-formed XML: <ConfigurationFile> is not closed",
    "appsettings.json:1:2 error CFG_SETTINGS_SYNTAX: not valid JSON: a key in quotes is missing (found the end of the file)",
    "b.xml:1:20 error CFG_ATTRIBUTE_MISSING: Connector X needs the attribute DisplayName_L1",
  ]);
});
