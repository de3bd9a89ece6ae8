import { describe, expect, test } from "vitest";
import { commandErrors } from "../../src/errors/command.js";
import { configurationErrors } from "../../src/errors/configuration.js";
import { connectionErrors } from "../../src/errors/connection.js";
import { dataErrors } from "../../src/errors/data.js";
import { type ErrorCode, errorCatalogue } from "../../src/errors/index.js";
import { jobConfigurationErrors } from "../../src/errors/job-configuration.js";
import { runErrors } from "../../src/errors/run.js";
import { storeErrors } from "../../src/errors/store.js";
import { filesBelow, read, type Section, sectionsOf } from "./document.js";

/** Chapters of the page, one for each file of the catalogue, in its order. */
const chapters: readonly (readonly [title: string, errors: object])[] = [
  ["Configuration", { ...configurationErrors, ...jobConfigurationErrors }],
  ["Sources, files and values", dataErrors],
  ["Databases and scripts", connectionErrors],
  ["Repository", storeErrors],
  ["Jobs, tasks and locks", runErrors],
  ["Command line", commandErrors],
];
/** What a person at three in the morning reads: sentences, not pages. */
const mostLines = 5;
/** Bytes of a line before it has to be wrapped. */
const longestLine = 240;

const codes = Object.keys(errorCatalogue) as ErrorCode[];
const source = filesBelow("src", ".ts")
  .filter((path) => !path.startsWith("src/errors/"))
  .map(read)
  .join("\n");

/** How findings are made: `findings.warn("CODE", …)`, and of a task graph `findingOf("warning", new SluiceError("CODE", …))`. */
const warned = new Set(
  [...source.matchAll(/\bwarn\(\s*"([A-Z_]+)"|findingOf\(\s*"warning",\s*new SluiceError\(\s*"([A-Z_]+)"/g)].map(
    (match) => match[1] ?? match[2],
  ),
);
const refused = new Set(
  [...source.matchAll(/\berror\(\s*"([A-Z_]+)"|(findingOf\(\s*"warning",\s*)?new SluiceError\(\s*"([A-Z_]+)"/g)]
    .filter((match) => match[2] === undefined)
    .map((match) => match[1] ?? match[3]),
);

const outcomeOf = (code: ErrorCode): string => {
  const { exit, retryable } = errorCatalogue[code];
  if (warned.has(code) && !refused.has(code)) return "*Warning · nothing stops*";
  return `*Exit ${exit}${warned.has(code) ? ", or a warning" : ""} · running again ${retryable ? "can help" : "does not help"}*`;
};

const sections = sectionsOf(read("docs/errors.md"));
const ofCodes = sections.filter(({ level }) => level === 2);
const proseOf = ({ text }: Section): readonly string[] =>
  text
    .split("\n")
    .slice(1)
    .filter((line) => line !== "");

describe("docs/errors.md", () => {
  test("has a chapter for each file of the catalogue, and in it a section for each code, in the same order", () => {
    const expected = chapters.flatMap(([title, errors]) => [`# ${title}`, ...Object.keys(errors).map((code) => `## ${code}`)]);
    const found = sections.map(({ level, title }) => `${"#".repeat(level)} ${title}`);
    expect(found).toEqual(["# Errors", ...expected]);
    expect(ofCodes.map(({ title }) => title).toSorted()).toEqual(codes.toSorted());
  });

  test("says of each code the exit code and whether running again helps, as the catalogue does", () => {
    const found = Object.fromEntries(ofCodes.map(({ title, text }) => [title, text.split("\n")[0]]));
    expect(found).toEqual(Object.fromEntries(codes.map((code) => [code, outcomeOf(code)])));
  });

  test("says something of each code, and briefly", () => {
    const lengths = ofCodes.map((section) => ({
      code: section.title,
      lines: proseOf(section).length,
      longest: Math.max(0, ...proseOf(section).map(({ length }) => length)),
    }));
    expect(lengths.filter(({ lines, longest }) => lines < 1 || lines > mostLines || longest > longestLine)).toEqual([]);
  });

  test("knows errors and warnings apart", () => {
    expect(outcomeOf("CFG_COOKIE")).toContain("Warning");
    expect(outcomeOf("CFG_VALUE")).not.toContain("arning");
    expect(outcomeOf("CFG_ATTRIBUTE_UNKNOWN")).toContain("or a warning");
  });
});

describe("the catalogue", () => {
  test("has no code that nothing uses", () => {
    expect(codes.filter((code) => !source.includes(`"${code}"`))).toEqual([]);
  });

  test("begins each code as its file says", () => {
    const prefixes: readonly (readonly [object, RegExp])[] = [
      [{ ...configurationErrors, ...jobConfigurationErrors }, /^CFG_/],
      [dataErrors, /^(SRC|DATA)_/],
      [connectionErrors, /^SRC_/],
      [storeErrors, /^(DB|SYNC)_/],
      [runErrors, /^(JOB|TASK|LOCK|SYNC|DB)_/],
      [commandErrors, /^CMD_/],
    ];
    expect(prefixes.flatMap(([errors, prefix]) => Object.keys(errors).filter((code) => !prefix.test(code)))).toEqual([]);
  });
});
