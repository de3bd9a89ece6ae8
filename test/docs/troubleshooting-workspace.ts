import { EventEmitter } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Signals } from "../../src/cli/command.js";
import { main } from "../../src/cli/main.js";
import { systemClock } from "../../src/model/index.js";
import { Capture } from "../cli/screen.js";
import { type ChildRun, runChild } from "../e2e/child.js";

type Row = readonly string[];

const limits = (lines: number): string =>
  `MaximumInsertedLines="${2 * lines}" MaximumUpdatedLines="${2 * lines}" MaximumDeletedLines="${lines}" MaximumLinkInsertedLines="${2 * lines}" MaximumLinkUpdatedLines="${2 * lines}" MaximumLinkDeletedLines="${lines}" ${["Inserted", "Updated", "Deleted"].map((what) => `MaxPercentage${what}Lines="0" MaxLinkPercentage${what}Lines="0"`).join(" ")}`;

const exports = (prefix: string, attributes: string): string =>
  ["People", "Departments"]
    .map(
      (table) =>
        `<ExportTask Identifier="${prefix}_Export_${table}" Agent="Local" DisplayName_L1="Export" OpenIdClient="Job" Connection="HR_${table}" Level="0" ${attributes}/>`,
    )
    .join("\n    ");

const job = (
  name: string,
  prefix: string,
  mode: string,
  attributes: { readonly job?: string; readonly export?: string; readonly synchronize?: string },
): string =>
  `<Job Identifier="${name}" DisplayName_L1="${name}" Agent="Local" ${attributes.job ?? ""}>
    ${exports(prefix, attributes.export ?? "")}
    <PrepareSynchronizationTask Identifier="${prefix}_Prepare" Agent="Local" Connector="HR" DisplayName_L1="Prepare" OpenIdClient="Job" SynchronizationMode="${mode}" Level="1"/>
    <SynchronizeTask Identifier="${prefix}_Synchronize" Connector="HR" DisplayName_L1="Synchronize" Level="2" ${attributes.synchronize ?? ""}/>
  </Job>`;

const configuration = `<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile>
  <Agent Identifier="Local" DisplayName_L1="Local"/>
  <OpenIdClient Identifier="Job" DisplayName_L1="Jobs" Profile="Runner" HashedSecret="x"/>
  <Profile Identifier="Runner" DisplayName_L1="Runner"/>
  <Connector Identifier="HR" DisplayName_L1="HR" Agent="Local" ${limits(5)}/>
  <Connection Identifier="HR_People" Connector="HR" DisplayName_L1="People" Package="CSV"/>
  <Connection Identifier="HR_Departments" Connector="HR" DisplayName_L1="Departments" Package="CSV"/>
  <EntityType Identifier="Person" DisplayName_L1="Person">
    <Property Identifier="Number" DisplayName_L1="Number" TargetColumnIndex="4" IsKey="true"/>
    <Property Identifier="FirstName" DisplayName_L1="First name" TargetColumnIndex="5"/>
    <Property Identifier="LastName" DisplayName_L1="Last name" TargetColumnIndex="6"/>
    <Property Identifier="Mail" DisplayName_L1="Mail" TargetColumnIndex="7"/>
    <Property Identifier="Badge" DisplayName_L1="Badge valid until" TargetColumnIndex="8"/>
    <Property Identifier="HiredOn" DisplayName_L1="Hired" Type="DateTime" TargetColumnIndex="9"/>
    <Property Identifier="Department" DisplayName_L1="Department" Type="ForeignKey" TargetColumnIndex="128"/>
  </EntityType>
  <EntityType Identifier="Department" DisplayName_L1="Department">
    <Property Identifier="Code" DisplayName_L1="Code" TargetColumnIndex="4" IsKey="true"/>
    <Property Identifier="Label" DisplayName_L1="Label" TargetColumnIndex="5"/>
    <Property Identifier="People" DisplayName_L1="People" Type="ForeignKey"/>
  </EntityType>
  <EntityAssociation Identifier="Person_Department" DisplayName_L1="D" Property1="Person:Department" Property2="Department:People" IsProperty2Collection="true"/>
  <EntityTypeMapping Identifier="Person" Connector="HR" ConnectionTable="HR_People">
    <Property Identifier="Number" ConnectionColumn="number" IsPrimaryKey="true"/>
    <Property Identifier="FirstName" ConnectionColumn="first"/>
    <Property Identifier="LastName" ConnectionColumn="last"/>
    <Property Identifier="Mail" ConnectionColumn="mail"/>
    <Property Identifier="Badge" ConnectionColumn="badge"/>
    <Property Identifier="HiredOn" ConnectionColumn="hired"/>
  </EntityTypeMapping>
  <EntityTypeMapping Identifier="Department" Connector="HR" ConnectionTable="HR_Departments">
    <Property Identifier="Code" ConnectionColumn="code" IsPrimaryKey="true"/>
    <Property Identifier="Label" ConnectionColumn="label"/>
  </EntityTypeMapping>
  <EntityAssociationMapping Identifier="Person_Department" Connector="HR" ConnectionTable="HR_People" Column1="number" EntityPropertyMapping1="Person:Number" Column2="dept" EntityPropertyMapping2="Department:Code"/>
  ${job("Job_HR", "HR", "Complete", { export: 'IgnoreCookieFile="true"' })}
  ${job("Job_HR_Fast", "HR_Fast", "Incremental", { export: 'IgnoreCookieFile="true"' })}
  ${job("Job_HR_Initialize", "HR_Initialize", "Initial", { job: 'IsInitializationJob="true"', export: 'InitMode="true"', synchronize: 'ForceSynchronization="true"' })}
</ConfigurationFile>
`;

const firstNames = ["Ada", "Alan", "Barbara", "Chen", "Dorothy", "Edsger", "Grace", "Hedy", "Ivan", "Joan"];
const lastNames = ["Abbott", "Moreau", "Sato"];
const departments: readonly Row[] = [
  ["FIN", "Finance"],
  ["OPS", "Operations"],
  ["RES", "Research"],
  ["SAL", "Sales"],
];
const header: Row = ["number", "first", "last", "mail", "badge", "hired", "dept"];
const two = (n: number): string => String(n).padStart(2, "0");

/** 30 people: `00101, Ada, Abbott, ada.abbott@halden.example, 2027-01-13, 2020-01-01, FIN`. */
const people: readonly Row[] = lastNames.flatMap((last, l) =>
  firstNames.map((first, f): Row => {
    const n = 10 * l + f;
    const mail = `${first}.${last}@halden.example`.toLowerCase();
    return [
      `001${two(n + 1)}`,
      first,
      last,
      mail,
      `2027-${two(1 + (n % 12))}-${two(13 + (n % 15))}`,
      `2020-01-${two(1 + (n % 28))}`,
      departments[n % 4]?.[0] ?? "",
    ];
  }),
);

const csv = (rows: readonly Row[]): string => rows.map((row) => `${row.join(",")}\n`).join("");

/** The workspace of the page: connector HR with 30 people in 4 departments, at most 5 deletions and 10 updates a run. */
export class TroubleshootingWorkspace {
  readonly folder: string;
  /** What the page calls HASH and SESSION: the first that the last command which named any named. */
  #hash = "";
  #session = "";
  #exit = 0;
  #held: ChildRun | null = null;

  constructor(loaded?: TroubleshootingWorkspace) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), "sluice-trouble-")));
    if (loaded !== undefined) {
      cpSync(loaded.folder, this.folder, { recursive: true });
      return;
    }
    this.write("configuration.xml", configuration);
    const connections = Object.fromEntries(
      ["People", "Departments"].map((table) => {
        const Path = `sources/${table.toLowerCase()}.csv`;
        return [`HR_${table}`, { Path, PathIncremental: Path }];
      }),
    );
    this.write("appsettings.agent.json", JSON.stringify({ Connections: connections }, null, 2));
    this.people(people);
    this.write("sources/departments.csv", csv([["code", "label"], ...departments]));
  }

  write(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), content);
  }

  edit(path: string, from: string, to: string): void {
    const text = readFileSync(join(this.folder, path), "utf8");
    if (!text.includes(from)) throw new Error(`${path} does not hold ${from}`);
    this.write(path, text.replaceAll(from, to));
  }

  people(rows: readonly Row[], head: Row = header): void {
    this.write("sources/people.csv", csv([head, ...rows]));
  }

  /** Each row of people changed. */
  change(changed: (row: Row, n: number) => Row): void {
    this.people(people.map(changed));
  }

  /** One column of each row changed. */
  column(name: string, changed: (value: string, n: number) => string): void {
    const at = header.indexOf(name);
    this.change((row, n) => row.map((value, index) => (index === at ? changed(value, n) : value)));
  }

  /** Starts the program in a process of its own; gives it as it is once it printed `text`. */
  async child(argv: readonly string[], text: string, signal: NodeJS.Signals): Promise<void> {
    const child = runChild(argv, { cwd: this.folder, acts: [{ text, signal }] });
    if (signal === "SIGKILL") await child.ended;
    else {
      await child.printed(text);
      this.#held = child;
    }
  }

  /** A command of the page: `sluice …`, `head -N FILE`, or `echo $?` after one. */
  async run(command: string): Promise<string> {
    const words = (command.match(/"[^"]*"|\S+/g) ?? []).map((word) =>
      word
        .replace(/^"|"$/g, "")
        .replace(/^HASH$/, this.#hash)
        .replace("SESSION", this.#session),
    );
    const [program, ...argv] = words;
    if (program === "head") {
      const [count = "", path = ""] = argv;
      return readFileSync(join(this.folder, path), "utf8")
        .split("\n")
        .slice(0, Number(count.slice(1)))
        .join("\n");
    }
    if (program === "echo") return String(this.#exit);
    const stdout = new Capture();
    const stderr = new Capture();
    this.#exit = await main(argv, {
      stdout,
      stderr,
      env: {},
      cwd: this.folder,
      clock: systemClock,
      signals: new EventEmitter() as Signals,
    });
    const text = `${stdout.text}${stderr.text}`.replaceAll(this.folder, "/srv/identity").trimEnd();
    this.#hash = /\b[0-9a-f]{64}\b/.exec(text)?.[0] ?? this.#hash;
    this.#session = /\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/.exec(text)?.[0] ?? this.#session;
    return text;
  }

  async remove(): Promise<void> {
    this.#held?.letGo();
    await this.#held?.ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

type Situation = (workspace: TroubleshootingWorkspace) => void | Promise<void>;

/** What happened before the commands of a block, by the name that the page gives it in a comment. */
export const situations: Readonly<Record<string, Situation>> = {
  "an ordinary day": (workspace) =>
    workspace.people([...people.slice(1), ["00131", "Kay", "Sato", "kay.sato@halden.example", "2027-03-15", "2026-11-20", "OPS"]]),
  "eight people left": (workspace) => workspace.people(people.slice(8)),
  "the file has no rows": (workspace) => workspace.people([]),
  "the file is empty": (workspace) => workspace.write("sources/people.csv", ""),
  "the file is mended": (workspace) => workspace.people(people),
  "a column is blank": (workspace) => workspace.column("mail", () => ""),
  "two headers are swapped": (workspace) => workspace.edit("sources/people.csv", "first,last", "last,first"),
  "dates of text": (workspace) => workspace.column("badge", (date) => date.split("-").reverse().join("/")),
  "dates of type DateTime": (workspace) => workspace.column("hired", (date) => date.split("-").reverse().join("/")),
  "keys without zeros": (workspace) => workspace.column("number", (number) => number.replace(/^0+/, "")),
  "the domain is another": (workspace) => workspace.column("mail", (mail) => mail.replace("halden.example", "halden-group.example")),
  "a key twice and a key missing": (workspace) =>
    workspace.people([
      ...people,
      ["00101", "Ada", "Abbot", "ada.abbot@halden.example", "2027-01-13", "2020-01-01", "FIN"],
      ["", "Nobody", "Sato", "", "", "", "OPS"],
    ]),
  "a department that is not there": (workspace) =>
    workspace.column("dept", (dept, n) => (n < 3 ? "LAB" : n === 3 ? dept.toLowerCase() : dept)),
  "a column is gone": (workspace) => workspace.edit("sources/people.csv", "mail", "e-mail"),
  "the file is elsewhere": (workspace) => rmSync(join(workspace.folder, "sources/people.csv")),
  "another encoding": (workspace) =>
    workspace.write(
      "sources/people.csv",
      Buffer.from(
        csv([header, ...people.map((row, n) => (n === 6 ? row.map((value) => value.replace("Grace", "Gráinne")) : row))]),
        "latin1",
      ),
    ),
  "the file is cut off": (workspace) => workspace.write("sources/people.csv", csv([header, ...people]).slice(0, -40)),
  "no thresholds": (workspace) => workspace.edit("configuration.xml", limits(5), limits(0)),
  "the mapping changed": (workspace) =>
    workspace.edit(
      "configuration.xml",
      '<Property Identifier="Mail" ConnectionColumn="mail"/>',
      '<Property Identifier="Mail" ConnectionColumn="badge"/>',
    ),
  "the process was killed": (workspace) => workspace.child(["run", "Job_HR"], "HR_Prepare started", "SIGKILL"),
  "another process runs it": (workspace) => workspace.child(["run", "Job_HR"], "HR_Export_People started", "SIGSTOP"),
  "the baseline is lost": (workspace) => rmSync(join(workspace.folder, "Work/Collect"), { recursive: true, force: true }),
};
