import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import type { Knex } from "knex";
import { SluiceError } from "../../../src/errors/index.js";
import {
  type ConnectorMappings,
  type EntityAssociation,
  type EntityType,
  type JobInstanceId,
  jobInstanceId,
  type Property,
  type SessionFile,
  type SessionManifest,
  type SynchronizationMode,
  type SynchronizationType,
  sessionGuid,
  slotOf,
  type TaskInstanceId,
  type ThresholdLimits,
  taskInstanceId,
} from "../../../src/model/index.js";
import { openEnd } from "../../../src/store/open-end.js";
import type { RehearsedSession, RehearseRequest, RepositoryModel, SynchronizeOutcome } from "../../../src/store/synchronization.js";
import { joinCleared } from "../../../src/sync/index.js";
import { type DatabaseKind, lastingDatabase, type TestDatabase } from "../../database.js";
import { type Engine, openEngine } from "./engine.js";

const scalar = (identifier: string, index: number, more: Partial<Property> = {}): Property => ({
  identifier,
  displayName: identifier,
  type: "String",
  index,
  slot: slotOf(index),
  isKey: false,
  isNavigation: false,
  historyPrecision: 0,
  ...more,
});
const navigation = (identifier: string, index: number): Property => ({
  ...scalar(identifier, Math.max(index, 0)),
  type: "ForeignKey",
  index,
  slot: index < 0 ? null : slotOf(index),
  isNavigation: true,
});

const person: EntityType = {
  identifier: "Person",
  displayName: "Person",
  properties: [scalar("Id", 4), scalar("Name", 5), navigation("Boss", 128), navigation("Team", -1), navigation("Accounts", -1)],
};
const entry: EntityType = {
  identifier: "Entry",
  displayName: "Entry",
  properties: [
    scalar("Guid", 4),
    scalar("Dn", 5),
    scalar("Logon", 6, { historyPrecision: 60 }),
    navigation("Members", -1),
    navigation("MemberOf", -1),
    navigation("Owner", 129),
  ],
};

const associations: readonly EntityAssociation[] = [
  {
    identifier: "Person_Boss",
    displayName: "Boss",
    side1: { entityType: "Person", property: "Team", isCollection: true, slot: null },
    side2: { entityType: "Person", property: "Boss", isCollection: false, slot: slotOf(128) },
  },
  {
    identifier: "Entry_Members",
    displayName: "Members",
    side1: { entityType: "Entry", property: "Members", isCollection: true, slot: null },
    side2: { entityType: "Entry", property: "MemberOf", isCollection: true, slot: null },
  },
  {
    identifier: "Entry_Owner",
    displayName: "Owner",
    side1: { entityType: "Person", property: "Accounts", isCollection: true, slot: null },
    side2: { entityType: "Entry", property: "Owner", isCollection: false, slot: slotOf(129) },
  },
];

const connectors = (limits: { HR?: ThresholdLimits; AD?: ThresholdLimits; Entry?: ThresholdLimits; Entry_Members?: ThresholdLimits }) =>
  [
    {
      connector: "HR",
      limits: limits.HR ?? {},
      entityTypes: [
        {
          identifier: "Person",
          connector: "HR",
          connection: "HR",
          table: "people",
          properties: [
            { property: "Id", column: "id", isUniqueKey: false },
            { property: "Name", column: "name", isUniqueKey: false },
          ],
          limits: {},
        },
      ],
      associations: [
        {
          identifier: "Person_Boss",
          connector: "HR",
          connection: "HR",
          table: "people",
          column1: "boss",
          column2: "id",
          key1: { entityType: "Person", property: "Id" },
          key2: { entityType: "Person", property: "Id" },
          limits: {},
        },
      ],
    },
    {
      connector: "AD",
      limits: limits.AD ?? {},
      entityTypes: [
        {
          identifier: "Entry",
          connector: "AD",
          connection: "AD",
          table: "entries",
          properties: [
            { property: "Guid", column: "guid", isUniqueKey: false },
            { property: "Dn", column: "dn", isUniqueKey: true },
            { property: "Logon", column: "logon", isUniqueKey: false },
          ],
          limits: limits.Entry ?? {},
        },
      ],
      associations: [
        {
          identifier: "Entry_Members",
          connector: "AD",
          connection: "AD",
          table: "members",
          column1: "dn",
          column2: "member",
          key1: { entityType: "Entry", property: "Dn" },
          key2: { entityType: "Entry", property: "Dn" },
          limits: limits.Entry_Members ?? {},
        },
        {
          identifier: "Entry_Owner",
          connector: "AD",
          connection: "AD",
          table: "entries",
          column1: "employee",
          column2: "guid",
          key1: { entityType: "Person", property: "Id" },
          key2: { entityType: "Entry", property: "Guid" },
          limits: {},
        },
      ],
    },
  ] as const satisfies readonly ConnectorMappings[];

/** People with a boss in a column; entries with members in link rows and an owner, a person of the other connector, in a column. */
export const modelOf = (limits: Parameters<typeof connectors>[0] = {}): RepositoryModel => ({
  entityTypes: [person, entry],
  associations,
  connectors: connectors(limits),
});

/** Rows by mapping: entity types by key, links as a set of `key1 US key2`. */
export interface SourceFiles {
  readonly rows: Readonly<Record<string, readonly (readonly (string | null)[])[]>>;
  readonly links: Readonly<Record<string, readonly (readonly [string, string])[]>>;
  /** Rows set aside, by entity type mapping: their keys. */
  readonly aside?: Readonly<Record<string, readonly string[]>>;
}

/** A command for one resource: the mapped columns in their order, key first; `cleared` names columns that a merge clears. */
export interface ResourceCommand {
  readonly command: "insert" | "update" | "delete" | "merge";
  readonly fields: readonly (string | null)[];
  readonly cleared?: readonly string[];
}
/** A command for one pair; a delete that lacks one key takes all claims of the other. */
export interface LinkCommand {
  readonly command: "insert" | "delete";
  readonly keys: readonly [string | null, string | null];
}

/** Commands by mapping; one a key. */
export interface SourceDelta {
  readonly rows: Readonly<Record<string, readonly ResourceCommand[]>>;
  readonly links: Readonly<Record<string, readonly LinkCommand[]>>;
}

const byKey = (a: readonly (string | null)[], b: readonly (string | null)[]): number =>
  Buffer.compare(Buffer.from(a[0] ?? ""), Buffer.from(b[0] ?? "")) || Buffer.compare(Buffer.from(a[1] ?? ""), Buffer.from(b[1] ?? ""));

type WriteFile = (
  name: string,
  kind: SessionFile["kind"],
  id: string,
  header: readonly string[],
  rows: readonly (readonly (string | null)[])[],
  content: SessionFile["content"],
) => void;

/** Makes a folder; gives what writes files into it, and the list of them. */
const inFolder = (folder: string): { readonly write: WriteFile; readonly written: SessionFile[] } => {
  mkdirSync(folder, { recursive: true });
  const written: SessionFile[] = [];
  const write: WriteFile = (name, kind, id, header, rows, content) => {
    const csv = stringify(
      [header, ...rows].map((row) => [...row]),
      { quoted_match: /[\r\n]/ },
    );
    const file = join(folder, name);
    writeFileSync(file, csv);
    written.push({
      name,
      kind,
      mapping: id,
      content,
      rows: rows.length,
      bytes: statSync(file).size,
      sha256: createHash("sha256").update(readFileSync(file)).digest("hex"),
    });
  };
  return { write, written };
};

/** Writes a session's files as an incremental prepare does, in a folder that it makes. */
export const writeDelta = (
  folder: string,
  model: RepositoryModel,
  connector: string,
  delta: SourceDelta,
  type: SynchronizationType,
): SessionFile[] => {
  const mapping = model.connectors.find((one) => one.connector === connector);
  const { write, written } = inFolder(folder);
  const clears = type !== "None";
  for (const { identifier, properties } of mapping?.entityTypes ?? []) {
    const header = ["command", ...properties.map(({ column }) => column), ...(clears ? ["#cleared"] : [])];
    const commands = [...(delta.rows[identifier] ?? [])].sort((a, b) => byKey(a.fields, b.fields));
    const rows = commands.map(({ command, fields, cleared }) => [command, ...fields, ...(clears ? [joinCleared(cleared ?? [])] : [])]);
    write(`${identifier}.sorted.delta`, "entityType", identifier, header, rows, "delta");
  }
  for (const { identifier, column1, column2 } of mapping?.associations ?? []) {
    const commands = [...(delta.links[identifier] ?? [])].sort((a, b) => byKey(a.keys, b.keys) || (a.command < b.command ? -1 : 1));
    const rows = commands.map(({ command, keys }) => [command, ...keys]);
    write(`${identifier}.sorted.delta`, "association", identifier, ["command", column1, column2], rows, "delta");
  }
  return written;
};

/** Writes a session's files as prepare does, in a folder that it makes. */
export const writeSession = (folder: string, model: RepositoryModel, connector: string, files: SourceFiles): SessionFile[] => {
  const mapping = model.connectors.find((one) => one.connector === connector);
  const { write, written } = inFolder(folder);
  for (const { identifier, properties } of mapping?.entityTypes ?? []) {
    const header = properties.map(({ column }) => column);
    write(`${identifier}.sorted.csv`, "entityType", identifier, header, [...(files.rows[identifier] ?? [])].sort(byKey), "sorted");
    const aside = files.aside?.[identifier];
    if (aside === undefined) continue;
    const keys = aside.map((key) => [key, "2"]);
    write(`${identifier}.rejected.csv`, "entityType", identifier, ["key", "line"], keys, "rejected");
  }
  for (const { identifier, column1, column2 } of mapping?.associations ?? []) {
    write(
      `${identifier}.sorted.csv`,
      "association",
      identifier,
      [column1, column2],
      [...(files.links[identifier] ?? [])].sort(byKey),
      "sorted",
    );
  }
  return written;
};

type Cell = string | number | null;

/** Rows in byte order of their first column: no database's own order is relied on. */
const inByteOrder = (rows: readonly Cell[][]): Cell[][] =>
  [...rows].sort((a, b) => Buffer.compare(Buffer.from(String(a[0] ?? "")), Buffer.from(String(b[0] ?? ""))));

const text = (row: readonly unknown[]): string => JSON.stringify(row);

/** Statements that both databases understand. Values are bound; every column must have a name of its own. */
class Rows {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async all(sql: string, ...values: Cell[]): Promise<Cell[][]> {
    const rows = (await this.#knex.raw(sql, values as Knex.RawBinding[])) as Record<string, Cell>[];
    return rows.map((row) => Object.values(row));
  }

  async get(sql: string, ...values: Cell[]): Promise<Cell[] | null> {
    return (await this.all(sql, ...values))[0] ?? null;
  }

  async count(sql: string, ...values: Cell[]): Promise<number> {
    return Number((await this.get(sql, ...values))?.[0] ?? 0);
  }

  async run(sql: string, ...values: Cell[]): Promise<void> {
    await this.#knex.raw(sql, values as Knex.RawBinding[]);
  }
}

export type Synchronized = SynchronizeOutcome & {
  readonly taskInstance: TaskInstanceId;
  readonly jobInstance: JobInstanceId;
  readonly session: string;
  readonly folder: string;
};

interface WrittenSession {
  readonly session: SessionManifest;
  readonly folder: string;
}

export interface SynchronizeOptions {
  readonly mode?: SynchronizationMode;
  readonly type?: SynchronizationType;
  /** Where an incremental session starts instead of the head. */
  readonly startsAt?: string;
  readonly force?: boolean;
  readonly keepChanges?: boolean;
  readonly fence?: number;
  readonly tamper?: (folder: string) => void;
  /** A file that the session does not announce. */
  readonly without?: string;
}

/** A session to be tried. */
export interface Rehearsal {
  readonly connector: "HR" | "AD";
  readonly files: SourceFiles | SourceDelta;
  readonly mode?: SynchronizationMode;
  readonly type?: SynchronizationType;
  readonly force?: boolean;
  /** Where its changes are written for a plan. */
  readonly planFile?: string;
}

/** A repository of its own, whose sessions are written as prepare writes them. */
export class World {
  readonly folder = mkdtempSync(join(tmpdir(), "sluice-store-"));
  time = Date.parse("2026-01-05T08:00:00.000Z");
  model: RepositoryModel;
  mappingHash = "h";
  /** Looks for a stop after which the runner's signal is there; none by default. */
  stopAtLook = Number.POSITIVE_INFINITY;
  looks = 0;
  readonly db: Rows;
  readonly engine: Engine;
  readonly #database: TestDatabase;

  private constructor(limits: Parameters<typeof connectors>[0], database: TestDatabase, knex: Knex, engine: Engine) {
    this.model = modelOf(limits);
    this.#database = database;
    this.db = new Rows(knex);
    this.engine = engine;
  }

  static async open(kind: DatabaseKind, limits: Parameters<typeof connectors>[0] = {}): Promise<World> {
    const database = await lastingDatabase(kind);
    return new World(limits, database, await database.knex(), await openEngine(database));
  }

  async close(): Promise<void> {
    await this.engine.close();
    await this.#database.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A job instance with one synchronize task. */
  async instance(
    connector: string,
  ): Promise<{ jobInstance: ReturnType<typeof jobInstanceId>; taskInstance: ReturnType<typeof taskInstanceId> }> {
    await this.db.run(
      `INSERT INTO UJ_JobInstances (Job, State, StartDate, [Trigger], StartedBy, Host, Pid, ProcessStart, Fence, ConfigurationHash, PlanHash, [Plan])
       VALUES ('J', 'InProgress', '2026', 'CommandLine', 'me', 'here', 1, '1', 7, 'c', 'p', '{}')`,
    );
    const job = await this.db.count("SELECT max(Id) AS Id FROM UJ_JobInstances");
    await this.db.run(
      `INSERT INTO UJ_TaskInstances (JobInstance, TaskKey, Task, Type, Level, Position, State, Connector)
       VALUES (?, 'S', 'S', 'SynchronizeTask', 0, 0, 'InProgress', ?)`,
      job,
      connector,
    );
    const task = await this.db.count("SELECT max(Id) AS Id FROM UJ_TaskInstances");
    return { jobInstance: jobInstanceId(job), taskInstance: taskInstanceId(task) };
  }

  /** A session's files in a folder of their own: whole files, or commands for an incremental one. */
  #write(connector: "HR" | "AD", files: SourceFiles | SourceDelta, mode: SynchronizationMode, type: SynchronizationType): WrittenSession {
    const guid = sessionGuid(randomUUID());
    const folder = join(this.folder, "sessions", guid);
    const written =
      mode === "Incremental"
        ? writeDelta(folder, this.model, connector, files as SourceDelta, type)
        : writeSession(folder, this.model, connector, files as SourceFiles);
    return { session: { guid, connector, mode, type, files: written }, folder };
  }

  async head(connector: "HR" | "AD"): Promise<string | null> {
    const head = await this.db.get("SELECT Session FROM UM_ConnectorHeads WHERE Connector = ?", connector);
    return head === null ? null : String(head[0]);
  }

  /** An incremental session takes commands, and starts at the head unless told otherwise. */
  async synchronize(connector: "HR" | "AD", files: SourceFiles | SourceDelta, options: SynchronizeOptions = {}): Promise<Synchronized> {
    const ids = await this.instance(connector);
    const mode = options.mode ?? "Complete";
    const type = options.type ?? "None";
    const { session, folder } = this.#write(connector, files, mode, type);
    options.tamper?.(folder);
    const startsAt = mode === "Incremental" ? (options.startsAt ?? (await this.head(connector))) : null;
    await this.db.run(
      `INSERT INTO UJ_SynchronizationSessions (Guid, Sequence, Connector, Mode, Type, State, StartsAt, MappingHash, CreatedAt, ChangedAt)
       VALUES (?, ?, ?, ?, ?, 'ready', ?, 'h', '2026', '2026')`,
      session.guid,
      await this.nextSequence(),
      connector,
      mode,
      type,
      startsAt,
    );
    this.time += 3_600_000;
    const outcome = await this.engine.synchronize(this.tools(), {
      ...ids,
      fence: options.fence ?? 7,
      session: { ...session, files: session.files.filter(({ name }) => name !== options.without) },
      folder,
      model: this.model,
      mappingHash: this.mappingHash,
      force: options.force ?? false,
      keepChanges: options.keepChanges ?? false,
      orphans: false,
    });
    if (outcome.state === "Blocked") await this.db.run("UPDATE UJ_JobInstances SET State = 'Blocked' WHERE Id = ?", ids.jobInstance);
    return { ...outcome, ...ids, session: session.guid, folder };
  }

  /** The next place in the order of sessions, as an announcement takes it. */
  async nextSequence(): Promise<number> {
    await this.db.run("UPDATE UM_Sequences SET Value = Value + 1 WHERE Name = 'session'");
    const next = await this.db.count("SELECT Value FROM UM_Sequences WHERE Name = 'session'");
    if (next > 0) return next;
    await this.db.run("INSERT INTO UM_Sequences (Name, Value) VALUES ('session', 1)");
    return 1;
  }

  /** Commands for a connector, from where the repository stands. */
  incremental(connector: "HR" | "AD", delta: SourceDelta, options: Omit<SynchronizeOptions, "mode"> = {}): Promise<Synchronized> {
    return this.synchronize(connector, delta, { ...options, mode: "Incremental" });
  }

  /** Tries sessions; nothing of the record of jobs is made for them. */
  rehearse(sessions: readonly Rehearsal[]): Promise<readonly RehearsedSession[]> {
    const requests = sessions.map(({ connector, files, mode = "Complete", type = "None", force = false, planFile }): RehearseRequest => {
      const written = this.#write(connector, files, mode, type);
      const plan = planFile === undefined ? {} : { planFile };
      return { ...written, model: this.model, mappingHash: this.mappingHash, force, ...plan };
    });
    return this.engine.rehearse(this.tools(), requests);
  }

  /** Every row of every table, as text. */
  async dump(): Promise<Record<string, string[]>> {
    const tables = [
      ...[
        "UM_EntityTypes",
        "UM_Properties",
        "UM_Mappings",
        "UM_Sequences",
        "UM_Clock",
        "UM_DirtyMarks",
        "UM_ConnectorHeads",
        "UM_ConnectorStates",
      ],
      ...[
        "UR_Resources",
        "UR_RetiredKeys",
        "UR_ResourceLinks",
        "UR_LinkKeys",
        "UR_ResourceChanges",
        "UR_ResourceLinkChanges",
        "UR_LinkKeyChanges",
      ],
      ...["UJ_SynchronizationSessions", "UJ_JobInstances", "UJ_TaskInstances", "UJ_Decisions", "UJ_Locks"],
    ];
    const dump: Record<string, string[]> = {};
    for (const table of tables) dump[table] = (await this.db.all(`SELECT * FROM ${table}`)).map(text).sort();
    return dump;
  }

  async resume(blocked: {
    readonly taskInstance: number;
    readonly folder: string;
    readonly completeRequired?: string;
  }): Promise<SynchronizeOutcome> {
    this.time += 60_000;
    const validation = await this.instance("AD");
    return this.engine.resume(this.tools(), {
      jobInstance: validation.jobInstance,
      taskInstance: validation.taskInstance,
      blocked: taskInstanceId(blocked.taskInstance),
      folder: blocked.folder,
      orphans: true,
      fence: 7,
      model: this.model,
      mappingHash: this.mappingHash,
      keepChanges: false,
      ...(blocked.completeRequired === undefined ? {} : { completeRequired: blocked.completeRequired }),
    });
  }

  tools() {
    return {
      clock: { now: () => this.time },
      checkStop: (step: string) => {
        if (++this.looks >= this.stopAtLook) throw new SluiceError("SYNC_STOPPED", { step });
      },
      onProgress: () => undefined,
    };
  }

  /** What is there now: current rows by type (mapped values, navigations as keys), links, claims that name nobody. */
  async state(): Promise<{ rows: Record<string, string[]>; links: Record<string, string[]>; unresolved: string[] }> {
    const rowsOf = async (type: string, slots: readonly string[], navigation: string): Promise<string[]> => {
      const columns = slots.map((slot) => `p.${slot} AS ${slot}`).join(", ");
      const rows = await this.db.all(
        `SELECT ${columns}, b.C4 AS Named FROM UR_Resources p JOIN UM_EntityTypes t ON t.Id = p.Type
         LEFT JOIN UR_Resources b ON b.Id = p.${navigation} AND b.ValidTo = '${openEnd}'
         WHERE t.Identifier = ? AND p.ValidTo = '${openEnd}'`,
        type,
      );
      return inByteOrder(rows).map(text);
    };
    const members = await this.db.all(
      `SELECT a.C4 AS One, b.C4 AS Two FROM UR_ResourceLinks l JOIN UM_Mappings m ON m.Id = l.Mapping AND m.Association = 'Entry_Members'
       JOIN UR_Resources a ON a.Id = l.R1_Id AND a.ValidTo = '${openEnd}' JOIN UR_Resources b ON b.Id = l.R2_Id AND b.ValidTo = '${openEnd}'
       WHERE l.ValidTo = '${openEnd}'`,
    );
    const unresolved = await this.db.all(
      "SELECT m.Association, l.Key1, l.Key2 FROM UR_LinkKeys l JOIN UM_Mappings m ON m.Id = l.Mapping WHERE l.Reason IS NOT NULL",
    );
    return {
      rows: { Person: await rowsOf("Person", ["C4", "C5"], "I40"), Entry: await rowsOf("Entry", ["C4", "C5", "C6"], "I41") },
      links: { Entry_Members: members.map(text).sort() },
      unresolved: unresolved.map(text).sort(),
    };
  }

  /** Ids that point nowhere: links or navigations to a closed resource. Must always be none. */
  async dangling(navigations: readonly string[] = ["I40", "I41"]): Promise<number> {
    const gone = (column: string): string =>
      `NOT EXISTS (SELECT 1 FROM UR_Resources r WHERE r.Id = x.${column} AND r.ValidTo = '${openEnd}')`;
    const counts = [
      `SELECT count(*) AS Gone FROM UR_ResourceLinks x WHERE x.ValidTo = '${openEnd}' AND (${gone("R1_Id")} OR ${gone("R2_Id")})`,
      ...navigations.map(
        (slot) => `SELECT count(*) FROM UR_Resources x WHERE x.ValidTo = '${openEnd}' AND x.${slot} IS NOT NULL AND ${gone(slot)}`,
      ),
      `SELECT count(*) FROM UR_LinkKeys x WHERE (x.R1_Id IS NOT NULL AND ${gone("R1_Id")}) OR (x.R2_Id IS NOT NULL AND ${gone("R2_Id")})`,
      `SELECT count(*) FROM UR_LinkKeys
       WHERE ((R1_Id IS NULL OR R2_Id IS NULL) AND Reason IS NULL) OR (R1_Id IS NOT NULL AND R2_Id IS NOT NULL AND Reason IS NOT NULL)`,
    ];
    return (await this.db.all(counts.join(" UNION ALL "))).reduce((sum, [count]) => sum + Number(count), 0);
  }
}
