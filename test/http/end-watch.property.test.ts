import fc from "fast-check";
import type { Knex } from "knex";
import { expect, test } from "vitest";
import { EndWatch } from "../../src/http/end-watch.js";
import { lastingDatabase, onEachDatabase, testTimeoutOn } from "../database.js";
import { addInstance } from "../store/maintenance/filled.js";
import { storeOn } from "../store/records/temporary-store.js";

/** What may happen between two looks, to a new instance or to the one that is picked among those there are. */
const steps = fc.array(
  fc.record({
    act: fc.constantFrom("start", "end", "run", "resume", "resumeAndEnd", "cancelRequest", "look"),
    pick: fc.nat(1_000),
    state: fc.constantFrom("Completed", "Errored", "Blocked", "Aborted"),
  }),
  { minLength: 5, maxLength: 40 },
);

interface Known {
  readonly id: number;
  isRunning: boolean;
}

onEachDatabase((kind) => {
  test(
    "are each told of once, however instances start, end and are resumed between two looks",
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(12), steps, async (before, acts) => {
          const database = await lastingDatabase(kind);
          const store = await storeOn(database);
          const { knex } = store;
          let now = Date.parse("2026-11-21T09:00:00Z");
          const later = (): number => {
            now += 1_000;
            return now;
          };
          const tick = (): string => new Date(later()).toISOString();
          const known: Known[] = [];
          const expected: string[] = [];
          let isWatched = false;
          const end = async (instance: Known, state: string): Promise<void> => {
            const at = tick();
            instance.isRunning = false;
            await knex("UJ_JobInstances").where({ Id: instance.id }).update({ State: state, EndDate: at });
            if (isWatched) expected.push(`${instance.id} ${state} ${at}`);
          };
          const start = async (): Promise<Known> => {
            const { instance: id } = await addInstance(knex, tick(), { state: "InProgress" });
            const instance = { id, isRunning: true };
            known.push(instance);
            return instance;
          };
          const resume = async (instance: Known): Promise<void> => {
            await decide(knex, instance.id, "resume", tick());
            instance.isRunning = true;
            await knex("UJ_JobInstances").where({ Id: instance.id }).update({ State: "InProgress" });
          };
          for (let index = 0; index < before; index++) {
            const instance = await start();
            if (index % 4 !== 3) await end(instance, index % 4 === 0 ? "Blocked" : "Errored");
          }
          const watch = new EndWatch(store.service, { now: later });
          const told: string[] = [];
          const look = async (): Promise<void> => {
            const { ends, open } = await watch.look();
            for (const { instance, endedAt } of ends) told.push(`${instance.id} ${instance.state} ${endedAt}`);
            const rows = (await knex("UJ_JobInstances").whereIn("State", ["InProgress", "Blocked"]).orderBy("Id")) as { Id: number }[];
            expect(open.map(({ id }) => Number(id)).sort((a, b) => a - b)).toEqual(rows.map(({ Id }) => Number(Id)));
          };
          await look();
          isWatched = true;
          /** Of one instance a look sees its last end only: those before it, since the last look, are replaced. */
          let sinceLook = expected.length;
          const settle = async (): Promise<void> => {
            await look();
            const fresh = expected.splice(sinceLook);
            const lastOf = new Map(fresh.map((line) => [line.split(" ", 1)[0], line]));
            // One that is running again tells of nothing until it ends.
            expected.push(
              ...[...lastOf.values()].filter((line) => known.find(({ id }) => String(id) === line.split(" ", 1)[0])?.isRunning === false),
            );
            sinceLook = expected.length;
            expect(told.toSorted()).toEqual(expected.toSorted());
          };
          for (const { act, pick, state } of acts) {
            const running = known.filter(({ isRunning }) => isRunning);
            const ended = known.filter(({ isRunning }) => !isRunning);
            const [one, other] = [running[pick % Math.max(1, running.length)], ended[pick % Math.max(1, ended.length)]];
            if (act === "start") await start();
            else if (act === "run") await end(await start(), state);
            else if (act === "end" && one !== undefined) await end(one, state);
            else if (act === "cancelRequest" && one !== undefined) await decide(knex, one.id, "cancel", tick());
            else if (act === "resume" && other !== undefined) await resume(other);
            else if (act === "resumeAndEnd" && other !== undefined) {
              await resume(other);
              await end(other, state);
            } else if (act === "look") await settle();
          }
          await settle();
          await settle();
          await store.close();
          await database.close();
        }),
        { numRuns: kind === "SQLite" ? 20 : 5 },
      );
    },
    testTimeoutOn(kind, 30_000),
  );
});

const decide = async (knex: Knex, instance: number, decision: string, at: string): Promise<void> => {
  await knex("UJ_Decisions").insert({ JobInstance: instance, Decision: decision, TakenBy: "ann", Host: "h", TakenAt: at });
};
