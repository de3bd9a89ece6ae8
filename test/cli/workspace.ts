import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Knex } from "knex";
import type { Signals } from "../../src/cli/command.js";
import { main } from "../../src/cli/main.js";
import { openSqlite } from "../../src/store/sqlite/open.js";
import { type DatabaseKind, freshDatabase, type TestDatabase } from "../database.js";
import { Capture } from "./screen.js";

/** People with a manager in a column of their own, teams with members: one connector, one job. */
const configuration = `<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile>
  <Agent Identifier="Local" DisplayName_L1="Local"/>
  <Connector Identifier="HR" DisplayName_L1="HR" Agent="Local"/>
  <Connection Identifier="People" Connector="HR" DisplayName_L1="People" Package="Usercube.CSV@0000001"/>
  <Connection Identifier="Teams" Connector="HR" DisplayName_L1="Teams" Package="Usercube.CSV@0000001"/>
  <EntityType Identifier="Person" DisplayName_L1="Person">
    <Property Identifier="PersonId" DisplayName_L1="No" TargetColumnIndex="4" IsKey="true"/>
    <Property Identifier="Name" DisplayName_L1="Name" TargetColumnIndex="5"/>
    <Property Identifier="Manager" DisplayName_L1="Manager" Type="ForeignKey" TargetColumnIndex="128"/>
    <Property Identifier="Reports" DisplayName_L1="Reports" Type="ForeignKey"/>
    <Property Identifier="Teams" DisplayName_L1="Teams" Type="ForeignKey"/>
  </EntityType>
  <EntityType Identifier="Team" DisplayName_L1="Team">
    <Property Identifier="TeamId" DisplayName_L1="Id" TargetColumnIndex="4" IsKey="true"/>
    <Property Identifier="Members" DisplayName_L1="Members" Type="ForeignKey"/>
  </EntityType>
  <EntityAssociation Identifier="Person_Manager" DisplayName_L1="M" IsProperty1Collection="true" Property1="Person:Reports" Property2="Person:Manager"/>
  <EntityAssociation Identifier="Team_Members" DisplayName_L1="M" IsProperty1Collection="true" IsProperty2Collection="true" Property1="Team:Members" Property2="Person:Teams"/>
  <EntityTypeMapping Identifier="Person" Connector="HR" ConnectionTable="People">
    <Property Identifier="PersonId" ConnectionColumn="id" IsPrimaryKey="true"/>
    <Property Identifier="Name" ConnectionColumn="name"/>
  </EntityTypeMapping>
  <EntityTypeMapping Identifier="Team" Connector="HR" ConnectionTable="Teams">
    <Property Identifier="TeamId" ConnectionColumn="id" IsPrimaryKey="true"/>
  </EntityTypeMapping>
  <EntityAssociationMapping Identifier="Person_Manager" Connector="HR" ConnectionTable="People" Column1="manager" EntityPropertyMapping1="Person:PersonId" Column2="id" EntityPropertyMapping2="Person:PersonId"/>
  <EntityAssociationMapping Identifier="Team_Members" Connector="HR" ConnectionTable="People" Column1="team" EntityPropertyMapping1="Team:TeamId" Column2="id" EntityPropertyMapping2="Person:PersonId"/>
  <Job Identifier="Job_HR" DisplayName_L1="People" Agent="Local" CronTabExpression="0 3 * * *">
    <ExportTask Identifier="People_Export" Agent="Local" DisplayName_L1="Export people" OpenIdClient="Job" Connection="People" Level="0" IgnoreCookieFile="true"/>
    <ExportTask Identifier="Teams_Export" Agent="Local" DisplayName_L1="Export teams" OpenIdClient="Job" Connection="Teams" Level="0" IgnoreCookieFile="true"/>
    <PrepareSynchronizationTask Identifier="HR_Prepare" Agent="Local" Connector="HR" DisplayName_L1="Prepare" OpenIdClient="Job" SynchronizationMode="Complete" Level="1">
      <TaskDependsOnTask ParentTask="People_Export"/>
    </PrepareSynchronizationTask>
    <SynchronizeTask Identifier="HR_Synchronize" Connector="HR" DisplayName_L1="Synchronize" Level="2">
      <TaskDependsOnTask ParentTask="HR_Prepare"/>
    </SynchronizeTask>
  </Job>
</ConfigurationFile>
`;

const settings = {
  Connections: { People: { Path: "sources/people.csv" }, Teams: { Path: "sources/teams.csv" } },
};

/** 2026-11-21T12:00:00Z: the moment at which commands are called. */
export const now = Date.parse("2026-11-21T12:00:00Z");

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A workspace in a folder of its own, and the command line called inside this process. */
export class TestWorkspace {
  readonly folder = mkdtempSync(join(tmpdir(), "sluice-cli-"));
  /** Where `Work` and `sources` are too. */
  readonly database = join(this.folder, "Work", "sluice.db");

  readonly #server: TestDatabase | null;

  /** `server`: its database instead of the embedded one. */
  constructor(server: TestDatabase | null = null) {
    this.#server = server;
    if (server !== null) this.settings({});
    this.write("hr.xml", configuration);
    this.write("appsettings.agent.json", JSON.stringify(settings));
    this.write("sources/people.csv", "id,name,manager,team\nP1,Ann,,T1\nP2,Zoë O'Brien,P1,T1\n");
    this.write("sources/teams.csv", "id\nT1\nT2\n");
  }

  /** Writes `appsettings.json`; where the database is follows of itself. */
  settings(values: Readonly<Record<string, unknown>>): void {
    const database = this.#server === null ? {} : { ConnectionString: this.#server.connectionString };
    this.write("appsettings.json", JSON.stringify({ ...values, ...database }));
  }

  static async on(kind: DatabaseKind): Promise<TestWorkspace> {
    return new TestWorkspace(kind === "SQLite" ? null : await freshDatabase(kind));
  }

  /** The database as the first line of a run names it. */
  get title(): string {
    return this.#server?.title ?? `SQLite ${this.database}`;
  }

  write(path: string, text: string): void {
    const full = join(this.folder, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
  }

  copyTo(folder: string): void {
    cpSync(this.folder, folder, { recursive: true });
  }

  /** Opens the workspace's own database for rows of a test. */
  async withDatabase(work: (knex: Knex) => Promise<void>): Promise<void> {
    if (this.#server !== null) return work(await this.#server.knex());
    const knex = await openSqlite(this.database);
    try {
      await work(knex);
    } finally {
      await knex.destroy();
    }
  }

  async call(argv: readonly string[], world: { stdout?: Capture; env?: Record<string, string>; signals?: Signals } = {}): Promise<Answer> {
    const stdout = world.stdout ?? new Capture();
    const stderr = new Capture();
    const code = await main(argv, {
      stdout,
      stderr,
      env: world.env ?? {},
      cwd: this.folder,
      clock: { now: () => now },
      ...(world.signals === undefined ? {} : { signals: world.signals }),
    });
    return { code, out: stdout.text, err: stderr.text };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
