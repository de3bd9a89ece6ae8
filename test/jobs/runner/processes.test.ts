import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { type RunRequest, reportOf, runJob } from "../../../src/jobs/index.js";
import { leaseMs, openStore, type Store } from "../../../src/store/index.js";
import { freshDatabase, onEachDatabase } from "../../database.js";
import { ChildRun } from "./child-run.js";
import { handDriven } from "./hand-driven-tasks.js";
import { sampleConfiguration, sampleJob } from "./sample-configuration.js";

/** Starts a program in a process table of its own, as a container does; without `--mount-proc` it sees another's /proc, in which its pid is not its own. */
const container = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"];
const withForeignProc = container.slice(0, -1);
const canContain = process.platform === "linux" && spawnSync(container[0] ?? "", [...container.slice(1), "true"]).status === 0;

const jobs = [
  sampleJob("Job", [
    { id: "Export", type: "ExportTask", connector: "A", level: 0 },
    { id: "Load", connector: "A", level: 1, parents: ["Export"] },
  ]),
];

onEachDatabase((kind) => {
  const prepare = async () => {
    const { setting } = await freshDatabase(kind);
    const configuration = sampleConfiguration({ jobs });
    const store = await openStore(setting);
    const place = { workspace: configuration.workspace, database: setting };
    const request: RunRequest = { configuration, store, startedBy: "bob", what: { job: "Job" }, registry: handDriven({}).registry };
    return { configuration, store, setting, place, request };
  };

  test("of processes that start one job at one moment exactly one runs it, time and again", async () => {
    const { store, place } = await prepare();
    try {
      const children = Array.from({ length: 4 }, () => new ChildRun(place));
      for (const child of children) expect(await child.next()).toBe("ready");
      const rounds = kind === "SQLite" ? 6 : 3;
      for (let round = 1; round <= rounds; round++) {
        for (const child of children) child.say("run");
        const said = await Promise.all(children.map((child) => child.next()));
        expect([...said].sort()).toEqual(["at work", "refused LOCK_JOB_HELD", "refused LOCK_JOB_HELD", "refused LOCK_JOB_HELD"]);
        const winner = children[said.indexOf("at work")];
        winner?.say("end");
        expect(await winner?.next()).toBe("ended Completed");
      }
      expect((await store.records.list()).map(({ state }) => state)).toEqual(Array.from({ length: rounds }, () => "Completed"));
      expect(await store.locks.all()).toEqual([]);
    } finally {
      await store.close();
    }
  });

  test("a process killed at work is found dead by its pid, at once, and running the job again ends as an undisturbed run", async () => {
    const { store, place, request } = await prepare();
    try {
      const child = await atWork(new ChildRun(place));
      await expect(runJob(request)).rejects.toMatchObject({
        code: "LOCK_JOB_HELD",
        message: expect.stringContaining(`process ${child.pid}`),
      });
      await child.kill();
      expect(await runJob(request)).toMatchObject({ jobInstance: 2, state: "Completed" });
      const killed = await reportOf(store, 1);
      expect([killed.state, killed.tasks.map(({ state }) => state)]).toEqual(["Aborted", ["Completed", "Aborted"]]);
      const { message, runner } = (await store.records.find(1)) ?? {};
      expect(message).toBe(`its runner (process ${child.pid} on ${runner?.host}) is gone`);
    } finally {
      await store.close();
    }
  });

  test.skipIf(process.platform === "win32")(
    "a process that was taken for dead while it slept stops when it wakes, and writes nothing",
    async () => {
      const { store, place, request } = await prepare();
      try {
        const child = await atWork(new ChildRun(place));
        child.signal("SIGSTOP");
        // Seen from a process that cannot see it, a lease later.
        await disown(store);
        expect(await runJob(request)).toMatchObject({ jobInstance: 2, state: "Completed" });
        const before = await reportOf(store, 1);
        expect(before.state).toBe("Aborted");
        child.signal("SIGCONT");
        expect(await child.next()).toBe("refused JOB_FENCED");
        expect(await reportOf(store, 1)).toEqual(before);
      } finally {
        await store.close();
      }
    },
  );

  const containers = kind === "SQLite" ? [container, withForeignProc] : [container];
  const inContainers = test.skipIf(!canContain).each(containers.map((inside) => ({ inside, last: inside.at(-1) })));
  inContainers(
    "a process in another container ($last) is left in peace while it lives, and found by its lease once killed",
    async ({ inside }) => {
      const { store, place, request, setting } = await prepare();
      try {
        const child = await atWork(new ChildRun(place, inside));
        // Its pid means nothing here: in its own table it is another process's.
        expect(await store.records.abortDead()).toEqual([]);
        await expect(runJob(request)).rejects.toMatchObject({ code: "LOCK_JOB_HELD" });
        await child.kill();
        expect(await store.records.abortDead()).toEqual([]);
        if (setting.kind === "sqlite") {
          const later = await openStore(setting, { timing: { now: () => Date.now() + leaseMs + 1_000, sleep: async () => undefined } });
          expect(await later.records.abortDead()).toMatchObject([{ id: 1, message: expect.stringContaining("its lease ran out at") }]);
          await later.close();
        } else {
          await endLease(store);
        }
        expect(await runJob(request)).toMatchObject({ jobInstance: 2, state: "Completed" });
      } finally {
        await store.close();
      }
    },
  );
});

const atWork = async (child: ChildRun): Promise<ChildRun> => {
  expect(await child.next()).toBe("ready");
  child.say("run");
  expect(await child.next()).toBe("at work");
  return child;
};

/** As if a whole lease had passed since the last sign of life. */
const endLease = async (store: Store): Promise<void> => {
  await store.knex("UJ_JobInstances").whereNotNull("LeaseUntil").update({ LeaseUntil: "2026-01-01T00:00:00.000Z" });
};

/** As if the runner's process were one of another machine, and its lease were over. */
const disown = async (store: Store): Promise<void> => {
  for (const table of ["UJ_JobInstances", "UJ_Locks"]) await store.knex(table).update({ ProcessStart: "another boot:1/1" });
  await endLease(store);
};
