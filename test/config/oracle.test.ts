import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseXml } from "../../src/config/xml/document.js";
import { SluiceError } from "../../src/errors/index.js";
import { fixtures, load, workspaceOf } from "./workspace.js";

const hasXmllint = spawnSync("xmllint", ["--version"]).status === 0;
const original = readFileSync(path.join(fixtures, "valid/references/badge.xml"), "utf8");

/** What people and programs do to files: cut, double, and put characters where they do not belong. */
const pieces = [
  "<",
  ">",
  "&",
  '"',
  "'",
  "=",
  "/",
  " ",
  "x",
  ":",
  "-",
  "]]>",
  "<!--",
  "-->",
  "&amp;",
  "&#10;",
  "&#0;",
  "<b/>",
  "</",
  "<?",
  "?>",
  "\u0001",
  "é",
  "\n",
  "a:b",
  "xmlns:a='u'",
];
const mutation = fc.record({
  at: fc.nat(original.length),
  remove: fc.nat(6),
  insert: fc.oneof(fc.constant(""), fc.constantFrom(...pieces)),
});
const mutant = fc
  .array(mutation, { minLength: 1, maxLength: 3 })
  .map((mutations) =>
    mutations.reduce((text, { at, remove, insert }) => `${text.slice(0, at)}${insert}${text.slice(at + remove)}`, original),
  );

test("whatever is done to a file, loading it ends with a configuration or with findings that have their place", () => {
  fc.assert(
    fc.property(mutant, (text) => {
      const loaded = load({ "a.xml": text });
      if (loaded.configuration === null) expect(loaded.findings.some(({ severity }) => severity === "error")).toBe(true);
      for (const { file, line, column } of loaded.findings)
        expect([file, (line ?? 0) > 0, (column ?? 0) > 0]).toEqual(["a.xml", true, true]);
    }),
    { numRuns: 150 },
  );
});

const isTaken = (text: string): boolean => {
  try {
    parseXml(Buffer.from(text), "a.xml");
    return true;
  } catch (error) {
    if (error instanceof SluiceError) return false;
    throw error;
  }
};

test.skipIf(!hasXmllint)("well-formed is what xmllint calls so (skipped where it is not installed)", () => {
  const texts = fc.sample(mutant, { numRuns: 400, seed: 20261121 });
  const names = texts.map((_, index) => `${index}.xml`);
  const folder = workspaceOf(Object.fromEntries(texts.map((text, index) => [names[index] ?? "", text])));
  const { stderr } = spawnSync("xmllint", ["--noout", "--nonet", ...names], { cwd: folder, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const refused = new Set(stderr.match(/^\d+\.xml(?=:\d+: (parser|namespace) error(?!.*not a valid URI))/gm) ?? []);
  const differing = texts.filter((text, index) => isTaken(text) === refused.has(names[index] ?? ""));
  expect(differing.map((text) => JSON.stringify(text))).toEqual([]);
  expect(refused.size).toBeGreaterThan(100);
  expect(refused.size).toBeLessThan(texts.length);
});
