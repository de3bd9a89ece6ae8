import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunReport } from "../../src/jobs/index.js";
import type { JobState } from "../../src/model/index.js";
import { onEachDatabase, testTimeoutOn } from "../database.js";
import { type Badge, ChainWorld, type Day, type Person, type System } from "./chain-world.js";

/** Keys that a database, a locale or a trim could take for one another. */
const keys = [
  "K1",
  "K1 ",
  "k1",
  "a",
  "a\t",
  "\u00df",
  "SS",
  "\u00e9",
  "e\u0301",
  "\u0131",
  "I",
  "\uff5e",
  "\u{1f600}",
  "007",
  "7",
  'q"q',
  "x,y",
  "x;y",
] as const;
const texts = [
  "",
  "",
  "Ann",
  "Ann ",
  " Ann",
  "ANN",
  'say "no"',
  "a;b,c",
  "two\nlines",
  "\u001e\u001f",
  "\u00e9",
  "e\u0301",
  "1e5",
  "NULL",
] as const;

const key = fc.constantFrom(...keys);
const text = fc.constantFrom(...texts);
/** A key of somebody who may be there, or nothing. */
const reference = fc.oneof({ weight: 2, arbitrary: fc.constant("") }, { weight: 3, arbitrary: key });

/** What may happen to one entry of a system in a day, and how its system tells it. */
interface Mutation {
  readonly of: "person" | "badge" | "deputy";
  readonly key: string;
  readonly other: string;
  readonly isGone: boolean;
  readonly values: readonly [string, string, string];
  /** How the badge system says it: once, twice over, or as a delete and an insert; whole or as a merge. */
  readonly manner: "whole" | "merge" | "twice" | "anew";
}
const mutation: fc.Arbitrary<Mutation> = fc.record({
  of: fc.constantFrom("person" as const, "badge" as const, "badge" as const, "deputy" as const),
  key,
  other: key,
  isGone: fc.boolean(),
  values: fc.tuple(text, text, reference),
  manner: fc.constantFrom("whole" as const, "merge" as const, "twice" as const, "anew" as const),
});

type Step =
  | { readonly kind: "day"; readonly mutations: readonly Mutation[] }
  | {
      readonly kind: "run";
      readonly system: System;
      readonly mode: "Incremental" | "Complete";
      readonly onBlock: "resume" | "cancel" | "leave";
    }
  | { readonly kind: "kill"; readonly system: System; readonly mode: "Incremental" | "Complete"; readonly event: number }
  /** An instance that died is taken up again, at once or days later. */
  | { readonly kind: "takeUp"; readonly which: number };

const system = fc.constantFrom<System>("HR", "Badges");
const mode = fc.oneof(
  { weight: 4, arbitrary: fc.constant("Incremental" as const) },
  { weight: 1, arbitrary: fc.constant("Complete" as const) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("day" as const), mutations: fc.array(mutation, { minLength: 1, maxLength: 7 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("run" as const),
      system,
      mode,
      onBlock: fc.constantFrom("resume" as const, "cancel" as const, "leave" as const),
    }),
  },
  // A process of its own takes a second.
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("kill" as const), system, mode, event: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("takeUp" as const), which: fc.nat(2) }) },
);

const none: Day = { people: new Map(), badges: new Map(), deputies: new Set() };

const badgeCells = (guid: string, { serial, label, holder, parent }: Badge): string[] => [guid, serial, label, holder, parent];

/** A day goes by: what is there after it, and what the badge system says of it. Serials are unique: one that is taken is left empty. */
const dayAfter = (day: Day, mutations: readonly Mutation[]): { day: Day; commands: { entries: string[][]; deputies: string[][] } } => {
  const people = new Map<string, Person>(day.people);
  const badges = new Map<string, Badge>(day.badges);
  const deputies = new Set(day.deputies);
  const entries: string[][] = [];
  const said: string[][] = [];
  for (const { of, key: id, other, isGone, values, manner } of mutations) {
    const [one, two, three] = values;
    if (of === "person") {
      if (isGone) people.delete(id);
      else people.set(id, { name: one, note: two, manager: three });
    } else if (of === "deputy") {
      const pair = `${id}\0${other}`;
      if (isGone) {
        deputies.delete(pair);
        said.push(["delete", id, other]);
      } else {
        deputies.add(pair);
        said.push([manner === "whole" ? "ADD" : "insert", id, other]);
      }
    } else if (isGone) {
      badges.delete(id);
      entries.push(["Delete", id, "", "", "", ""]);
    } else {
      const isTaken = [...badges].some(([guid, badge]) => guid !== id && badge.serial === other);
      const badge: Badge = { serial: isTaken ? "" : other, label: one, holder: three, parent: three };
      const before = badges.get(id);
      badges.set(id, badge);
      const cells = badgeCells(id, badge);
      // A merge leaves alone what it does not name: it can tell this only where nothing becomes empty, and of a badge's links only under the serial that it keeps.
      const canMerge =
        before === undefined ||
        (before.serial === badge.serial && badgeCells(id, before).every((cell, i) => cell === "" || cells[i] !== ""));
      if (manner === "anew") entries.push(["delete", id, "", "", "", ""], ["insert", ...cells]);
      else if (manner === "twice") entries.push(["update", id, "", "passing", "", ""], ["update", ...cells]);
      else if (manner === "merge" && canMerge) {
        const former = before === undefined ? [] : badgeCells(id, before);
        entries.push(["merge", id, ...cells.slice(1).map((cell, i) => (i > 0 && cell === former[i + 1] ? "" : cell))]);
      } else entries.push([before === undefined ? "add" : "Update", ...cells]);
    }
  }
  return { day: { people, badges, deputies }, commands: { entries, deputies: said } };
};

/** The run ended in one of these states; else what its tasks said is shown. */
const expectState = (report: RunReport, ...states: readonly JobState[]): void => {
  expect(states, report.tasks.map(({ task, error }) => `${task} ${error?.message ?? ""}`).join("\n")).toContain(report.state);
};

/** Lets go of what waits, then runs the incremental job until it went through. */
const catchUp = async (world: ChainWorld, system: System): Promise<void> => {
  const report = await world.run(system, "Incremental");
  expectState(report, "Completed", "Blocked");
  if (report.state !== "Blocked") return;
  expectState(await world.resume(report.jobInstance), "Completed");
};

/** Takes up one of the instances that died: it ends as a run may, or is refused because another run has gone on since. */
const takeUp = async (world: ChainWorld, which: number): Promise<void> => {
  const aborted = await world.aborted();
  const instance = aborted.at(-1 - (which % Math.max(1, aborted.length)));
  if (instance === undefined) return;
  try {
    expectState(await world.resume(instance), "Completed", "Blocked");
  } catch (error) {
    if ((error as { code?: string }).code !== "JOB_OVERTAKEN") throw error;
  }
};

/** A history takes some seconds on a machine that has nothing else to do; on one that has, fewer of them are tried (ms). */
const enoughMs = 90_000;

/** The event of a complete badge job at which its session is ready and its load has not begun: two exports and a prepare, start and end each, and what precedes them. */
const afterPrepare = 8;

onEachDatabase((kind) => {
  describe("the chain (design §7.3, §7.4)", () => {
    test(
      "days of incrementals, with blocks, resumes, cancels, kills and completes among them, end as one complete of the last day",
      async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(mutation, { maxLength: 25 }), fc.array(step, { minLength: 3, maxLength: 14 }), async (first, steps) => {
            let { day } = dayAfter(
              none,
              first.map((each) => ({ ...each, isGone: false })),
            );
            const world = await ChainWorld.open(kind, day);
            try {
              for (const system of ["HR", "Badges"] as const) expectState(await world.run(system, "First"), "Completed");
              for (const each of steps) {
                if (each.kind === "day") {
                  const next = dayAfter(day, each.mutations);
                  day = next.day;
                  world.next(day, next.commands);
                } else if (each.kind === "kill") {
                  world.kill(each.system, each.mode, each.event);
                } else if (each.kind === "takeUp") {
                  await takeUp(world, each.which);
                } else {
                  const report = await world.run(each.system, each.mode);
                  expectState(report, "Completed", "Blocked");
                  if (report.state !== "Blocked" || each.onBlock === "leave") continue;
                  if (each.onBlock === "cancel") await world.cancel(report.jobInstance);
                  else await world.resume(report.jobInstance).catch(() => world.cancel(report.jobInstance));
                }
              }
              for (const instance of await world.blocked()) await world.cancel(instance);
              await catchUp(world, "HR");
              await catchUp(world, "Badges");
              const fresh = await ChainWorld.open(kind, day);
              try {
                for (const system of ["HR", "Badges"] as const) expectState(await fresh.run(system, "First"), "Completed");
                expect(await world.holdings()).toEqual(await fresh.holdings());
              } finally {
                await fresh.close();
              }
            } finally {
              await world.close();
            }
          }),
          { numRuns: kind === "SQLite" ? 20 : 3, interruptAfterTimeLimit: enoughMs },
        );
      },
      testTimeoutOn(kind, 300_000),
    );

    test("a complete run that died before its load keeps no later change waiting", async () => {
      const world = await ChainWorld.open(kind, none);
      for (const system of ["HR", "Badges"] as const) expectState(await world.run(system, "First"), "Completed");
      world.kill("Badges", "Complete", afterPrepare);
      const { day, commands } = dayAfter(none, [
        { of: "deputy", key: "a", other: "b", isGone: false, values: ["", "", ""], manner: "whole" },
      ]);
      world.next(day, commands);
      expectState(await world.run("Badges", "Incremental"), "Completed");
      expect((await world.holdings()).claims).toEqual([`Badge_Deputies: ["a","b"] = null - null`]);
      await world.close();
    });

    test("a lost baseline refuses the next incremental until a complete was applied", async () => {
      const { day } = dayAfter(none, [{ of: "person", key: "a", other: "a", isGone: false, values: ["Ann", "", ""], manner: "whole" }]);
      const world = await ChainWorld.open(kind, day);
      await world.run("HR", "First");
      world.loseBaselines();
      const refused = await world.run("HR", "Incremental");
      expect(refused.tasks.find(({ error }) => error !== null)?.error?.code).toBe("SYNC_COMPLETE_REQUIRED");
      expectState(await world.run("HR", "Complete"), "Completed");
      expectState(await world.run("HR", "Incremental"), "Completed");
      await world.close();
    });
  });
});
