import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { runningExitCodes } from "../../src/cli/commands/exit-codes.js";
import { main } from "../../src/cli/main.js";
import { settingDefinitions } from "../../src/config/catalogue/settings.js";
import { Capture } from "../cli/screen.js";
import { read, sectionsOf } from "./document.js";

const page = read("docs/operations.md");

/** Rows of the first table below a heading, cells trimmed, without its head. */
const tableBelow = (title: string): readonly (readonly string[])[] => {
  const text = sectionsOf(page).find((section) => section.title === title)?.text ?? "";
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
};

/** `$ [NAME=value] sluice validate` of the page with the lines it printed: the one command whose output depends on nothing but the example. */
const validations = [...page.matchAll(/^\$ ((?:\w+=\S+ )*)sluice validate\n([\s\S]*?)^```$/gm)].map((match) => ({
  env: Object.fromEntries(
    (match[1] ?? "")
      .trim()
      .split(" ")
      .filter((text) => text !== "")
      .map((text) => text.split("=") as [string, string]),
  ),
  output: match[2] ?? "",
}));

describe("docs/operations.md", () => {
  test("shows what validate prints of the example", async () => {
    expect(validations.length).toBe(2);
    for (const { env, output } of validations) {
      const stdout = new Capture();
      const stderr = new Capture();
      await main(["validate"], { stdout, stderr, env, cwd: resolve("examples"), clock: { now: () => 0 } });
      expect(stdout.text + stderr.text).toBe(output);
    }
  });

  test("lists the exit codes of run and resume", () => {
    expect(tableBelow("Exit codes").map(([code]) => Number(code))).toEqual(runningExitCodes.map(([code]) => code));
  });

  test("says the defaults of settings as they are", () => {
    const rows = tableBelow("Settings and environment");
    expect(rows.length).toBeGreaterThan(5);
    for (const [keys = "", defaults = ""] of rows) {
      const said = defaults.split(", ").map((text) => text.replaceAll("`", ""));
      for (const [index, key] of [...keys.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "").entries()) {
        const known = settingDefinitions.find((definition) => matches(definition.key, key));
        expect(known?.status, key).toBe("used");
        if (known?.default !== null) expect(said[index], key).toBe(String(known?.default));
      }
    }
  });
});

/** `Connections.*.*` stands for `Connections.<connection>.Path`. */
const matches = (pattern: string, key: string): boolean => {
  const [levels, names] = [pattern.split("."), key.split(".")];
  return levels.length === names.length && levels.every((level, index) => level === "*" || level === names[index]);
};
