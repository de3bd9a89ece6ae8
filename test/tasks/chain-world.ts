import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "csv-stringify/sync";
import type { Knex } from "knex";
import { type Configuration, loadWorkspace } from "../../src/config/index.js";
import { cancelInstance, type RunReport, resumeInstance, runJob } from "../../src/jobs/index.js";
import { jobInstanceId } from "../../src/model/index.js";
import { openStore, type Store } from "../../src/store/index.js";
import { type DatabaseKind, databaseSettings } from "../database.js";
import { temporaryFolder } from "../temporary-folder.js";

/** What two managed systems hold on a day. HR gives whole files; the badge system gives whole files, or commands since it was last asked. */
export interface Day {
  readonly people: ReadonlyMap<string, Person>;
  readonly badges: ReadonlyMap<string, Badge>;
  /** Badge and person, joined by U+0000. */
  readonly deputies: ReadonlySet<string>;
}
export interface Person {
  readonly name: string;
  readonly note: string;
  /** Number of a person that may be missing. */
  readonly manager: string;
}
export interface Badge {
  readonly serial: string;
  readonly label: string;
  readonly holder: string;
  /** Serial of a badge that may be missing. */
  readonly parent: string;
}

export type System = "HR" | "Badges";

const mapping = (connector: string, table: string, type: string, columns: readonly (readonly [string, string, string?])[]): string =>
  `<EntityTypeMapping Identifier="${type}" Connector="${connector}" ConnectionTable="${table}">
    ${columns.map(([property, column, more = ""]) => `<Property Identifier="${property}" ConnectionColumn="${column}" ${more}/>`).join("\n    ")}
  </EntityTypeMapping>`;

const association = (id: string, connector: string, table: string, one: [string, string, string], two: [string, string, string]): string =>
  `<EntityAssociationMapping Identifier="${id}" Connector="${connector}" ConnectionTable="${table}"
    Column1="${one[0]}" EntityPropertyMapping1="${one[1]}:${one[2]}" Column2="${two[0]}" EntityPropertyMapping2="${two[1]}:${two[2]}" />`;

const job = (system: System, kind: "First" | "Complete" | "Incremental", connections: readonly string[]): string => {
  const mode = kind === "First" ? "Initial" : kind;
  const hasCommands = system === "Badges" && kind === "Incremental";
  const id = `${system}_${kind}`;
  const exports = connections.map(
    (
      connection,
    ) => `<ExportTask Identifier="${id}_${connection}" DisplayName_L1="Export" Agent="Local" OpenIdClient="Job" Connection="${connection}"
      ${hasCommands ? "" : 'IgnoreCookieFile="true"'} Level="0" />`,
  );
  return `<Job Identifier="${id}" DisplayName_L1="${id}" Agent="Local"${kind === "First" ? ' IsInitializationJob="true"' : ""}>
    ${exports.join("\n    ")}
    <PrepareSynchronizationTask Identifier="${id}_Prepare" DisplayName_L1="Prepare" Agent="Local" OpenIdClient="Job" Connector="${system}"
      SynchronizationMode="${mode}"${hasCommands ? ' Type="Changes"' : ""} Level="1">
      ${connections.map((connection) => `<TaskDependsOnTask ParentTask="${id}_${connection}" />`).join("")}
    </PrepareSynchronizationTask>
    <SynchronizeTask Identifier="${id}_Load" DisplayName_L1="Load" Connector="${system}"${hasCommands ? ' Type="Changes"' : ""} Level="2"
      ${kind === "Incremental" ? 'DoNotDeleteChanges="true"' : ""}${kind === "First" ? ' ForceSynchronization="true"' : ""} />
    ${kind === "Incremental" ? `<SetRecentlyModifiedFlagTask Identifier="${id}_Flag" DisplayName_L1="Flag" Level="3" />` : ""}
  </Job>`;
};

const connections = { HR: ["HR_People"], Badges: ["Badges_Entries", "Badges_Deputies"] } as const;

/** Low limits, so that ordinary days block now and then. */
const limits = `MaximumInsertedLines="0" MaximumUpdatedLines="6" MaximumDeletedLines="3" MaxPercentageInsertedLines="0" MaxPercentageUpdatedLines="0"
    MaxPercentageDeletedLines="0" MaximumLinkInsertedLines="0" MaximumLinkDeletedLines="4" MaxLinkPercentageInsertedLines="0" MaxLinkPercentageDeletedLines="0"`;

const configurationXml = `<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile>
  <Agent Identifier="Local" DisplayName_L1="Local" />
  <OpenIdClient Identifier="Job" DisplayName_L1="Jobs" Profile="Runner" HashedSecret="x" />
  <Profile Identifier="Runner" DisplayName_L1="Runner" />
  <EntityType Identifier="Person" DisplayName_L1="Person">
    <Property Identifier="Number" DisplayName_L1="Number" TargetColumnIndex="4" IsKey="true" />
    <Property Identifier="Name" DisplayName_L1="Name" TargetColumnIndex="5" />
    <Property Identifier="Note" DisplayName_L1="Note" TargetColumnIndex="0" />
    <Property Identifier="Manager" DisplayName_L1="Manager" TargetColumnIndex="128" Type="ForeignKey" />
    <Property Identifier="Reports" DisplayName_L1="Reports" Type="ForeignKey" />
    <Property Identifier="Badges" DisplayName_L1="Badges" Type="ForeignKey" />
    <Property Identifier="DeputyOf" DisplayName_L1="Deputy of" Type="ForeignKey" />
  </EntityType>
  <EntityType Identifier="Badge" DisplayName_L1="Badge">
    <Property Identifier="Guid" DisplayName_L1="Guid" TargetColumnIndex="4" IsKey="true" />
    <Property Identifier="Serial" DisplayName_L1="Serial" TargetColumnIndex="5" />
    <Property Identifier="Label" DisplayName_L1="Label" TargetColumnIndex="6" />
    <Property Identifier="Holder" DisplayName_L1="Holder" TargetColumnIndex="128" Type="ForeignKey" />
    <Property Identifier="Parent" DisplayName_L1="Parent" TargetColumnIndex="129" Type="ForeignKey" />
    <Property Identifier="Parts" DisplayName_L1="Parts" Type="ForeignKey" />
    <Property Identifier="Deputies" DisplayName_L1="Deputies" Type="ForeignKey" />
  </EntityType>
  <EntityAssociation Identifier="Person_Manager" DisplayName_L1="Managers" Property1="Person:Manager" Property2="Person:Reports" IsProperty2Collection="true" />
  <EntityAssociation Identifier="Badge_Holder" DisplayName_L1="Holders" Property1="Badge:Holder" Property2="Person:Badges" IsProperty2Collection="true" />
  <EntityAssociation Identifier="Badge_Parent" DisplayName_L1="Parents" Property1="Badge:Parent" Property2="Badge:Parts" IsProperty2Collection="true" />
  <EntityAssociation Identifier="Badge_Deputies" DisplayName_L1="Deputies" Property1="Badge:Deputies" IsProperty1Collection="true"
    Property2="Person:DeputyOf" IsProperty2Collection="true" />
  <Connector Identifier="HR" DisplayName_L1="HR" Agent="Local" ${limits} />
  <Connector Identifier="Badges" DisplayName_L1="Badges" Agent="Local" ${limits} />
  <Connection Identifier="HR_People" DisplayName_L1="People" Connector="HR" Package="Usercube.CSV@0000001" />
  <Connection Identifier="Badges_Entries" DisplayName_L1="Badges" Connector="Badges" Package="Usercube.CSV@0000001" />
  <Connection Identifier="Badges_Deputies" DisplayName_L1="Deputies" Connector="Badges" Package="Usercube.CSV@0000001" />
  ${mapping("HR", "HR_People", "Person", [
    ["Number", "number", 'IsPrimaryKey="true" '],
    ["Name", "name"],
    ["Note", "note"],
  ])}
  ${association("Person_Manager", "HR", "HR_People", ["number", "Person", "Number"], ["manager", "Person", "Number"])}
  ${mapping("Badges", "Badges_Entries", "Badge", [
    ["Guid", "guid", 'IsPrimaryKey="true" '],
    ["Serial", "serial", 'IsUniqueKey="true" '],
    ["Label", "label"],
  ])}
  ${association("Badge_Holder", "Badges", "Badges_Entries", ["guid", "Badge", "Guid"], ["holder", "Person", "Number"])}
  ${association("Badge_Parent", "Badges", "Badges_Entries", ["serial", "Badge", "Serial"], ["parent", "Badge", "Serial"])}
  ${association("Badge_Deputies", "Badges", "Badges_Deputies", ["badge", "Badge", "Guid"], ["person", "Person", "Number"])}
  ${(["First", "Complete", "Incremental"] as const)
    .flatMap((kind) => (["HR", "Badges"] as const).map((system) => job(system, kind, connections[system])))
    .join("\n  ")}
</ConfigurationFile>
`;

const killer = fileURLToPath(new URL("./killed-job.mjs", import.meta.url));

const csv = (header: readonly string[], rows: readonly (readonly string[])[]): string => stringify([header, ...rows], { delimiter: ";" });

const pairOf = (text: string): [string, string] => {
  const [one = "", two = ""] = text.split("\0");
  return [one, two];
};

/** Fields of a badge, in the order of its columns. */
const badgeRow = (guid: string, { serial, label, holder, parent }: Badge): string[] => [guid, serial, label, holder, parent];

/** A workspace with both systems, whose days go by. */
export class ChainWorld {
  readonly #workspace: string;
  readonly #configuration: Configuration;
  readonly #store: Store;
  /** Commands that the badge system has not been asked for yet: of entries and of deputies. */
  #entries: string[][] = [];
  #deputies: string[][] = [];
  #day: Day;

  private constructor(workspace: string, configuration: Configuration, store: Store, day: Day) {
    this.#workspace = workspace;
    this.#configuration = configuration;
    this.#store = store;
    this.#day = day;
  }

  static async open(kind: DatabaseKind, day: Day): Promise<ChainWorld> {
    const workspace = temporaryFolder("chain");
    mkdirSync(join(workspace, "Sources"));
    writeFileSync(join(workspace, "configuration.xml"), configurationXml);
    writeFileSync(join(workspace, "appsettings.json"), JSON.stringify(await databaseSettings(kind)));
    const source = (name: string, more = {}) => ({ Path: `Sources/${name}.csv`, Separator: ";", ...more });
    const settings = {
      HR_People: source("people"),
      Badges_Entries: source("badges", { PathIncremental: "Sources/badges.changes.csv" }),
      Badges_Deputies: source("deputies", { PathIncremental: "Sources/deputies.changes.csv" }),
    };
    writeFileSync(join(workspace, "appsettings.agent.json"), JSON.stringify({ Connections: settings }));
    const { configuration, findings } = loadWorkspace({ workspace, env: {} });
    if (configuration === null) throw new Error(JSON.stringify(findings));
    const world = new ChainWorld(workspace, configuration, await openStore(configuration.settings.database), day);
    world.#write();
    return world;
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** The next day comes; `commands` say what became of the badge system's entries, in the order in which it did it. */
  next(day: Day, commands: { readonly entries: readonly string[][]; readonly deputies: readonly string[][] }): void {
    this.#day = day;
    this.#entries.push(...commands.entries);
    this.#deputies.push(...commands.deputies);
    this.#write();
  }

  #write(): void {
    const write = (name: string, text: string): void => writeFileSync(join(this.#workspace, "Sources", name), text);
    const { people, badges, deputies } = this.#day;
    const rows = [...people].map(([number, { name, note, manager }]) => [number, name, note, manager]);
    // A row without a key and one that repeats the first: both are cleansed away.
    const [first] = rows;
    write(
      "people.csv",
      csv(
        ["number", "name", "note", "manager"],
        [...rows, ["", "Ghost", "", ""], ...(first === undefined ? [] : [[first[0] ?? "", "Twin", "", ""]])],
      ),
    );
    const header = ["guid", "serial", "label", "holder", "parent"];
    write(
      "badges.csv",
      csv(
        header,
        [...badges].map(([guid, badge]) => badgeRow(guid, badge)),
      ),
    );
    write("deputies.csv", csv(["badge", "person"], [...deputies].map(pairOf)));
    write("badges.changes.csv", csv(["Command", ...header], this.#entries));
    write("deputies.changes.csv", csv(["command", "badge", "person"], this.#deputies));
  }

  /** Runs the job of a system to its end. A badge system that was asked for its commands, and whose answer was prepared, forgets them. */
  async run(system: System, kind: "First" | "Complete" | "Incremental"): Promise<RunReport> {
    const report = await runJob({
      configuration: this.#configuration,
      store: this.#store,
      startedBy: "ann",
      what: { job: `${system}_${kind}` },
    });
    const isPrepared = report.tasks.some(({ type, state }) => type === "PrepareSynchronizationTask" && state === "Completed");
    // A whole that was told may still be refused: what it changed since is said all the same.
    if (system === "Badges" && kind === "Incremental" && isPrepared) {
      this.#entries = [];
      this.#deputies = [];
      this.#write();
    }
    return report;
  }

  /** Runs the job in a process that is killed at one of its events. */
  kill(system: System, kind: "Complete" | "Incremental", event: number): void {
    try {
      execFileSync(process.execPath, [killer, this.#workspace, `${system}_${kind}`, String(event)], { stdio: "ignore" });
    } catch (error) {
      if ((error as { signal: string | null }).signal !== "SIGKILL") throw error;
    }
  }

  resume(jobInstance: number): Promise<RunReport> {
    return resumeInstance({
      configuration: this.#configuration,
      store: this.#store,
      startedBy: "bob",
      jobInstance: jobInstanceId(jobInstance),
    });
  }

  async cancel(jobInstance: number): Promise<void> {
    await cancelInstance({ store: this.#store, jobInstance: jobInstanceId(jobInstance), by: "bob" });
  }

  /** The instances that wait for a person. */
  async blocked(): Promise<readonly number[]> {
    const rows = (await this.#store.knex("UJ_JobInstances").where({ State: "Blocked" }).orderBy("Id").select("Id")) as { Id: number }[];
    return rows.map(({ Id }) => Id);
  }

  /** The instances whose runner died, oldest first. */
  async aborted(): Promise<readonly number[]> {
    await this.#store.records.abortDead({ isPatient: true });
    const rows = (await this.#store.knex("UJ_JobInstances").where({ State: "Aborted" }).orderBy("Id").select("Id")) as { Id: number }[];
    return rows.map(({ Id }) => Id);
  }

  /** Loses the agent's baselines, as a new disk does. */
  loseBaselines(): void {
    rmSync(join(this.#workspace, "Work", "Collect", "previous"), { recursive: true, force: true });
  }

  holdings(): Promise<Holdings> {
    return holdingsOf(this.#store.knex);
  }
}

/** All that the repository says now, named by keys, so that two of them can be compared. */
export interface Holdings {
  readonly resources: readonly string[];
  readonly links: readonly string[];
  readonly claims: readonly string[];
}

const now = { ValidTo: "9999-12-31T23:59:59.999Z" };

const holdingsOf = async (knex: Knex): Promise<Holdings> => {
  const rows = (await knex("UR_Resources as r")
    .join("UM_EntityTypes as t", "t.Id", "r.Type")
    .where({ "r.ValidTo": now.ValidTo })
    .select("r.*", "t.Identifier")) as Record<string, unknown>[];
  const keyOf = new Map(rows.map((row) => [Number(row.Id), `${row.Identifier} ${JSON.stringify(row.C4)}`]));
  const target = (id: unknown): string | null => (id === null ? null : (keyOf.get(Number(id)) ?? `gone ${id}`));
  const links = (await knex("UR_ResourceLinks as l")
    .join("UM_Mappings as m", "m.Id", "l.Mapping")
    .where({ "l.ValidTo": now.ValidTo })
    .select("m.Association", "l.R1_Id", "l.R2_Id")) as Record<string, unknown>[];
  const claims = (await knex("UR_LinkKeys as k")
    .join("UM_Mappings as m", "m.Id", "k.Mapping")
    .select("m.Association", "k.Key1", "k.Key2", "k.R1_Id", "k.R2_Id")) as Record<string, unknown>[];
  return {
    resources: rows
      .map((row) => `${keyOf.get(Number(row.Id))}: ${JSON.stringify([row.C0, row.C5, row.C6, target(row.I40), target(row.I41)])}`)
      .sort(),
    links: links.map((row) => `${row.Association}: ${target(row.R1_Id)} - ${target(row.R2_Id)}`).sort(),
    claims: claims
      .map((row) => `${row.Association}: ${JSON.stringify([row.Key1, row.Key2])} = ${target(row.R1_Id)} - ${target(row.R2_Id)}`)
      .sort(),
  };
};
