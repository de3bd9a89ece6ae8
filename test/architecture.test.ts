import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const source = resolve("src");

/** Who may import whom, as `docs/architecture.md` says. What is not listed is refused. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  model: [],
  errors: ["model"],
  config: ["model", "errors"],
  statemachine: ["model"],
  sync: ["model", "errors"],
  process: ["model", "errors"],
  sqlserver: ["model"],
  connectors: ["model", "errors", "config", "sync", "process", "sqlserver"],
  store: ["model", "errors", "config", "sync", "sqlserver"],
  tasks: ["model", "errors", "config", "sync", "store", "connectors", "process", "statemachine"],
  jobs: ["model", "errors", "config", "statemachine", "store", "tasks", "process"],
  http: ["model", "errors", "config", "store", "jobs"],
  cli: ["model", "errors", "config", "statemachine", "sync", "store", "connectors", "tasks", "jobs", "http"],
};

/** Of these only types may be imported: they are contracts there, not code. */
const typesOnly: readonly (readonly [string, string])[] = [
  ["connectors", "config"],
  ["store", "config"],
];

const files = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : path.endsWith(".ts") ? [path] : [];
  });

interface ImportLine {
  readonly from: string;
  readonly to: string;
  readonly isType: boolean;
  readonly target: string;
}

const imports: readonly ImportLine[] = files(source).flatMap((path) =>
  [...readFileSync(path, "utf8").matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+"(\.[^"]+)"|import\("(\.[^"]+)"\)/gm)].map(
    (match) => {
      const target = resolve(dirname(path), (match[2] ?? match[3] ?? "").replace(/\.js$/, ".ts"));
      return {
        from: relative(source, path).replaceAll("\\", "/"),
        to: relative(source, target).replaceAll("\\", "/"),
        isType: match[1] !== undefined,
        target,
      };
    },
  ),
);
const folderOf = (path: string): string => path.split("/")[0] ?? "";
const across = imports.filter(({ from, to }) => folderOf(from) !== folderOf(to));

describe("imports", () => {
  test("are found at all", () => {
    expect(imports.length).toBeGreaterThan(100);
    expect(imports.filter(({ target }) => !existsSync(target)).map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test("cross folders only as the table allows", () => {
    const refused = across.filter(({ from, to }) => !(mayImport[folderOf(from)] ?? []).includes(folderOf(to)));
    expect(refused.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test("take types only where the table says so", () => {
    const refused = across.filter(
      ({ from, to, isType }) => !isType && typesOnly.some(([a, b]) => a === folderOf(from) && b === folderOf(to)),
    );
    expect(refused.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test("of another folder go through its index", () => {
    const deep = across.filter(({ to }) => !/(^|\/)index\.ts$/.test(to));
    expect(deep.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test("make no circle within the sources", () => {
    const next = new Map<string, string[]>();
    for (const { from, to, isType } of imports) if (!isType) next.set(from, [...(next.get(from) ?? []), to]);
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) {
        circles.push([...path.slice(path.indexOf(file)), file].join(" → "));
        return;
      }
      if (done.has(file)) return;
      for (const to of next.get(file) ?? []) walk(to, [...path, file]);
      done.add(file);
    };
    for (const file of next.keys()) walk(file, []);
    expect(circles).toEqual([]);
  });
});
