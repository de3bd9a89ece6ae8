import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { SluiceError } from "../../../src/errors/index.js";
import {
  type ConnectorMappings,
  type EntityAssociation,
  type EntityType,
  jobInstanceId,
  type Property,
  type SessionFile,
  type SynchronizationMode,
  sessionGuid,
  slotOf,
  type ThresholdLimits,
  taskInstanceId,
} from "../../../src/model/index.js";
import { openConnection } from "../../../src/store/sqlite/client.js";
import { openSqlite } from "../../../src/store/sqlite/open.js";
import { Database } from "../../../src/store/sqlite/synchronization/database.js";
import { resumeStaged } from "../../../src/store/sqlite/synchronization/resume.js";
import { synchronize } from "../../../src/store/sqlite/synchronization/synchronize.js";
import type { RepositoryModel, SynchronizeOutcome } from "../../../src/store/synchronization.js";

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

export const connectors = (limits: {
  HR?: ThresholdLimits;
  AD?: ThresholdLimits;
  Entry?: ThresholdLimits;
  Entry_Members?: ThresholdLimits;
}) =>
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

/** Rows by mapping: entity types by key, links as a set of `key1 US key2`. */
export interface SourceFiles {
  readonly rows: Readonly<Record<string, readonly (readonly (string | null)[])[]>>;
  readonly links: Readonly<Record<string, readonly (readonly [string, string])[]>>;
  /** Rows set aside, by entity type mapping: their keys. */
  readonly aside?: Readonly<Record<string, readonly string[]>>;
}

const byKey = (a: readonly (string | null)[], b: readonly (string | null)[]): number =>
  Buffer.compare(Buffer.from(a[0] ?? ""), Buffer.from(b[0] ?? "")) || Buffer.compare(Buffer.from(a[1] ?? ""), Buffer.from(b[1] ?? ""));

/** A repository in a folder of its own, whose sessions are written as prepare writes them. */
export class World {
  readonly folder = mkdtempSync(join(tmpdir(), "sluice-store-"));
  readonly path = join(this.folder, "sluice.db");
  time = Date.parse("2026-01-05T08:00:00.000Z");
  model: RepositoryModel;
  mappingHash = "h";
  /** Looks for a stop after which the runner's signal is there; none by default. */
  stopAtLook = Number.POSITIVE_INFINITY;
  looks = 0;
  #db: Database;
  #close: () => void;
  #count = 0;

  private constructor(limits: Parameters<typeof connectors>[0], connection: ReturnType<typeof openConnection>) {
    this.model = { entityTypes: [person, entry], associations, connectors: connectors(limits) };
    this.#db = new Database(connection);
    this.#close = () => connection.close();
  }

  static async open(limits: Parameters<typeof connectors>[0] = {}): Promise<World> {
    const world = new World(limits, openConnection(":memory:"));
    world.#close();
    const knex = await openSqlite(world.path);
    await knex.destroy();
    const connection = openConnection(world.path);
    world.#db = new Database(connection);
    world.#close = () => connection.close();
    return world;
  }

  get db(): Database {
    return this.#db;
  }

  close(): void {
    this.#close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A job instance with one synchronize task. */
  instance(connector: string): { jobInstance: ReturnType<typeof jobInstanceId>; taskInstance: ReturnType<typeof taskInstanceId> } {
    const job = this.#db.get(
      `INSERT INTO UJ_JobInstances (Job, State, StartDate, "Trigger", StartedBy, Host, Pid, ProcessStart, Fence, ConfigurationHash, PlanHash, Plan)
       VALUES ('J', 'InProgress', '2026', 'CommandLine', 'me', 'here', 1, '1', 7, 'c', 'p', '{}') RETURNING Id`,
    );
    const task = this.#db.get(
      `INSERT INTO UJ_TaskInstances (JobInstance, TaskKey, Task, Type, Level, Position, State, Connector)
       VALUES (?, 'S', 'S', 'SynchronizeTask', 0, 0, 'InProgress', ?) RETURNING Id`,
      Number(job?.[0]),
      connector,
    );
    return { jobInstance: jobInstanceId(Number(job?.[0])), taskInstance: taskInstanceId(Number(task?.[0])) };
  }

  synchronize(
    connector: "HR" | "AD",
    files: SourceFiles,
    options: { mode?: SynchronizationMode; force?: boolean; keepChanges?: boolean; fence?: number; tamper?: (folder: string) => void } = {},
  ): SynchronizeOutcome & { taskInstance: number; jobInstance: number; session: string; folder: string } {
    const ids = this.instance(connector);
    const guid = sessionGuid(randomUUID());
    const folder = join(this.folder, "sessions", guid);
    mkdirSync(folder, { recursive: true });
    const mapping = this.model.connectors.find((one) => one.connector === connector);
    const written: SessionFile[] = [];
    const write = (
      name: string,
      kind: SessionFile["kind"],
      id: string,
      header: string[],
      rows: readonly (readonly (string | null)[])[],
      content: SessionFile["content"],
    ) => {
      const text = stringify([header, ...rows.map((row) => [...row])], { quoted_match: /[\r\n]/ });
      const file = join(folder, name);
      writeFileSync(file, text);
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
    for (const type of mapping?.entityTypes ?? []) {
      write(
        `${type.identifier}.sorted.csv`,
        "entityType",
        type.identifier,
        type.properties.map((p) => p.column),
        [...(files.rows[type.identifier] ?? [])].sort(byKey),
        "sorted",
      );
      const aside = files.aside?.[type.identifier];
      if (aside !== undefined)
        write(
          `${type.identifier}.rejected.csv`,
          "entityType",
          type.identifier,
          ["key", "line"],
          aside.map((key) => [key, "2"]),
          "rejected",
        );
    }
    for (const link of mapping?.associations ?? []) {
      write(
        `${link.identifier}.sorted.csv`,
        "association",
        link.identifier,
        [link.column1, link.column2],
        [...(files.links[link.identifier] ?? [])].sort(byKey),
        "sorted",
      );
    }
    options.tamper?.(folder);
    const mode = options.mode ?? "Complete";
    this.#db.run(
      `INSERT INTO UJ_SynchronizationSessions (Guid, Sequence, Connector, Mode, Type, State, MappingHash, CreatedAt, ChangedAt)
       VALUES (?, ?, ?, ?, 'None', 'ready', 'h', '2026', '2026')`,
      guid,
      ++this.#count,
      connector,
      mode,
    );
    this.time += 3_600_000;
    const outcome = synchronize(this.#context(), {
      ...ids,
      fence: options.fence ?? 7,
      session: { guid, connector, mode, type: "None", files: written },
      folder,
      model: this.model,
      mappingHash: this.mappingHash,
      force: options.force ?? false,
      keepChanges: options.keepChanges ?? false,
      orphans: false,
    });
    if (outcome.state === "Blocked") this.#db.run("UPDATE UJ_JobInstances SET State = 'Blocked' WHERE Id = ?", ids.jobInstance);
    return { ...outcome, ...ids, session: guid, folder };
  }

  resume(blocked: { taskInstance: number; folder: string }): SynchronizeOutcome {
    this.time += 60_000;
    const validation = this.instance("AD");
    return resumeStaged(this.#context(), {
      jobInstance: validation.jobInstance,
      taskInstance: validation.taskInstance,
      blocked: taskInstanceId(blocked.taskInstance),
      folder: blocked.folder,
      orphans: true,
      fence: 7,
      model: this.model,
      mappingHash: this.mappingHash,
      keepChanges: false,
    });
  }

  #context() {
    return {
      db: this.#db,
      clock: { now: () => this.time },
      checkStop: (step: string) => {
        if (++this.looks >= this.stopAtLook) throw new SluiceError("SYNC_STOPPED", { step });
      },
      onProgress: () => undefined,
    };
  }

  /** Current rows of a type as of now: key → [id, mapped values…, navigations as keys]. */
  state(): { rows: Record<string, string[]>; links: Record<string, string[]>; unresolved: string[] } {
    const open = "'9999-12-31T23:59:59.999Z'";
    const type = (name: string): number => this.#db.count("SELECT Id FROM UM_EntityTypes WHERE Identifier = ?", name);
    const text = (row: readonly unknown[]): string => JSON.stringify(row);
    return {
      rows: {
        Person: this.#db
          .all(
            `SELECT p.C4, p.C5, b.C4 FROM UR_Resources p LEFT JOIN UR_Resources b ON b.Id = p.I40 AND b.ValidTo = ${open} WHERE p.Type = ? AND p.ValidTo = ${open} ORDER BY p.C4`,
            type("Person"),
          )
          .map(text),
        Entry: this.#db
          .all(
            `SELECT p.C4, p.C5, p.C6, b.C4 FROM UR_Resources p LEFT JOIN UR_Resources b ON b.Id = p.I41 AND b.ValidTo = ${open} WHERE p.Type = ? AND p.ValidTo = ${open} ORDER BY p.C4`,
            type("Entry"),
          )
          .map(text),
      },
      links: {
        Entry_Members: this.#db
          .all(
            `SELECT a.C4, b.C4 FROM UR_ResourceLinks l JOIN UM_Mappings m ON m.Id = l.Mapping AND m.Association = 'Entry_Members'
             JOIN UR_Resources a ON a.Id = l.R1_Id AND a.ValidTo = ${open} JOIN UR_Resources b ON b.Id = l.R2_Id AND b.ValidTo = ${open}
             WHERE l.ValidTo = ${open}`,
          )
          .map(text)
          .sort(),
      },
      unresolved: this.#db
        .all("SELECT m.Association, l.Key1, l.Key2 FROM UR_LinkKeys l JOIN UM_Mappings m ON m.Id = l.Mapping WHERE l.Reason IS NOT NULL")
        .map(text)
        .sort(),
    };
  }

  /** Ids that point nowhere: links or navigations to a closed resource. Must always be none. */
  dangling(): number {
    const open = "'9999-12-31T23:59:59.999Z'";
    const gone = (column: string): string => `NOT EXISTS (SELECT 1 FROM UR_Resources r WHERE r.Id = x.${column} AND r.ValidTo = ${open})`;
    return (
      this.#db.count(`SELECT count(*) FROM UR_ResourceLinks x WHERE x.ValidTo = ${open} AND (${gone("R1_Id")} OR ${gone("R2_Id")})`) +
      this.#db.count(`SELECT count(*) FROM UR_Resources x WHERE x.ValidTo = ${open} AND x.I40 IS NOT NULL AND ${gone("I40")}`) +
      this.#db.count(`SELECT count(*) FROM UR_Resources x WHERE x.ValidTo = ${open} AND x.I41 IS NOT NULL AND ${gone("I41")}`) +
      this.#db.count(
        `SELECT count(*) FROM UR_LinkKeys x WHERE (x.R1_Id IS NOT NULL AND ${gone("R1_Id")}) OR (x.R2_Id IS NOT NULL AND ${gone("R2_Id")})`,
      ) +
      this.#db.count("SELECT count(*) FROM UR_LinkKeys WHERE (R1_Id IS NULL OR R2_Id IS NULL) <> (Reason IS NOT NULL)")
    );
  }
}
