import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Knex } from "knex";
import { afterEach, expect, test, vi } from "vitest";
import {
  jobInstanceId,
  type SynchronizationMode,
  type SynchronizationType,
  sessionGuid,
  taskInstanceId,
} from "../../../src/model/index.js";
import { mssqlTarget } from "../../../src/store/mssql/connection-string.js";
import { Database } from "../../../src/store/mssql/synchronization/database.js";
import { rehearse } from "../../../src/store/mssql/synchronization/rehearse.js";
import { resumeStaged } from "../../../src/store/mssql/synchronization/resume.js";
import { stagedSetHash } from "../../../src/store/mssql/synchronization/set-hash.js";
import { type SynchronizationContext, synchronize } from "../../../src/store/mssql/synchronization/synchronize.js";
import type { RepositoryModel } from "../../../src/store/synchronization.js";
import { freshDatabase, testServer } from "../../database.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { modelOf, type SourceDelta, type SourceFiles, writeDelta, writeSession } from "../synchronization/world.js";
import { type Answer, RecordedDriver } from "./recorded-driver.js";

/**
 * The SQL of a synchronization, statement by statement, held by files that a person reviews: a change is seen on every machine, without a server. Answers were
 * recorded once; SLUICE_RENEW_GOLDEN=1 with SLUICE_TEST_MSSQL records them anew and writes the files.
 */
const golden = resolve(import.meta.dirname, "golden");
const answersFile = join(golden, "synchronization.answers.jsonl");
const renews = process.env.SLUICE_RENEW_GOLDEN === "1" && testServer !== null;

/** One answer a line. */
const answersIn = (file: string): Answer[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Answer);

afterEach(() => {
  vi.restoreAllMocks();
});

interface StepOf<Mode extends SynchronizationMode, Files> {
  /** Of the golden file; several steps may share one. */
  readonly file: string;
  readonly connector: "HR" | "AD";
  readonly mode: Mode;
  readonly files: Files;
  readonly isBlocked?: true;
}
type Step = StepOf<"Initial" | "Complete", SourceFiles> | StepOf<"Incremental", SourceDelta>;

/** Members that are read from the entries' own table: with Type Changes their claims follow the entry's dn (connectors §2.4). */
const withOwnMembers = (model: RepositoryModel): RepositoryModel => ({
  ...model,
  connectors: model.connectors.map((connector) => ({
    ...connector,
    associations: connector.associations.map((one) => (one.identifier === "Entry_Members" ? { ...one, table: "Entries" } : one)),
  })),
});

const people = (ids: readonly string[], bosses: readonly (readonly [string, string])[]): SourceFiles => ({
  rows: { Person: ids.map((id) => [id, `Name ${id}`]) },
  links: { Person_Boss: bosses },
});

/**
 * Two first loads; a day with an insert, updates, a delete, links and navigations that come and go; one of commands, of which some find nothing; a cascade that blocks.
 */
const steps: readonly Step[] = [
  {
    file: "initial-load",
    connector: "HR",
    mode: "Initial",
    files: people(
      ["p1", "p2", "p3", "p4"],
      [
        ["p1", "p2"],
        ["p1", "p9"],
      ],
    ),
  },
  {
    file: "initial-load",
    connector: "AD",
    mode: "Initial",
    files: {
      rows: {
        Entry: [
          ["a", "CN=a", null],
          ["b", "CN=b", "1"],
          ["c", "CN=c", "O'Brien 漢字"],
          ["d", "CN=d", null],
        ],
      },
      links: {
        Entry_Members: [
          ["CN=a", "CN=b"],
          ["CN=a", "CN=c"],
          ["CN=a", "CN=nobody"],
        ],
        Entry_Owner: [
          ["p1", "a"],
          ["p2", "b"],
        ],
      },
    },
  },
  {
    file: "complete",
    connector: "AD",
    mode: "Complete",
    files: {
      rows: {
        Entry: [
          ["a", "CN=a", "2"],
          ["b", "CN=B", null],
          ["d", "CN=d", null],
          ["e", "CN=nobody", null],
        ],
      },
      links: {
        Entry_Members: [
          ["CN=a", "CN=B"],
          ["CN=a", "CN=nobody"],
          ["CN=d", "CN=e"],
        ],
        Entry_Owner: [
          ["p3", "a"],
          ["p2", "d"],
        ],
      },
    },
  },
  {
    file: "incremental",
    connector: "AD",
    mode: "Incremental",
    files: {
      rows: {
        Entry: [
          { command: "merge", fields: ["a", "CN=A2", null], cleared: ["logon"] },
          { command: "delete", fields: ["b", null, null] },
          { command: "update", fields: ["d", "CN=d", "O'Brien 漢字"] },
          { command: "insert", fields: ["f", "CN=e", null] },
          { command: "update", fields: ["g", "CN=g", null] },
          { command: "delete", fields: ["z", null, null] },
        ],
      },
      links: {
        Entry_Members: [
          { command: "delete", keys: [null, "CN=B"] },
          { command: "delete", keys: ["CN=d", "CN=e"] },
          { command: "insert", keys: ["CN=A2", "CN=e"] },
          { command: "delete", keys: ["CN=g", null] },
          { command: "insert", keys: ["CN=g", "CN=d"] },
        ],
        Entry_Owner: [
          { command: "delete", keys: [null, "d"] },
          { command: "insert", keys: ["p2", "d"] },
          { command: "insert", keys: ["p1", "f"] },
        ],
      },
    },
  },
  { file: "block", connector: "HR", mode: "Complete", files: people(["p1", "p4"], [["p4", "p1"]]), isBlocked: true },
];

const guidOf = (step: number): string => `00000000-0000-4000-8000-00000000000${step}`;
const day = (step: number): number => Date.parse("2026-01-05T08:00:00.000Z") + step * 86_400_000;

/** Rows that the record of jobs holds before a step: instance and task bear its number. */
const prepare = async (
  knex: Knex,
  connector: string,
  mode: string,
  session: string | null,
  type: SynchronizationType = "None",
): Promise<void> => {
  const time = "2026-01-05T08:00:00.000Z";
  await knex("UJ_JobInstances").insert({
    Job: "J",
    State: "InProgress",
    StartDate: time,
    Trigger: "CommandLine",
    StartedBy: "ann",
    Host: "here",
    Pid: 1,
    ProcessStart: "1",
    Fence: 7,
    ConfigurationHash: "c",
    PlanHash: "p",
    Plan: "{}",
  });
  const [{ Id }] = (await knex("UJ_JobInstances").max("Id as Id")) as [{ Id: number }];
  const task = { TaskKey: "S", Task: "S", Type: "SynchronizeTask", Level: 0, Position: 0, State: "InProgress" };
  await knex("UJ_TaskInstances").insert({ ...task, JobInstance: Id, Connector: connector });
  if (session === null) return;
  const [head] = (await knex("UM_ConnectorHeads").where({ Connector: connector }).select("Session")) as { Session: string }[];
  const StartsAt = mode === "Incremental" ? head?.Session : null;
  const state = { Mode: mode, Type: type, StartsAt, State: "ready", MappingHash: "h", CreatedAt: time, ChangedAt: time };
  await knex("UJ_SynchronizationSessions").insert({ Guid: session, Sequence: Id, Connector: connector, ...state });
};

test("the SQL of a synchronization on SQL Server is the reviewed one", async () => {
  if (!renews) expect(existsSync(answersFile), "no recording: run with SLUICE_RENEW_GOLDEN=1 and SLUICE_TEST_MSSQL").toBe(true);
  const database = renews ? await freshDatabase("SQL Server") : null;
  const knex = (await database?.knex()) ?? null;
  const target = mssqlTarget(database?.connectionString ?? "Server=nowhere;Database=Sluice;User Id=ann;Password=x");
  const driver = new RecordedDriver(renews ? null : answersIn(answersFile));
  const folder = temporaryFolder("golden");
  const scripts = new Map<string, string>();

  const within = async (file: string, at: number, work: (context: SynchronizationContext) => Promise<unknown>): Promise<void> => {
    const db = await Database.open(target, { checkStop: () => undefined, onBusy: () => undefined });
    try {
      await work({ db, clock: { now: () => at }, checkStop: () => undefined, onProgress: () => undefined });
    } finally {
      await db.close();
      // What differs is shown even where the recorded answers no longer fit and the run broke off.
      const script = driver.take();
      scripts.set(file, `${scripts.get(file) ?? ""}${script}`);
    }
  };
  const model = withOwnMembers(modelOf({ HR: { MaximumDeletedLines: 1 } }));
  const common = { fence: 7, model, mappingHash: "h", keepChanges: false, orphans: false };
  const run = async (): Promise<void> => {
    for (const [index, one] of steps.entries()) {
      const { file, connector, mode, isBlocked } = one;
      const step = index + 1;
      const guid = sessionGuid(guidOf(step));
      const own = join(folder, guid);
      const type = mode === "Incremental" ? ("Changes" as const) : ("None" as const);
      const files =
        one.mode === "Incremental" ? writeDelta(own, model, connector, one.files, type) : writeSession(own, model, connector, one.files);
      const session = { guid, connector, mode, type, files };
      if (knex !== null) await prepare(knex, connector, mode, guid, type);
      await within(file, day(step), async (context) => {
        const ids = { jobInstance: jobInstanceId(step), taskInstance: taskInstanceId(step) };
        const outcome = await synchronize(context, { ...common, ...ids, session, folder: own, force: false });
        expect(outcome.state).toBe(isBlocked === true ? "Blocked" : "Applied");
      });
    }
    const { files: again } = steps[3] as StepOf<"Incremental", SourceDelta>;
    const tried = { guid: sessionGuid(guidOf(0)), connector: "AD", mode: "Incremental" as const, type: "Changes" as const };
    await within("rehearsal", day(steps.length), async (context) => {
      const own = join(folder, tried.guid);
      const session = { ...tried, files: writeDelta(own, model, "AD", again, "Changes") };
      expect(await rehearse(context, [{ session, folder: own, model, mappingHash: "h", force: false }])).toMatchObject([
        { state: "Passed" },
      ]);
    });
    const blocked = steps.length;
    const step = blocked + 1;
    await within("set-hash", day(step), ({ db }) => stagedSetHash(db, blocked));
    if (knex !== null) await prepare(knex, "HR", "Complete", null);
    await within("resume", day(step), async (context) => {
      const ids = { jobInstance: jobInstanceId(step), taskInstance: taskInstanceId(step), blocked: taskInstanceId(blocked) };
      const outcome = await resumeStaged(context, { ...common, ...ids, folder: join(folder, guidOf(blocked)) });
      expect(outcome).toMatchObject({ state: "Applied", changed: true });
    });
  };
  const failure = await run().then(
    () => null,
    (error: unknown) => ({ error }),
  );
  if (renews && failure !== null) throw failure.error;
  if (renews) {
    mkdirSync(golden, { recursive: true });
    writeFileSync(answersFile, driver.answers.map((answer) => `${JSON.stringify(answer)}\n`).join(""));
    for (const [file, script] of scripts) writeFileSync(join(golden, `${file}.sql`), script);
  }
  for (const [file, script] of scripts) {
    const path = join(golden, `${file}.sql`);
    expect(script, `${path}: SLUICE_RENEW_GOLDEN=1 with SLUICE_TEST_MSSQL writes it anew`).toBe(
      existsSync(path) ? readFileSync(path, "utf8") : "",
    );
  }
  if (failure !== null) throw failure.error;
  // Recorded on a slow server: some 200 statements, each read anew by it. Replayed it takes a second.
}, 600_000);

test("it holds no statement that only some servers have", () => {
  const files = ["initial-load", "complete", "incremental", "block", "rehearsal", "set-hash", "resume"].map((file) =>
    readFileSync(join(golden, `${file}.sql`), "utf8"),
  );
  for (const text of files) {
    expect(text).not.toMatch(/\b(MERGE|CREATE OR ALTER|WAITFOR|STRING_AGG|CONCAT_WS|IS DISTINCT FROM|LIMIT|HOLDLOCK)\b/);
    // A temporary table's text that names no collation would be compared in tempdb's. A mask of 0 and 1 is read by SUBSTRING alone.
    for (const [column] of text.matchAll(/\bCREATE TABLE #[^;]*;/g))
      expect(column.replace("Mask varchar(160)", "")).not.toMatch(/\bn?(?:var)?char\([^)]*\)(?! COLLATE)/);
  }
});

test("a rehearsal asks and writes nothing of the record of jobs, and is undone", () => {
  const script = readFileSync(join(golden, "rehearsal.sql"), "utf8");
  expect(script).not.toMatch(/UJ_|COMMIT|CREATE INDEX/);
  expect(script).toMatch(/ROLLBACK TRANSACTION;\n$/);
});
