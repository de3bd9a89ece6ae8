import { EventEmitter } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import type { Knex } from "knex";
import type { Signals } from "../../src/cli/command.js";
import { main } from "../../src/cli/main.js";
import { systemClock } from "../../src/model/index.js";
import { Capture } from "../cli/screen.js";
import { copyRows, type DatabaseKind, lastingDatabase, type TestDatabase } from "../database.js";
import { type ChildOptions, type ChildRun, runChild } from "./child.js";
import { jobsXml, modelXml, type WorkspaceOptions } from "./configuration.js";
import { dayOne, entryHeader, memberHeader, type Row } from "./day.js";
import type { Failure, RunDocument } from "./document.js";

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface CallOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly signals?: Signals;
  /** Called with each whole line of standard output, before the program goes on. */
  readonly onLine?: (line: string) => void;
}

/** Everything the repository holds, as a person can read it: the CSV of every type and association. */
export type Holdings = Readonly<Record<string, string>>;

const entityTypes = ["Person", "Department", "AD_Entry"];
const associations = ["Person_Department", "Person_Manager", "AD_Members", "AD_Owner"];

const csvText = (rows: readonly Row[], separator: string): string => rows.map((row) => `${row.join(separator)}\n`).join("");

/** Two connectors (HR, AD) in a folder of their own, their source files, and the program run on them. */
export class E2eWorkspace {
  readonly folder: string;
  readonly options: WorkspaceOptions;

  readonly #database: TestDatabase | null;

  /** `database`: null is the embedded one in the workspace itself, which the program makes. */
  constructor(database: TestDatabase | null, options: WorkspaceOptions = {}) {
    this.#database = database;
    this.options = options;
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), "sluice-e2e-")));
    this.configure(options);
    this.writeDay(dayOne);
  }

  /** A connection to its database on a server; null where the database is embedded. */
  async knex(): Promise<Knex | null> {
    return this.#database?.knex() ?? null;
  }

  /** Writes configuration and settings anew. */
  configure(options: WorkspaceOptions): void {
    this.write("model.xml", modelXml(options));
    this.write("jobs.xml", jobsXml(options));
    const connections: Record<string, Record<string, unknown>> = {
      HR_People: { Path: "sources/people.csv" },
      HR_Departments: { Path: "sources/departments.csv" },
      AD_Entries: { Path: "sources/entries.csv", Separator: ";" },
      AD_Members: { Path: "sources/members.csv", Separator: ";" },
    };
    for (const [name, settings] of Object.entries(options.connections ?? {})) connections[name] = { ...connections[name], ...settings };
    this.write("appsettings.agent.json", JSON.stringify({ Connections: connections }));
    this.#settings({ Scheduler: { MaxLockWatchTime: options.maxLockWatchTime ?? 1800 } });
  }

  #settings(settings: Readonly<Record<string, unknown>>): void {
    const database = this.#database === null ? {} : { ConnectionString: this.#database.connectionString };
    this.write("appsettings.json", JSON.stringify({ ...settings, ...database }));
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  write(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), content);
  }

  read(path: string): string {
    return readFileSync(this.path(path), "utf8");
  }

  /** Replaces text in a file; the text must be there. */
  edit(path: string, from: string, to: string): void {
    const text = this.read(path);
    if (!text.includes(from)) throw new Error(`${path} does not hold ${from}`);
    this.write(path, text.replace(from, to));
  }

  writeDay({ people, departments, entries, members }: typeof dayOne): void {
    this.people(people);
    this.departments(departments);
    this.entries(entries);
    this.members(members);
  }

  /** id, name, level, hired, dept, manager. */
  people(rows: readonly Row[]): void {
    this.write("sources/people.csv", csvText([["id", "name", "level", "hired", "dept", "manager"], ...rows], ","));
  }

  /** code, name. */
  departments(rows: readonly Row[]): void {
    this.write("sources/departments.csv", csvText([["code", "name"], ...rows], ","));
  }

  /** guid, dn, login, employee. */
  entries(rows: readonly Row[]): void {
    this.write("sources/entries.csv", csvText([entryHeader, ...rows], ";"));
  }

  /** dn of the group, dn of the member. */
  members(rows: readonly Row[]): void {
    this.write("sources/members.csv", csvText([memberHeader, ...rows], ";"));
  }

  /** The command line inside this process. */
  async call(argv: readonly string[], options: CallOptions = {}): Promise<Answer> {
    const stdout = new Capture();
    const stderr = new Capture();
    if (options.onLine !== undefined) {
      const { onLine } = options;
      const write = stdout.write.bind(stdout);
      stdout.write = (text) => {
        for (const line of text.split("\n").slice(0, -1)) onLine(line);
        return write(text);
      };
    }
    const code = await main(argv, {
      stdout,
      stderr,
      env: options.env ?? {},
      cwd: this.folder,
      clock: systemClock,
      signals: options.signals ?? (new EventEmitter() as Signals),
    });
    return { code, out: stdout.text, err: stderr.text };
  }

  /** A command with `--json`: its one document. */
  async json<T = RunDocument>(...argv: string[]): Promise<{ readonly code: number; readonly document: T; readonly err: string }> {
    const { code, out, err } = await this.call([...argv, "--json"]);
    // One document and nothing else (design §4): anything before or after it makes this throw.
    return { code, document: JSON.parse(out) as T, err };
  }

  /** A command with `--json` that fails before an instance exists. */
  async failure(...argv: string[]): Promise<{ readonly code: number; readonly error: Failure["error"] }> {
    const { code, document } = await this.json<Failure>(...argv);
    return { code, error: document.error };
  }

  /** The built program in a process of its own. */
  child(argv: readonly string[], options: ChildOptions = {}): ChildRun {
    return runChild(argv, { cwd: this.folder, ...options });
  }

  /** Loads what the source files hold by the initialization job. */
  async initialize(): Promise<void> {
    const { code, out } = await this.call(["run", "Job_Initialize"]);
    if (code !== 0) throw new Error(`Job_Initialize ended with ${code}:\n${out}`);
  }

  async csv(...argv: string[]): Promise<string> {
    const { code, out, err } = await this.call([...argv, "--format", "csv"]);
    if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}: ${err}`);
    return out;
  }

  async holdings(): Promise<Holdings> {
    const held: Record<string, string> = {};
    for (const type of entityTypes) held[type] = await this.csv("resources", type);
    for (const association of associations) held[association] = await this.csv("links", association);
    return held;
  }

  /** Paths of all files below a folder, relative to the workspace, in order. */
  files(folder: string): string[] {
    if (!existsSync(this.path(folder))) return [];
    return readdirSync(this.path(folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(this.folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
      .sort();
  }

  /** The same workspace, sources and database included, in another folder. */
  async copy(): Promise<E2eWorkspace> {
    const database = this.#database === null ? null : await lastingDatabase(this.#database.kind);
    if (this.#database !== null && database !== null) await copyRows(this.#database, database);
    const copy = new E2eWorkspace(database, this.options);
    rmSync(copy.folder, { recursive: true });
    cpSync(this.folder, copy.folder, { recursive: true });
    copy.#settings(JSON.parse(copy.read("appsettings.json")) as Record<string, unknown>);
    return copy;
  }

  async remove(): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true });
    await this.#database?.close();
  }
}

/** What several tests need and one makes: by the first that asks, so that a suite which is skipped makes nothing. */
export const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
};

/** Gives workspaces on one kind of database, which are removed when `removeAll` is called; loaded ones are copies of one that was loaded once. */
export class Workspaces {
  readonly #kind: DatabaseKind;
  #all: E2eWorkspace[] = [];
  #loaded: Promise<E2eWorkspace> | null = null;

  constructor(kind: DatabaseKind) {
    this.#kind = kind;
  }

  /** With source files of day 1 and an empty repository. */
  async empty(options: WorkspaceOptions = {}): Promise<E2eWorkspace> {
    const workspace = new E2eWorkspace(this.#kind === "SQLite" ? null : await lastingDatabase(this.#kind), options);
    this.#all.push(workspace);
    return workspace;
  }

  /** With day 1 loaded by the initialization job, instance 1. */
  async loaded(options: WorkspaceOptions = {}): Promise<E2eWorkspace> {
    this.#loaded ??= (async () => {
      const first = await this.empty();
      await first.initialize();
      return first;
    })();
    const copy = await this.copyOf(await this.#loaded);
    copy.configure(options);
    return copy;
  }

  /** As the other is now. */
  async copyOf(workspace: E2eWorkspace): Promise<E2eWorkspace> {
    const copy = await workspace.copy();
    this.#all.push(copy);
    return copy;
  }

  async removeAll(): Promise<void> {
    for (const workspace of this.#all.splice(0)) await workspace.remove();
    this.#loaded = null;
  }
}
