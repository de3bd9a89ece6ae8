import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const readme = readFileSync("README.md", "utf8");

/** Blocks of one language, in order. */
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map((match) => match[1] ?? "");

interface Step {
  readonly command: string;
  readonly output: string;
}

/** `$ command` lines with what they print. */
const steps = (block: string): Step[] =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = "", ...output] = part.split("\n");
      return { command, output: output.join("\n").trimEnd() };
    });

/** What differs from run to run and machine to machine: times, durations, hashes, who and where; and the widths of columns that hold them. */
const masked = (text: string): string =>
  text
    .replace(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+Z| UTC)/g, "DATE")
    .replace(/\b\d\d:\d\d:\d\d\b/g, "TIME")
    .replace(/\b\d+(\.\d+)? (ms|s|min)\b/g, "DURATION")
    .replace(/\b[0-9a-f]{64}\b/g, "HASH")
    .replace(/\bby \S+@\S+/g, "by WHO")
    .replace(/SQLite \S+sluice\.db/g, "SQLite DATABASE")
    .split("\n")
    .map((line) => line.trim().replace(/ +/g, " "))
    .filter((line) => line !== "")
    .join("\n");

/** A line `…` stands for any lines, a line that ends with `…` for any end. */
const matches = (shown: string, real: string): boolean => {
  const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const pattern = masked(shown)
    .split("\n")
    .map((line) => (line === "…" ? "(?:.*\\n)*?" : line.endsWith("…") ? `${literal(line.slice(0, -1))}.*\\n` : `${literal(line)}\\n`))
    .join("");
  return new RegExp(`^${pattern}$`).test(`${masked(real)}\n`);
};

/** A copy of what the commands need, so that the checkout's own example is not touched. */
let clone: string;
beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), "sluice-readme-"));
  for (const name of ["package.json", "examples", "dist"]) {
    cpSync(name, join(clone, name), { recursive: true, filter: (path) => !/examples[\\/](Work|Temp|Sources)/.test(path) });
  }
  // A junction: Windows needs no privilege for one.
  symlinkSync(resolve("node_modules"), join(clone, "node_modules"), "junction");
});
afterAll(() => rmSync(clone, { recursive: true, force: true }));

let lastExit = 0;
/** Runs a command of the README: `npx sluice …` is this program, `npm …` its scripts. */
const run = (command: string, cwd: string): string => {
  if (command === "echo $?") return String(lastExit);
  const [program = "", ...words] = (command.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^"|"$/g, ""));
  const sluice = join(clone, "dist", "cli", "sluice.js");
  const script = (name: string): string[] => {
    const scripts = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
    return (scripts.scripts[name] ?? "").replace(/^node /, "").split(" ");
  };
  const argv =
    program === "npx"
      ? [sluice, ...words.slice(1)]
      : program === "sluice"
        ? [sluice, ...words]
        : [...script(words.find((word) => !word.startsWith("-") && word !== "run") ?? ""), ...words.slice(words.indexOf("--") + 1)];
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SLUICE_")));
  const result = spawnSync(process.execPath, argv, { cwd, encoding: "utf8", env });
  lastExit = result.status ?? -1;
  return `${result.stdout}${result.stderr}`.trimEnd();
};

describe("README", () => {
  test("npm start ends as it shows", () => {
    const real = run("npm run start --", clone);
    expect(lastExit).toBe(0);
    const [shown = ""] = blocks("text");
    expect(matches(`…\n${shown}`, real), real).toBe(true);
  }, 120_000);

  test("the walk through day 3 prints what it shows", () => {
    const [block = ""] = [
      blocks("console")
        .filter((each) => each.includes("examples"))
        .join(""),
    ];
    const walk = steps(block);
    expect(walk.length).toBeGreaterThan(3);
    for (const { command, output } of walk) {
      const real = run(command, clone);
      expect(matches(output, real), `$ ${command}\n${real}`).toBe(true);
    }
  }, 120_000);

  test("the workspace it has one type works as it shows", () => {
    const folder = join(clone, "own");
    for (const [, name, , content] of readme.matchAll(/^`([\w./]+)`:\n\n```(\w+)\n([\s\S]*?)^```$/gm)) {
      const path = join(folder, name ?? "");
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content ?? "");
    }
    const [block = ""] = blocks("console").filter((each) => !each.includes("examples"));
    const walk = steps(block);
    expect(walk.length).toBeGreaterThan(2);
    for (const { command, output } of walk) {
      const real = run(command, folder);
      expect(matches(output, real), `$ ${command}\n${real}`).toBe(true);
    }
  }, 120_000);
});
