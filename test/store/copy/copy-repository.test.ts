import type { Knex } from "knex";
import { describe, expect, test } from "vitest";
import { isoTime, slotOf } from "../../../src/model/index.js";
import { type CopyRequest, copyRepository } from "../../../src/store/copy/index.js";
import { openEnd } from "../../../src/store/open-end.js";
import { thisProcess } from "../../../src/store/records/index.js";
import { openConnection } from "../../../src/store/sqlite/connection.js";
import { isBusy } from "../../../src/store/sqlite/failure.js";
import { freshDatabase, type TestDatabase, testServer } from "../../database.js";

/** Making a database on the server takes a second or two. */
const timeout = 120_000;

/** Texts that one database or the other might hold for equal, cut, pad or turn into something else. */
const nasty = [
  "K1",
  "K1 ",
  "K1  ",
  " K1",
  "a",
  "a\t",
  "A",
  "á",
  "a\u0301",
  "ß",
  "SS",
  "ı",
  "I",
  "\uff5e",
  "\u{1f600}",
  "'",
  '"',
  "]",
  "%",
  "_",
  "null",
  "\r\n",
  "\u00a0",
  "x".repeat(442),
  "\u{1f600}".repeat(221),
];
const time = (n: number): string => isoTime({ now: () => Date.parse("2026-11-01T00:00:00Z") + n });

/** Rows in every table, as no single run would leave them. */
const fill = async (knex: Knex): Promise<void> => {
  await knex("UM_EntityTypes").insert([
    { Id: 1, Identifier: "Person", MappingKey: "PersonId" },
    { Id: 7, Identifier: "Team", MappingKey: null },
  ]);
  await knex("UM_Properties").insert({ EntityType: 7, Identifier: "TeamId", Slot: "C4", Type: "String" });
  await knex("UM_Mappings").insert({ Id: 3, Association: "Team_Members", Connector: "HR" });
  for (const [Name, Value] of [
    ["resource", 4711],
    ["session", 12],
    ["fence", 99],
    ["dirty", 5],
    ["writer", 8],
  ] as const) {
    await knex("UM_Sequences").where({ Name }).delete();
    await knex("UM_Sequences").insert({ Name, Value });
  }
  await knex("UM_Clock").insert({ Id: 1, Now: time(5) });
  await knex("UM_DirtyMarks").insert({ TaskType: "ComputeRoleModel", EntityType: 1, Mark: 4 });
  await knex("UM_ConnectorHeads").insert({ Connector: "HR", Session: "0b9f", AppliedAt: time(1), TaskInstance: 2, MappingHash: "ab" });
  for (const [index, key] of nasty.entries()) {
    const key4 = slotOf(4);
    const row = {
      Id: index + 1,
      Type: 1,
      ValidFrom: time(1),
      ValidTo: openEnd,
      Dirty: 0,
      ChangedBy: 1,
      ClosedBy: null,
      [key4]: key,
      [slotOf(127)]: key,
      [slotOf(128)]: index + 2 ** 40,
    };
    await knex("UR_Resources").insert(row);
    await knex("UR_Resources").insert({ ...row, ValidTo: time(1), C0: `${key}${"y".repeat(3000)}`, ClosedBy: 2, Dirty: 3 });
    await knex("UR_RetiredKeys").insert({ Type: 7, Key: key, Id: index + 500 });
    await knex("UR_LinkKeys").insert({
      Mapping: 3,
      Key1: key,
      Key2: "K1 ",
      R1_Id: index % 2 === 0 ? null : index,
      R2_Id: null,
      Reason: index % 2 === 0 ? "missing" : null,
    });
  }
  await knex("UR_ResourceLinks").insert({
    Mapping: 3,
    R1_Id: 1,
    R2_Id: 2,
    ValidFrom: time(1),
    ValidTo: openEnd,
    ChangedBy: 1,
    ClosedBy: null,
  });
  await knex("UJ_JobInstances").insert({
    Id: 4,
    Job: "Job_HR",
    State: "Blocked",
    StartDate: time(0),
    EndDate: time(9),
    Trigger: "CommandLine",
    StartedBy: "ann",
    Host: "h",
    Pid: 1,
    ProcessStart: "x/1",
    Fence: 98,
    ConfigurationHash: "c",
    PlanHash: "p",
    Plan: JSON.stringify({ long: "ü\u{1f600} ".repeat(20_000) }),
    Reason: "",
  });
  await knex("UJ_TaskInstances").insert({
    Id: 40,
    JobInstance: 4,
    TaskKey: "k",
    Task: "HR_Synchronize",
    Type: "SynchronizeTask",
    Level: 2,
    Position: 1,
    State: "Blocked",
    Connector: "HR",
  });
  await knex("UJ_Decisions").insert({
    JobInstance: 4,
    Decision: "force",
    TakenBy: "ann",
    Host: "h",
    TakenAt: time(3),
    Reason: "because ",
    SetHash: "ff",
  });
  await knex("UJ_SynchronizationSessions").insert({
    Guid: "0b9f",
    Sequence: 12,
    Connector: "HR",
    Mode: "Complete",
    Type: "Complete",
    State: "blocked",
    MappingHash: "ab",
    CreatedAt: time(0),
    ChangedAt: time(1),
  });
  await knex("UR_ResourceChanges").insert(
    [2, 3].map((ResourceId) => ({
      TaskInstance: 40,
      State: "staged",
      Command: "update",
      Type: 1,
      Key: "K1 ",
      ResourceId,
      Version: time(1),
      Changes: '{"C5":["a","a "]}',
      CausedBy: null,
    })),
  );
  // The highest number that the table ever gave is 2: its row is gone, the number must not come back.
  await knex("UR_ResourceChanges").where({ Id: 2 }).delete();
  await knex("UR_ResourceLinkChanges").insert({
    TaskInstance: 40,
    State: "staged",
    Command: "insert",
    Mapping: 3,
    R1_Id: 1,
    R2_Id: 2,
    Key1: "K1",
    Key2: "K1 ",
    CausedBy: null,
  });
  await knex("UR_LinkKeyChanges").insert({ TaskInstance: 40, State: "staged", Command: "add", Mapping: 3, Key1: "K1", Key2: "K1 " });
  await knex("UR_LinkKeyChanges").delete();
  await knex.raw(`CREATE UNIQUE INDEX UX_UR_Resources_1_C4 ON UR_Resources (C4) WHERE Type = 1 AND ValidTo = '${openEnd}'`);
};

/** All rows of a table as JSON, in an order of their own. */
const rowsOf = async (knex: Knex, table: string): Promise<string[]> =>
  ((await knex(table).select()) as Record<string, unknown>[])
    .filter((row) => row.Name !== "writer")
    .map((row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))))
    .sort();

const tables = [
  "UM_EntityTypes",
  "UM_Properties",
  "UM_Mappings",
  "UM_Sequences",
  "UM_Clock",
  "UM_DirtyMarks",
  "UM_ConnectorHeads",
  "UR_Resources",
  "UR_RetiredKeys",
  "UR_LinkKeys",
  "UR_ResourceLinks",
  "UJ_JobInstances",
  "UJ_TaskInstances",
  "UJ_Decisions",
  "UJ_SynchronizationSessions",
  "UR_ResourceChanges",
  "UR_ResourceLinkChanges",
  "UR_LinkKeyChanges",
  "UJ_Locks",
];

interface Pair {
  readonly source: TestDatabase;
  readonly target: TestDatabase;
  copy(options?: Partial<CopyRequest>): ReturnType<typeof copyRepository>;
}

const pair = async (): Promise<Pair> => {
  const source = await freshDatabase("SQLite");
  const knex = await source.knex();
  await fill(knex);
  const target = await freshDatabase("SQL Server");
  return {
    source,
    target,
    copy: (options = {}) => copyRepository({ from: source.setting, to: target.setting, isDryRun: false, ...options }),
  };
};

const isEmpty = async ({ target }: Pair): Promise<boolean> => {
  const knex = await target.knex();
  for (const table of tables) if (!/UM_(Sequences|Clock)/.test(table) && (await knex(table).first()) !== undefined) return false;
  return true;
};

describe.skipIf(testServer === null)("copyRepository", () => {
  test("carries every row of every table exactly, and makes the indexes", { timeout }, async () => {
    const { source, target, copy } = await pair();
    const report = await copy();
    const [from, to] = [await source.knex(), await target.knex()];
    for (const table of tables) expect([table, await rowsOf(to, table)]).toEqual([table, await rowsOf(from, table)]);
    expect(new Set(report.tables.map(({ table }) => table))).toEqual(new Set(tables));
    expect(report.rows).toBe(report.tables.reduce((sum, { rows }) => sum + rows, 0));
    const indexes = (await to.raw("SELECT name AS Name FROM sys.indexes WHERE name LIKE '%UR_Resources_1_C4%'")) as unknown[];
    expect(indexes.length).toBe(1);
    expect(report.indexes).toBe(1);
  });

  test("goes on with the numbers of the source, also of rows that are gone", { timeout }, async () => {
    const { target, copy } = await pair();
    await copy();
    const to = await target.knex();
    const next = async (table: string, row: object): Promise<number> => {
      await to(table).insert(row);
      const made = (await to(table).max("Id as Id").first()) as { Id: number };
      return Number(made.Id);
    };
    expect(await next("UM_EntityTypes", { Identifier: "New" })).toBe(8);
    expect(await next("UJ_Decisions", { JobInstance: 4, Decision: "x", TakenBy: "x", Host: "x", TakenAt: time(1) })).toBe(2);
    const change = { TaskInstance: 41, State: "staged", Command: "insert", Type: 1, Key: "k", ResourceId: 9, Changes: "{}" };
    expect(await next("UR_ResourceChanges", change)).toBeGreaterThan(2);
    const link = { TaskInstance: 41, State: "staged", Command: "add", Mapping: 3, Key1: "k", Key2: "k" };
    expect(await next("UR_LinkKeyChanges", link)).toBeGreaterThan(1);
    const sequences = (await to("UM_Sequences").whereIn("Name", ["fence", "resource"]).orderBy("Name")) as { Value: unknown }[];
    expect(sequences.map(({ Value }) => Number(Value))).toEqual([99, 4711]);
  });

  test("tells what it does, and with isDryRun reads all and writes nothing", { timeout }, async () => {
    const made = await pair();
    const seen: string[] = [];
    const dry = await made.copy({ isDryRun: true, onProgress: ({ step, table }) => seen.push(`${step} ${table}`) });
    expect(seen).toContain("reading UR_Resources");
    expect(await isEmpty(made)).toBe(true);
    const real = await made.copy({ onProgress: ({ step, table }) => seen.push(`${step} ${table}`) });
    expect(real).toEqual(dry);
    for (const step of ["copying UR_Resources", "indexing null", "verifying UR_Resources"]) expect(seen).toContain(step);
  });

  test("refuses a target that holds rows, the second time its own", { timeout }, async () => {
    const { copy } = await pair();
    await copy();
    await expect(copy()).rejects.toMatchObject({ code: "DB_COPY_NOT_EMPTY" });
    await expect(copy({ isDryRun: true })).rejects.toMatchObject({ code: "DB_COPY_NOT_EMPTY" });
  });

  test("refuses a value that the server would cut, and leaves nothing; what comes after goes as if nothing had been", {
    timeout,
  }, async () => {
    const made = await pair();
    const knex = await made.source.knex();
    await knex("UR_Resources")
      .where({ Id: 20 })
      .update({ C4: "\u{1f600}".repeat(222) });
    for (const isDryRun of [true, false]) {
      await expect(made.copy({ isDryRun })).rejects.toMatchObject({
        code: "DB_COPY_VALUE",
        message: expect.stringMatching(/^a value of UR_Resources\.C4 \(Id 20, Type 1\).*444 characters/),
      });
    }
    expect(await isEmpty(made)).toBe(true);
    await knex("UR_Resources").where({ Id: 20 }).update({ C4: "fits" });
    expect((await made.copy()).rows).toBeGreaterThan(50);
  });

  test("leaves nothing when it is stopped", { timeout }, async () => {
    const made = await pair();
    const stop = new AbortController();
    const copying = made.copy({
      signal: stop.signal,
      onProgress: ({ step, table }) => {
        if (step === "copying" && table === "UR_ResourceLinks") stop.abort();
      },
    });
    await expect(copying).rejects.toMatchObject({ code: "DB_COPY_STOPPED" });
    expect(await isEmpty(made)).toBe(true);
  });

  test("finds by counts and checksums what is not as it was sent, and takes the copy back", { timeout }, async () => {
    const made = await pair();
    const to = await made.target.knex();
    // A trigger stands for whatever might change a value on its way.
    await to.raw("CREATE TRIGGER Meddle ON UJ_TaskInstances AFTER INSERT AS UPDATE UJ_TaskInstances SET Task = Task + ' '");
    try {
      await expect(made.copy()).rejects.toMatchObject({ code: "DB_COPY_DIFFERS", message: expect.stringContaining("UJ_TaskInstances") });
      expect(await isEmpty(made)).toBe(true);
    } finally {
      await to.raw("DROP TRIGGER Meddle");
    }
  });

  test("refuses while an instance runs; one whose runner died ends first", { timeout }, async () => {
    const { source, copy } = await pair();
    const knex = await source.knex();
    await knex("UJ_JobInstances")
      .where({ Id: 4 })
      .update({ State: "InProgress", Host: thisProcess().host, Pid: thisProcess().pid, ProcessStart: thisProcess().processStart });
    await expect(copy()).rejects.toMatchObject({ code: "DB_COPY_RUNNING", exit: 75 });
    await knex("UJ_JobInstances")
      .where({ Id: 4 })
      .update({ ProcessStart: `${thisProcess().processStart}0` });
    await copy();
    expect(await knex("UJ_JobInstances").where({ Id: 4 }).first("State")).toEqual({ State: "Aborted" });
  });

  test("holds the source: what writes to it meanwhile waits", { timeout }, async () => {
    const made = await pair();
    const { copy } = made;
    const source = made.source.setting;
    if (source.kind !== "sqlite") throw new Error("the source is embedded");
    const answers: unknown[] = [];
    await copy({
      onProgress: ({ step }) => {
        if (step !== "verifying" || answers.length > 0) return;
        const other = openConnection(source.path, { busyTimeoutMs: 0 });
        try {
          other.exec("BEGIN IMMEDIATE");
          answers.push("not held");
        } catch (error) {
          answers.push(isBusy(error));
        } finally {
          other.close();
        }
      },
    });
    expect(answers).toEqual([true]);
  });

  test("of a target that was not migrated says so", { timeout }, async () => {
    const { target, copy } = await pair();
    await (await target.knex()).raw("DELETE FROM UM_Migrations");
    await expect(copy()).rejects.toMatchObject({ code: expect.stringMatching(/^DB_SCHEMA_(OLDER|MISSING)$/) });
  });
});

describe("copyRepository without a server", () => {
  test("refuses other directions and a source that is not there, by name", async () => {
    const source = await freshDatabase("SQLite");
    const server = { kind: "mssql", connectionString: "Server=s;Database=d;User Id=u;Password=p" } as const;
    await expect(copyRepository({ from: source.setting, to: source.setting, isDryRun: false })).rejects.toMatchObject({
      code: "DB_COPY_DIRECTION",
    });
    await expect(copyRepository({ from: server, to: source.setting, isDryRun: false })).rejects.toMatchObject({
      code: "DB_COPY_DIRECTION",
    });
    await expect(copyRepository({ from: { kind: "sqlite", path: "/none/x.db" }, to: server, isDryRun: false })).rejects.toMatchObject({
      code: "DB_COPY_NO_SOURCE",
    });
  });
});
