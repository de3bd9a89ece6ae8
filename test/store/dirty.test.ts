import type { Knex } from "knex";
import { expect, test } from "vitest";
import type { FencedTask, Store } from "../../src/store/index.js";
import { openEnd } from "../../src/store/open-end.js";
import { onEachDatabase } from "../database.js";
import { freshStore, runningTask } from "./records/temporary-store.js";

const options = { signal: new AbortController().signal, onProgress: () => undefined };
const day = (number: number): string => `2026-11-${String(number).padStart(2, "0")}T00:00:00.000Z`;

/** A version of a resource; open where no end is given. */
const version = (knex: Knex, id: number, from: string, to = openEnd, dirty = 0): Promise<unknown> =>
  knex("UR_Resources").insert({ Id: id, Type: 1, ValidFrom: from, ValidTo: to, Dirty: dirty, C4: `K${id}` });

const resourceChange = (knex: Knex, id: number, more: Readonly<Record<string, unknown>> = {}): Promise<unknown> =>
  knex("UR_ResourceChanges").insert({
    TaskInstance: 1,
    State: "applied",
    Command: "update",
    Type: 1,
    Key: `K${id}`,
    ResourceId: id,
    Changes: "{}",
    ...more,
  });
const linkChange = (knex: Knex, one: number, two: number, state = "applied"): Promise<unknown> =>
  knex("UR_ResourceLinkChanges").insert({
    TaskInstance: 1,
    State: state,
    Command: "insert",
    Mapping: 1,
    R1_Id: one,
    R2_Id: two,
    Key1: "a",
    Key2: "b",
  });
const claimChange = (knex: Knex, sides: Readonly<Record<string, number>>, state = "applied"): Promise<unknown> =>
  knex("UR_LinkKeyChanges").insert({ TaskInstance: 1, State: state, Command: "resolve", Mapping: 1, Key1: "a", Key2: "b", ...sides });

/** Id, start of the version, number. */
const versions = async (knex: Knex): Promise<readonly (readonly [number, string, number])[]> =>
  ((await knex("UR_Resources").orderBy(["Id", "ValidTo"]).select("Id", "ValidFrom", "Dirty")) as Record<string, unknown>[]).map(
    ({ Id, ValidFrom, Dirty }) => [Number(Id), String(ValidFrom), Number(Dirty)] as const,
  );
const changesLeft = async (knex: Knex): Promise<readonly number[]> =>
  Promise.all(
    ["UR_ResourceChanges", "UR_ResourceLinkChanges", "UR_LinkKeyChanges"].map(async (table) =>
      Number(((await knex(table).count("* as Count").first()) as { Count: number }).Count),
    ),
  );

onEachDatabase((kind) => {
  const given = async (): Promise<{ store: Store; knex: Knex; task: FencedTask }> => {
    const store = await freshStore(kind);
    const { task } = await runningTask(store, "Job");
    return { store, knex: store.knex, task };
  };

  test("what applied changes name gets one number: current versions, both sides of links, the last version of what closed", async () => {
    const { store, knex, task } = await given();
    await version(knex, 1, day(1), day(2));
    await version(knex, 1, day(2));
    await version(knex, 2, day(1));
    await version(knex, 3, day(1));
    await version(knex, 4, day(1));
    await version(knex, 5, day(1), day(2));
    await version(knex, 5, day(3), day(4), 7);
    await version(knex, 6, day(1));
    await version(knex, 7, day(1), openEnd, 5);
    await resourceChange(knex, 1);
    await resourceChange(knex, 5, { Command: "delete" });
    await linkChange(knex, 1, 2);
    await claimChange(knex, { R1_Before: 3, R2_After: 4 });
    // Another task staged these, and waits for a decision.
    await resourceChange(knex, 6, { TaskInstance: 2, State: "staged" });
    await linkChange(knex, 6, 7, "staged");

    expect(await store.dirty.flag(task, options)).toEqual({ flagged: 5, changes: 3 });
    expect(await versions(knex)).toEqual([
      [1, day(1), 0],
      [1, day(2), 1],
      [2, day(1), 1],
      [3, day(1), 1],
      [4, day(1), 1],
      [5, day(1), 0],
      [5, day(3), 1],
      [6, day(1), 0],
      [7, day(1), 5],
    ]);
    expect(await changesLeft(knex)).toEqual([1, 1, 0]);

    // Nothing left: no number is used up.
    expect(await store.dirty.flag(task, options)).toEqual({ flagged: 0, changes: 0 });
    await resourceChange(knex, 2);
    expect(await store.dirty.flag(task, options)).toEqual({ flagged: 1, changes: 1 });
    expect((await versions(knex)).find(([id]) => id === 2)).toEqual([2, day(1), 2]);
  });

  test("many changes go by in stretches, in one transaction: stopped, none is flagged", async () => {
    const { store, knex, task } = await given();
    await version(knex, 1, day(1));
    await version(knex, 2, day(1));
    await resourceChange(knex, 1);
    // As a load of many rows that were consumed meanwhile: the second change stands in another stretch.
    const [{ Id } = { Id: 0 }] = (await knex("UR_ResourceChanges").select("Id")) as { Id: number }[];
    await resourceChange(knex, 2);
    if (kind === "SQLite")
      await knex("UR_ResourceChanges")
        .where({ ResourceId: 2 })
        .update({ Id: Id + 120_000 });
    const stop = new AbortController();
    let looks = 0;
    const onProgress = (): void => {
      if (++looks === 1) stop.abort(new Error("stopped"));
    };
    if (kind === "SQLite") {
      await expect(store.dirty.flag(task, { signal: stop.signal, onProgress })).rejects.toThrow("stopped");
      expect((await versions(knex)).map(([, , dirty]) => dirty)).toEqual([0, 0]);
      expect(await changesLeft(knex)).toEqual([2, 0, 0]);
    }
    expect(await store.dirty.flag(task, options)).toEqual({ flagged: 2, changes: 2 });
    expect((await versions(knex)).map(([, , dirty]) => dirty)).toEqual([1, 1]);
  });

  test("a task that was taken or has ended flags nothing", async () => {
    const { store, knex, task } = await given();
    await version(knex, 1, day(1));
    await resourceChange(knex, 1);
    await expect(store.dirty.flag({ ...task, fence: task.fence + 1 }, options)).rejects.toMatchObject({ code: "JOB_FENCED" });
    await expect(store.dirty.resetValidFrom({ ...task, fence: task.fence + 1 }, options)).rejects.toMatchObject({ code: "JOB_FENCED" });
    expect(await versions(knex)).toEqual([[1, day(1), 0]]);
    expect(await changesLeft(knex)).toEqual([1, 0, 0]);
  });

  test("first versions begin on the first day; staged rows that were compared with them follow, others do not", async () => {
    const { store, knex, task } = await given();
    const firstDay = "0001-01-01T00:00:00.000Z";
    await version(knex, 1, day(1));
    await version(knex, 2, day(1), day(2));
    await version(knex, 2, day(2));
    await version(knex, 3, day(1), day(2));
    await version(knex, 4, day(3));
    await resourceChange(knex, 1, { State: "staged", Version: day(1) });
    await resourceChange(knex, 2, { State: "staged", Version: day(2) });
    // What it was compared with is no more: a conflict, and it stays one.
    await resourceChange(knex, 4, { State: "staged", Version: day(1) });
    await resourceChange(knex, 9, { State: "staged", Command: "insert" });

    expect(await store.dirty.resetValidFrom(task, options)).toBe(4);
    expect((await versions(knex)).map(([id, from]) => [id, from])).toEqual([
      [1, firstDay],
      [2, firstDay],
      [2, day(2)],
      [3, firstDay],
      [4, firstDay],
    ]);
    const staged = (await knex("UR_ResourceChanges").orderBy("ResourceId").select("Version")) as { Version: string | null }[];
    expect(staged.map(({ Version }) => Version)).toEqual([firstDay, day(2), day(1), null]);
    expect(await store.dirty.resetValidFrom(task, options)).toBe(0);
  });
});
