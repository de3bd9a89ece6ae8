import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const read = (path: string): string => readFileSync(path, "utf8");

/** Files of a folder and the folders below it, by ending, with `/`; a folder that is not there has none. */
export const filesBelow = (folder: string, ...endings: readonly string[]): readonly string[] =>
  !existsSync(folder)
    ? []
    : readdirSync(folder, { withFileTypes: true })
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap((entry) => {
          const path = `${folder}/${entry.name}`;
          if (entry.isDirectory()) return filesBelow(path, ...endings);
          return endings.some((ending) => entry.name.endsWith(ending)) ? [path] : [];
        });

/** Pages for people: those of `docs/` and of the root. */
export const pages = (): readonly string[] =>
  [...readdirSync(".").filter((name) => name.endsWith(".md")), ...readdirSync("docs").map((name) => join("docs", name))]
    .filter((path) => path.endsWith(".md"))
    .map((path) => path.replaceAll("\\", "/"));

export interface Section {
  readonly level: number;
  readonly title: string;
  /** 1-based. */
  readonly line: number;
  /** Everything up to the next heading of any level, trimmed. */
  readonly text: string;
}

/** Headings with what stands below each; lines in fences are no headings. */
export const sectionsOf = (markdown: string): readonly Section[] => {
  const sections: { level: number; title: string; line: number; lines: string[] }[] = [];
  let isFenced = false;
  for (const [index, line] of markdown.split("\n").entries()) {
    if (/^\s*(```|~~~)/.test(line)) isFenced = !isFenced;
    const heading = isFenced ? null : /^(#{1,6}) +(.*?) *#*$/.exec(line);
    if (heading !== null) sections.push({ level: heading[1]?.length ?? 0, title: heading[2] ?? "", line: index + 1, lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  return sections.map(({ lines, ...section }) => ({ ...section, text: lines.join("\n").trim() }));
};

/** The fragments by which code hosts let one link to headings: letters, digits, `_` and `-` stay, blanks become `-`, a repeated one gets a number. */
export const anchorsOf = (markdown: string): ReadonlySet<string> => {
  const anchors = new Set<string>();
  for (const { title } of sectionsOf(markdown)) {
    const plain = title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-");
    let anchor = plain;
    for (let again = 1; anchors.has(anchor); again++) anchor = `${plain}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
};

/** What is written as code: lines of fences, and `pieces` of the text. */
export const codeOf = (markdown: string): { readonly lines: readonly string[]; readonly pieces: readonly string[] } => {
  const lines: string[] = [];
  const prose: string[] = [];
  let isFenced = false;
  for (const line of markdown.split("\n")) {
    if (/^\s*(```|~~~)/.test(line)) isFenced = !isFenced;
    else (isFenced ? lines : prose).push(line);
  }
  return { lines, pieces: [...prose.join("\n").matchAll(/`([^`]+)`/g)].map((match) => (match[1] ?? "").replaceAll("\n", " ")) };
};
