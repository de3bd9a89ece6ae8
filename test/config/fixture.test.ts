import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { loadWorkspace } from "../../src/config/index.js";
import { findingLines, fixtures, load } from "./workspace.js";

const xmlFiles = (folder: string): readonly string[] => readdirSync(path.join(fixtures, folder)).filter((name) => name.endsWith(".xml"));

const expectedOf = (folder: string, file: string): readonly string[] =>
  readFileSync(path.join(fixtures, folder, file.replace(/\.xml$/, ".expected.txt")), "utf8")
    .trimEnd()
    .split("\n");

const loadFixture = (folder: string, file: string) => load({ [file]: readFileSync(path.join(fixtures, folder, file)) });

describe("an invalid file names everything that is wrong with it", () => {
  test.each(xmlFiles("invalid"))("%s", (file) => {
    const loaded = loadFixture("invalid", file);
    expect(findingLines(loaded)).toEqual(expectedOf("invalid", file));
    expect(loaded.configuration).toBeNull();
  });
});

describe("a doubtful file is loaded and warned about", () => {
  test.each(xmlFiles("warning"))("%s", (file) => {
    const loaded = loadFixture("warning", file);
    expect(findingLines(loaded)).toEqual(expectedOf("warning", file));
    expect(loaded.configuration).not.toBeNull();
  });
});

test.each(readdirSync(path.join(fixtures, "valid")))("valid/%s has no finding", (folder) => {
  const loaded = loadWorkspace({ workspace: path.join(fixtures, "valid", folder), env: {} });
  expect(findingLines(loaded)).toEqual([]);
  expect(loaded.configuration).not.toBeNull();
});
