import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Timing } from "../../../src/model/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

/** A clock that a test moves by hand. */
export class HandClock implements Timing {
  at = Date.parse("2026-11-21T09:00:00Z");

  now(): number {
    return this.at;
  }

  async sleep(): Promise<void> {}

  pass(seconds: number): void {
    this.at += seconds * 1000;
  }
}

export const model = `<ConfigurationFile>
  <Agent Identifier="Local" DisplayName_L1="Local"/>
  <Connector Identifier="HR" DisplayName_L1="HR" Agent="Local" MaximumDeletedLines="10" MaximumInsertedLines="10" MaximumUpdatedLines="10"/>
  <Connection Identifier="People" Connector="HR" DisplayName_L1="People" Package="CSV"/>
  <EntityType Identifier="Person" DisplayName_L1="Person">
    <Property Identifier="PersonId" DisplayName_L1="No" TargetColumnIndex="4" IsKey="true"/>
    <Property Identifier="Name" DisplayName_L1="Name" TargetColumnIndex="5"/>
  </EntityType>
  <EntityTypeMapping Identifier="Person" Connector="HR" ConnectionTable="People">
    <Property Identifier="PersonId" ConnectionColumn="id" IsPrimaryKey="true"/>
    <Property Identifier="Name" ConnectionColumn="name"/>
  </EntityTypeMapping>
</ConfigurationFile>
`;

export const jobFile = (job: string, cron: string): string => `<ConfigurationFile>
  <Job Identifier="${job}" DisplayName_L1="${job}" CronTabExpression="${cron}">
    <SynchronizeTask Identifier="${job}_Synchronize" Connector="HR" DisplayName_L1="Synchronize"/>
  </Job>
</ConfigurationFile>
`;

/** A workspace whose files a test drops, changes and removes. */
export class DropFolder {
  readonly folder = temporaryFolder("dropped");

  constructor() {
    this.drop("model.xml", model);
    this.drop("jobs/hr.xml", jobFile("Job_HR", "0 3 * * *"));
    this.drop(
      "appsettings.agent.json",
      JSON.stringify({ Connections: { People: { Path: "sources/people.csv", Password: "first-secret" } } }),
    );
  }

  path(file: string): string {
    return join(this.folder, file);
  }

  drop(file: string, text: string): void {
    mkdirSync(dirname(this.path(file)), { recursive: true });
    writeFileSync(this.path(file), text);
  }

  remove(file: string): void {
    rmSync(this.path(file), { recursive: true, force: true });
  }

  touch(file: string, at: Date): void {
    utimesSync(this.path(file), at, at);
  }

  read(file: string): string {
    return readFileSync(this.path(file), "utf8");
  }

  has(file: string): boolean {
    return existsSync(this.path(file));
  }

  /** Notes of a refusal, relative and sorted. */
  get notes(): readonly string[] {
    return readdirSync(this.folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".refused.txt"))
      .sort();
  }

  /** Names in `Work/Configurations`. */
  get kept(): readonly string[] {
    const folder = this.path("Work/Configurations");
    return existsSync(folder) ? readdirSync(folder).sort() : [];
  }
}
