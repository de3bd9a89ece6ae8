import type { Knex } from "knex";
import { expect, test } from "vitest";
import { openEnd } from "../../../src/store/open-end.js";
import { freshDatabase, onEachDatabase } from "../../database.js";
import { addInstance, addLink, addVersions, day, maintenanceOf, numbers, quietly, register, type TestVersion } from "./filled.js";

const ends = async (knex: Knex, table: string): Promise<string[]> =>
  ((await knex(table).select("ValidTo").orderBy("ValidTo")) as { ValidTo: string }[]).map(({ ValidTo }) => ValidTo);

const count = async (knex: Knex, table: string): Promise<number> =>
  Number(((await knex(table).count("* as Count")) as { Count: number }[])[0]?.Count);

/** One resource with a version for each day from 1 to `last`, the last one open. */
const daily = (id: number, last: number, more: Partial<TestVersion> = {}): TestVersion[] =>
  Array.from({ length: last }, (_, index) => ({
    id,
    from: day(index + 1),
    ...(index + 1 < last ? { to: day(index + 2) } : {}),
    slots: { C4: `P${id}`, C5: `day ${index + 1}` },
    ...more,
  }));

onEachDatabase((kind) => {
  test("removes what ended by the moment in batches, and nothing else", async () => {
    const database = await freshDatabase(kind);
    const knex = await database.knex();
    await register(knex);
    await addVersions(knex, [...daily(1, 5), ...daily(2, 4), ...daily(3, 1)]);
    await knex("UR_RetiredKeys").insert({ Type: numbers.Person, Key: "gone", Id: 99 });
    for (const [from, to] of [
      [1, 2],
      [2, 3],
      [3, 4],
    ] as const) {
      await addLink(knex, numbers.members, 7, 1, day(from), day(to));
      await addLink(knex, numbers.members, 7, 2, day(from), day(to));
    }
    await addLink(knex, numbers.members, 7, 1, day(4));
    const maintenance = await maintenanceOf(database);
    const request = { before: day(3), batch: 2, dryRun: false };

    expect(await maintenance.purge({ ...request, dryRun: true }, quietly)).toMatchObject({ versions: 4, links: 4 });
    expect(await count(knex, "UR_Resources")).toBe(10);
    const steps: string[] = [];
    const done = await maintenance.purge(request, { ...quietly, onProgress: ({ step, rows }) => steps.push(`${step} ${rows}`) });
    expect(done).toMatchObject({ versions: 4, links: 4 });
    expect(steps).toEqual(expect.arrayContaining(["removing former versions 2", "removing former versions 4", "removing former links 2"]));
    expect(await ends(knex, "UR_Resources")).toEqual([day(4), day(4), day(5), openEnd, openEnd, openEnd]);
    expect(await ends(knex, "UR_ResourceLinks")).toEqual([day(4), day(4), openEnd]);
    expect(await count(knex, "UR_RetiredKeys")).toBe(1);
    expect(await maintenance.purge(request, quietly)).toMatchObject({ versions: 0, links: 0 });
    expect(await maintenance.purge({ ...request, before: "9999-12-31T23:59:59.999Z" }, quietly)).toMatchObject({ versions: 3, links: 2 });
    expect(await ends(knex, "UR_Resources")).toEqual([openEnd, openEnd, openEnd]);
  });

  test("a stop between two batches leaves what was removed, and the next run goes on", async () => {
    const database = await freshDatabase(kind);
    const knex = await database.knex();
    await register(knex);
    await addVersions(knex, daily(1, 7));
    const maintenance = await maintenanceOf(database);
    const stop = new AbortController();
    const onProgress = ({ rows }: { rows: number }): void => {
      if (rows >= 2) stop.abort();
    };
    const request = { before: day(30), batch: 2, dryRun: false };
    await expect(maintenance.purge(request, { signal: stop.signal, onProgress })).rejects.toMatchObject({ code: "DB_MAINTENANCE_STOPPED" });
    const left = await count(knex, "UR_Resources");
    expect(left).toBeLessThan(7);
    expect(left).toBeGreaterThan(1);
    expect(await maintenance.purge(request, quietly)).toMatchObject({ versions: left - 1 });
  });

  test("keeps instances that something left names, that may go on, or that are their job's last", async () => {
    const database = await freshDatabase(kind);
    const knex = await database.knex();
    await register(knex);
    const unnamed = await addInstance(knex, day(1));
    const opened = await addInstance(knex, day(1));
    const closed = await addInstance(knex, day(1));
    const onlyOld = await addInstance(knex, day(1));
    const blocked = await addInstance(knex, day(1), { state: "Aborted", taskState: "Blocked" });
    const staged = await addInstance(knex, day(1), { state: "Cancelled" });
    const head = await addInstance(knex, day(1));
    const running = await addInstance(knex, day(1), { state: "InProgress", taskState: "InProgress" });
    const locked = await addInstance(knex, day(1));
    const late = await addInstance(knex, day(20));
    const other = await addInstance(knex, day(1), { job: "Other" });
    await knex("UJ_Decisions").insert({ JobInstance: unnamed.instance, Decision: "force", TakenBy: "ann", Host: "h", TakenAt: day(1) });
    await knex("UJ_Locks").insert({
      Name: "instance:9",
      JobInstance: locked.instance,
      Host: "h",
      Pid: 1,
      ProcessStart: "1",
      Fence: 1,
      AcquiredAt: day(1),
    });
    await knex("UM_ConnectorHeads").insert({ Connector: "HR", Session: "s", AppliedAt: day(1), TaskInstance: head.task, MappingHash: "m" });
    await knex("UR_ResourceLinkChanges").insert({
      TaskInstance: staged.task,
      State: "applied",
      Command: "insert",
      Mapping: 1,
      R1_Id: 1,
      R2_Id: 1,
      Key1: "a",
      Key2: "b",
    });
    await addVersions(knex, [
      { id: 1, from: day(1), to: day(2), by: onlyOld.task, closedBy: onlyOld.task },
      { id: 1, from: day(2), to: day(12), by: opened.task, closedBy: closed.task },
      { id: 1, from: day(12) },
    ]);
    const maintenance = await maintenanceOf(database);
    const request = { before: day(10), batch: 1, dryRun: false };
    const counts = { versions: 1, jobInstances: 2, taskInstances: 2 };
    expect(await maintenance.purge({ ...request, dryRun: true }, quietly)).toMatchObject(counts);
    expect(await maintenance.purge(request, quietly)).toMatchObject(counts);
    const left = ((await knex("UJ_JobInstances").select("Id").orderBy("Id")) as { Id: number }[]).map(({ Id }) => Number(Id));
    expect(left).toEqual([opened, closed, blocked, staged, head, running, locked, late, other].map(({ instance }) => instance));
    expect(await count(knex, "UJ_Decisions")).toBe(0);
  });

  test("removes old sessions whose tasks are gone, but for the last thirty of a connector", async () => {
    const database = await freshDatabase(kind);
    const knex = await database.knex();
    const { task } = await addInstance(knex, day(20));
    for (let sequence = 1; sequence <= 34; sequence++) {
      await knex("UJ_SynchronizationSessions").insert({
        Guid: `g${sequence}`,
        Sequence: sequence,
        Connector: "HR",
        Mode: "Complete",
        Type: "None",
        State: "applied",
        PrepareTask: sequence === 2 ? task : 4711,
        MappingHash: "m",
        CreatedAt: day(1),
        ChangedAt: day(1),
      });
    }
    await knex("UM_ConnectorHeads").insert({ Connector: "HR", Session: "g3", AppliedAt: day(1), TaskInstance: task, MappingHash: "m" });
    const maintenance = await maintenanceOf(database);
    const request = { before: day(10), batch: 10, dryRun: false };
    expect(await maintenance.purge({ ...request, dryRun: true }, quietly)).toMatchObject({ sessions: 2 });
    expect(await maintenance.purge(request, quietly)).toMatchObject({ sessions: 2 });
    expect(await count(knex, "UJ_SynchronizationSessions")).toBe(32);
    expect(await knex("UJ_SynchronizationSessions").whereIn("Guid", ["g1", "g4"]).select("Guid")).toEqual([]);
  });

  test("optimizes: one version an interval, the newest data with the oldest start, the open row untouched", async () => {
    const database = await freshDatabase(kind);
    const knex = await database.knex();
    await register(knex);
    await addVersions(knex, [...daily(1, 7), ...daily(2, 2)]);
    const maintenance = await maintenanceOf(database);
    // Two intervals of three days back from the 7th; the version that ended on the 1st and before would be older.
    const by = { kind: "intervals", stretches: [{ minutes: 3 * 1440, count: 2 }], now: Date.parse(day(7)) } as const;
    const versions = async (): Promise<unknown[]> =>
      knex("UR_Resources").select("ValidFrom", "ValidTo", "C5").where({ Id: 1 }).orderBy("ValidTo");
    const before = await versions();
    expect(await maintenance.optimize({ by, batch: 1, dryRun: true }, quietly)).toEqual({ merged: 4 });
    expect(await versions()).toEqual(before);
    expect(await maintenance.optimize({ by, batch: 1, dryRun: false }, quietly)).toEqual({ merged: 4 });
    expect(await versions()).toEqual([
      { ValidFrom: day(1), ValidTo: day(4), C5: "day 3" },
      { ValidFrom: day(4), ValidTo: day(7), C5: "day 6" },
      { ValidFrom: day(7), ValidTo: openEnd, C5: "day 7" },
    ]);
    expect(await maintenance.optimize({ by, batch: 1, dryRun: false }, quietly)).toEqual({ merged: 0 });
  });

  test("joins neighbouring versions that say the same, compared exactly", async () => {
    const database = await freshDatabase(kind);
    const knex = await database.knex();
    await register(knex);
    const said = ["a", "a", "a ", "A", "A", "A"];
    await addVersions(
      knex,
      said.map((C5, index) => ({
        id: 1,
        from: day(index + 1),
        ...(index < said.length - 1 ? { to: day(index + 2) } : {}),
        slots: { C4: "P1", C5 },
      })),
    );
    const maintenance = await maintenanceOf(database);
    expect(await maintenance.optimize({ by: { kind: "duplicates" }, batch: 100, dryRun: false }, quietly)).toEqual({ merged: 2 });
    expect(await knex("UR_Resources").select("ValidFrom", "ValidTo", "C5").orderBy("ValidTo")).toEqual([
      { ValidFrom: day(1), ValidTo: day(3), C5: "a" },
      { ValidFrom: day(3), ValidTo: day(4), C5: "a " },
      { ValidFrom: day(4), ValidTo: day(6), C5: "A" },
      { ValidFrom: day(6), ValidTo: openEnd, C5: "A" },
    ]);
  });

  test("removes staged rows that nobody waits for, and no others", async () => {
    const database = await freshDatabase(kind);
    const knex = await database.knex();
    const blocked = await addInstance(knex, day(1), { state: "Blocked", taskState: "Blocked" });
    const cancelled = await addInstance(knex, day(1), { state: "Cancelled", taskState: "Cancelled" });
    const row = (TaskInstance: number, State: string, ResourceId: number): object => ({
      TaskInstance,
      State,
      Command: "insert",
      Type: 1,
      Key: "k",
      ResourceId,
      Changes: "{}",
    });
    for (const each of [
      row(blocked.task, "staged", 1),
      row(cancelled.task, "staged", 2),
      row(cancelled.task, "applied", 3),
      row(4711, "staged", 4),
    ]) {
      await knex("UR_ResourceChanges").insert(each);
    }
    const maintenance = await maintenanceOf(database);
    expect(await maintenance.removeLeftovers(quietly)).toBe(2);
    const left = (await knex("UR_ResourceChanges").select("ResourceId").orderBy("ResourceId")) as { ResourceId: number }[];
    expect(left.map(({ ResourceId }) => Number(ResourceId))).toEqual([1, 3]);
  });
});
