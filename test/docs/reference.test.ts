import { describe, expect, test } from "vitest";
import { filesBelow, read, sectionsOf } from "./document.js";

const page = "docs/reference.md";
const documents: readonly string[] = ["connectors", "jobs-and-tasks", "role-model", "design"];

interface Citation {
  /** `design §7.4`. */
  readonly name: string;
  readonly at: string;
}

const numberOf = (text: string): readonly number[] => text.split(".").map(Number);

/** `1.1–1.4` is four sections. */
const expanded = (first: string, last: string | undefined): readonly string[] => {
  if (last === undefined) return [first];
  const from = numberOf(first);
  const to = numberOf(last);
  const above = from.slice(0, -1);
  const [start = 0, end = 0] = [from.at(-1), to.at(-1)];
  return Array.from({ length: end - start + 1 }, (_, index) => [...above, start + index].join("."));
};

/** Citations of a text. A section without a document before it (`connectors §1.5, §1.6`) is of the document named last; other standards (`XML 1.0 §2.3`) are not ours. */
const citationsOf = (text: string, file: string): readonly Citation[] => {
  const found: Citation[] = [];
  let document = "nothing named before";
  for (const match of text.matchAll(
    /(?:(connectors|jobs-and-tasks|role-model|design|XML \d\.\d|RFC \d+)[\s*/]+)?§(\d+(?:\.\d+)*)(?:–§?(\d+(?:\.\d+)*))?/g,
  )) {
    const [, named, first = "", last] = match;
    if (named !== undefined) document = named;
    const at = `${file}:${text.slice(0, match.index).split("\n").length}`;
    for (const section of expanded(first, last)) if (!/^(XML|RFC) /.test(document)) found.push({ name: `${document} §${section}`, at });
  }
  return found;
};

const cited = ["src", "docs", "examples", "test", "bench"]
  .flatMap((folder) => filesBelow(folder, ".ts", ".mjs", ".xml", ".md"))
  .filter((path) => path !== page && !path.startsWith("test/docs/") && !/^examples\/(Work|Temp)\//.test(path))
  .flatMap((path) => citationsOf(read(path), path));

const sections = sectionsOf(read(page)).filter(({ level }) => level > 1);
const titles = sections.map(({ title }) => title);

/** The section that answers a citation: its own, or the nearest one above it. */
const answering = (name: string): string | null => {
  for (let each = name; ; each = each.slice(0, each.lastIndexOf("."))) {
    if (titles.includes(each)) return each;
    if (!each.includes(".")) return null;
  }
};

describe("docs/reference.md", () => {
  test("is asked for at all", () => {
    expect(cited.length).toBeGreaterThan(300);
    expect(citationsOf("connectors §1.1–1.4, §1.7; design §6, keys; §7.10 (RFC 4514 §2.4)", "f").map(({ name }) => name)).toEqual([
      "connectors §1.1",
      "connectors §1.2",
      "connectors §1.3",
      "connectors §1.4",
      "connectors §1.7",
      "design §6",
      "design §7.10",
    ]);
  });

  test("has the section of every citation", () => {
    expect(cited.filter(({ name }) => answering(name) === null)).toEqual([]);
  });

  test("has no section that nothing cites", () => {
    const answered = new Set(cited.map(({ name }) => answering(name)));
    expect(titles.filter((title) => !answered.has(title))).toEqual([]);
  });

  test("has each section once, in order, below its document, with something in it", () => {
    const found = sectionsOf(read(page)).map(({ level, title }) => ({ level, title }));
    const expected = [
      { level: 1, title: "Reference" },
      ...documents.flatMap((document) => [
        { level: 1, title: document },
        ...[...new Set(titles)]
          .filter((title) => title.startsWith(`${document} §`))
          .toSorted((a, b) => compare(numberOf(a.replace(/.*§/, "")), numberOf(b.replace(/.*§/, ""))))
          .map((title) => ({ level: 2, title })),
      ]),
    ];
    expect(found).toEqual(expected);
    expect(sections.filter(({ text }) => text.length < 20).map(({ title }) => title)).toEqual([]);
  });
});

const compare = (a: readonly number[], b: readonly number[]): number => {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? -1) - (b[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
};
