import { existsSync } from "node:fs";
import { dirname, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { commonOptions } from "../../src/cli/arguments.js";
import { program } from "../../src/cli/program.js";
import { anchorsOf, codeOf, pages, read } from "./document.js";

/** Options of the program itself. */
const ofProgram = ["--help", "-h", "--version"];

const withoutCode = (markdown: string): string => markdown.replace(/^(```|~~~)[\s\S]*?^\1/gm, "").replace(/`[^`]*`/g, "");

/** Targets of links and pictures, `[text](target)` and `[name]: target`. */
const linksOf = (markdown: string): readonly string[] => [
  ...[...withoutCode(markdown).matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)].map((match) => match[1] ?? ""),
  ...[...withoutCode(markdown).matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)].map((match) => match[1] ?? ""),
];

/** What is wrong with a link of a page, null when nothing is. Addresses of the web are not asked. */
const faultOf = (page: string, link: string): string | null => {
  if (/^(https?|mailto):/.test(link)) return null;
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : normalize(`${dirname(page)}/${decodeURIComponent(path)}`).replaceAll("\\", "/");
  if (!existsSync(target)) return `${page}: ${link}: there is no such file`;
  if (anchor === undefined || !target.endsWith(".md")) return null;
  return anchorsOf(read(target)).has(anchor) ? null : `${page}: ${link}: ${target} has no such heading`;
};

interface Call {
  readonly page: string;
  readonly text: string;
  readonly command: string;
  readonly rest: readonly string[];
}

/**
 * Calls of the program: in code, `sluice word …` at the start, after a prompt, `npx` or a variable, or `sluice.js word …`. Output that only speaks of
 * Sluice has no such form.
 */
const callsOf = (page: string, text: string): readonly Call[] =>
  [...text.matchAll(/(?:^\s*|[$&;|(] ?|^\S*: .* |npx |\w+=\S+ )(?:sluice|node \S*sluice\.js) +([^\n|>]*)/g)].flatMap((match) => {
    const words = (match[1] ?? "").trim().split(/\s+/);
    // A group of commands, such as `database`, is called with two words.
    const isGroup = program.some(({ name }) => name.startsWith(`${words[0]} `)) && /^[a-z]/.test(words[1] ?? "");
    const [command = "", ...rest] = isGroup ? [words.slice(0, 2).join(" "), ...words.slice(2)] : words;
    return /^[a-z-]/.test(command) ? [{ page, text, command, rest }] : [];
  });

const commands = await Promise.all(program.map(async ({ name, load }) => [name, (await load()).definition] as const));
const optionsOf = new Map(
  commands.map(([name, { options, formats }]) => [
    name,
    [...options, ...commonOptions(formats)].flatMap((option) => [
      `--${option.name}`,
      ...(option.short === undefined ? [] : [`-${option.short}`]),
    ]),
  ]),
);
const allOptions = new Set([...ofProgram, ...[...optionsOf.values()].flat()]);

const written = pages().map((page) => ({ page, ...codeOf(read(page)) }));
const calls = written.flatMap(({ page, lines, pieces }) => [...lines, ...pieces].flatMap((text) => callsOf(page, text)));

const faultOfCall = ({ page, text, command, rest }: Call): string | null => {
  if (ofProgram.includes(command)) return null;
  const known = optionsOf.get(command);
  if (known === undefined) return `${page}: ${text}: there is no command ${command}`;
  const unknown = rest.filter((word) => /^--?[a-z]/.test(word)).find((word) => !known.includes(word.split("=")[0] ?? ""));
  return unknown === undefined ? null : `${page}: ${text}: ${command} has no option ${unknown}`;
};

/** Options named alone, such as `--force`; those of other programs are written with their program (`npm run bench -- --write`). */
const lonely = written.flatMap(({ page, pieces }) => pieces.filter((piece) => /^--[a-z]/.test(piece)).map((piece) => ({ page, piece })));

describe("pages", () => {
  test("link to files and headings that there are", () => {
    const links = pages().flatMap((page) => linksOf(read(page)).map((link) => ({ page, link })));
    expect(links.length).toBeGreaterThan(10);
    expect(links.map(({ page, link }) => faultOf(page, link)).filter((fault) => fault !== null)).toEqual([]);
  });

  test("name commands and options that the program has", () => {
    expect(calls.length).toBeGreaterThan(50);
    expect(calls.map(faultOfCall).filter((fault) => fault !== null)).toEqual([]);
  });

  test("name no option alone that no command has", () => {
    expect(lonely.length).toBeGreaterThan(10);
    expect(lonely.filter(({ piece }) => !allOptions.has(piece.split(/[ =]/)[0] ?? ""))).toEqual([]);
  });

  test("with a mistake would be found", () => {
    const fault = (line: string): string | null => callsOf("page", line).map(faultOfCall)[0] ?? null;
    expect(fault("$ sluice run JOB --accept warning")).toBeNull();
    expect(fault("sluice changes 4 --comand delete")).toContain("--comand");
    expect(fault("30 1 * * * cd /srv && node /opt/sluice/dist/cli/sluice.js start JOB")).toContain("start");
    expect(fault("$ SLUICE__Jobs__MaxTaskBatchSize=many sluice validat")).toContain("validat");
    expect(fault("  npx sluice status -x examples")).toContain("-x");
    expect(faultOf("docs/errors.md", "operations.md#no-such-heading")).toContain("no such heading");
    expect(faultOf("docs/errors.md", "nowhere.md")).toContain("no such file");
  });
});
