import { afterEach, describe, expect, test } from "vitest";
import type { Configuration } from "../../../src/config/index.js";
import { SluiceError } from "../../../src/errors/index.js";
import { cancelInstance, type RunReport, type RunRequest, resumeInstance, runJob } from "../../../src/jobs/index.js";
import { systemTiming, type TaskResult } from "../../../src/model/index.js";
import { openStore, type Store, thisProcess } from "../../../src/store/index.js";
import type { ServerTaskContext } from "../../../src/tasks/index.js";
import { freshDatabase, onEachDatabase } from "../../database.js";
import { blocked, done, EventRecord, Gate, handDriven, nothing } from "./hand-driven-tasks.js";
import { ManualTiming } from "./manual-timing.js";
import { type SampleTask, sampleConfiguration, sampleJob } from "./sample-configuration.js";

type Behaviours = Parameters<typeof handDriven>[0];

const fails = (): never => {
  throw new SluiceError("TASK_STORAGE", { task: "it", problem: "no space left" });
};

/** As a preparation: announces a session and hands it over. */
const prepares =
  (connector: string, mode: "Complete" | "Incremental" = "Complete") =>
  async ({ store, jobInstance, taskInstance, fence }: ServerTaskContext): Promise<TaskResult> => {
    const task = { jobInstance, taskInstance, fence };
    const { guid } = await store.sessions.announce(task, { connector, mode, type: "None", mappingHash: "h" });
    await store.sessions.ready(task, { guid, connector, mode, type: "None", files: [] });
    return done;
  };

/** What a job of one connector has. */
const chain = (connector: string, level = 0): SampleTask[] => [
  { id: `Export${connector}`, type: "ExportTask", connector, level },
  { id: `Prepare${connector}`, type: "PrepareSynchronizationTask", connector, level: level + 1, parents: [`Export${connector}`] },
  { id: `Load${connector}`, connector, level: level + 2, parents: [`Prepare${connector}`] },
];

/** A process that is gone. */
const gone = () => ({ ...thisProcess(), processStart: `${thisProcess().processStart}0` });

onEachDatabase((kind) => {
  const stores: Store[] = [];
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });

  interface Place {
    readonly configuration: Configuration;
    readonly store: Store;
    readonly run: (job: string, behaviours?: Behaviours, more?: Partial<RunRequest>) => Promise<RunReport>;
    /** Resumes an instance; gives how it ended and what it started. */
    readonly resume: (
      jobInstance: number,
      behaviours?: Behaviours,
      more?: Partial<RunRequest>,
    ) => Promise<{ readonly report: RunReport; readonly started: readonly string[] }>;
  }

  const place = async (...jobs: Parameters<typeof sampleConfiguration>[0]["jobs"]): Promise<Place> => {
    const configuration = sampleConfiguration({ jobs, database: (await freshDatabase(kind)).setting });
    const store = await openStore(configuration.settings.database);
    stores.push(store);
    return {
      configuration,
      store,
      run: (job, behaviours = {}, more = {}) =>
        runJob({ configuration, store, startedBy: "ann", what: { job }, registry: handDriven(behaviours).registry, ...more }),
      resume: async (jobInstance, behaviours = {}, more = {}) => {
        const { registry, started } = handDriven(behaviours);
        return { report: await resumeInstance({ configuration, store, startedBy: "bob", jobInstance, registry, ...more }), started };
      },
    };
  };

  const both = sampleJob("Both", [
    ...chain("A"),
    ...chain("B"),
    { id: "Policy", type: "ComputeRoleModelTask", level: 3, parents: ["LoadA", "LoadB"] },
  ]);

  const states = ({ tasks }: RunReport): Record<string, string> =>
    Object.fromEntries(
      tasks.map(({ task, state, skippedBecause, isValidation }) => [isValidation ? `${task}*` : task, skippedBecause ?? state]),
    );

  describe("an instance that ended Errored", () => {
    test("goes on at what failed; what ended well is not repeated; both attempts are on record", async () => {
      const { run, resume, store } = await place(both);
      const errored = await run("Both", { LoadA: fails, PrepareA: prepares("A"), PrepareB: prepares("B") });
      expect([errored.state, errored.attempt, errored.attempts]).toEqual(["Errored", 1, []]);
      const { report, started } = await resume(1, {}, { reason: "disk is empty again" });
      expect(started).toEqual(["LoadA", "Policy"]);
      expect(report).toMatchObject({ state: "Completed", attempt: 2, startedAt: errored.startedAt });
      expect(report.attempts).toEqual([
        { attempt: 1, state: "Errored", startedAt: errored.startedAt, endedAt: errored.endedAt, startedBy: "ann", message: null },
      ]);
      const load = report.tasks.find(({ task }) => task === "LoadA");
      expect(load).toMatchObject({ state: "Completed", attempt: 2, error: null, producedOutput: true });
      expect(load?.attempts).toMatchObject([{ attempt: 1, state: "Errored", error: { code: "TASK_STORAGE" } }]);
      expect(load?.startedAt).not.toBe(load?.attempts[0]?.startedAt);
      expect(report.tasks.filter(({ task }) => task !== "LoadA").map(({ attempt, attempts }) => [attempt, attempts])).toEqual(
        Array.from({ length: 6 }, () => [1, []]),
      );
      expect(await store.records.decisions(1)).toMatchObject([
        { decision: "resume", takenBy: "bob", reason: "disk is empty again", taskInstance: null, setHash: null },
      ]);
      expect(await store.locks.all()).toEqual([]);
      await expect(resume(1)).rejects.toMatchObject({ code: "JOB_NOT_RESUMABLE", exit: 64 });
    });

    test("may fail again, as often as it takes; each attempt says who made it and when", async () => {
      const { run, resume } = await place(both);
      const prepared = { PrepareA: prepares("A"), PrepareB: prepares("B") };
      await run("Both", { ...prepared, Policy: fails });
      const { report: second } = await resume(1, { Policy: fails });
      const { report: third } = await resume(1, { Policy: fails }, { startedBy: "cyd" });
      const { report } = await resume(1);
      expect([second.state, third.state, report.state]).toEqual(["Errored", "Errored", "Completed"]);
      expect(report.attempts.map(({ attempt, state, startedBy }) => [attempt, state, startedBy])).toEqual([
        [1, "Errored", "ann"],
        [2, "Errored", "bob"],
        [3, "Errored", "cyd"],
      ]);
      const times = [...report.attempts.flatMap(({ startedAt, endedAt }) => [startedAt, endedAt ?? ""]), report.endedAt ?? ""];
      expect(times).toEqual([...times].sort());
      expect(report.tasks.find(({ task }) => task === "Policy")).toMatchObject({
        attempt: 4,
        attempts: [{ attempt: 1 }, { attempt: 2 }, { attempt: 3 }],
      });
    });

    test("runs with its locks, as a run does, and with what it was forced to", async () => {
      const { run, resume, configuration, store } = await place(both, sampleJob("Other", chain("B")));
      await run("Both", { PrepareA: prepares("A"), PrepareB: prepares("B"), Policy: fails }, { force: true });
      const gate = new Gate();
      const running = resume(1, { Policy: gate.run });
      expect((await gate.started).force).toBe(true);
      expect((await store.locks.all()).map(({ lock }) => lock)).toEqual(["connector:A", "connector:B", "instance:1", "job:Both"]);
      await expect(run("Both")).rejects.toMatchObject({ code: "LOCK_JOB_HELD" });
      await expect(
        run("Other", {}, { configuration: { ...configuration, settings: { ...configuration.settings, maxLockWatchSeconds: -1 } } }),
      ).rejects.toMatchObject({ code: "LOCK_CONNECTOR_HELD" });
      gate.end();
      expect((await running).report.state).toBe("Completed");
    });

    test("a Warning stands, and so does a skip that came from it", async () => {
      const job = sampleJob("Job", [
        { id: "Export", type: "ExportTask", connector: "A", level: 0, continueOnError: true },
        { id: "Load", connector: "A", level: 1, parents: ["Export"] },
        { id: "Policy", type: "ComputeRoleModelTask", level: 2 },
      ]);
      const { run, resume } = await place(job);
      expect((await run("Job", { Export: fails, Policy: fails })).state).toBe("Errored");
      const { report, started } = await resume(1);
      expect(started).toEqual(["Policy"]);
      expect([report.state, states(report)]).toEqual(["Warning", { Export: "Warning", Load: "parentFailed", Policy: "Completed" }]);
    });

    test("does not mind that a task that ended well is gone from the job, but that a failed one is", async () => {
      const { run, configuration, store } = await place(both);
      await run("Both", { PrepareA: prepares("A"), PrepareB: prepares("B"), Policy: fails });
      const without = (id: string) => {
        const steps = both.steps
          .filter(({ task }) => task.identifier !== id)
          .map((step) => ({ ...step, task: { ...step.task, parents: step.task.parents.filter((parent) => parent !== id) } }));
        return { ...configuration, jobs: new Map([["Both", { ...both, steps }]]) };
      };
      const request = { store, startedBy: "bob", jobInstance: 1, registry: handDriven({}).registry };
      await expect(resumeInstance({ ...request, configuration: without("Policy") })).rejects.toMatchObject({
        code: "JOB_PLAN_CHANGED",
        message: expect.stringContaining("Policy removed"),
      });
      expect((await resumeInstance({ ...request, configuration: without("ExportA") })).state).toBe("Completed");
    });

    test("with --expect is refused where nothing is staged", async () => {
      const { run, configuration, store } = await place(both);
      await run("Both", { ExportA: fails });
      await expect(
        resumeInstance({
          configuration,
          store,
          startedBy: "bob",
          jobInstance: 1,
          expect: "0".repeat(64),
          registry: handDriven({}).registry,
        }),
      ).rejects.toMatchObject({ code: "JOB_SET_CHANGED", message: expect.stringContaining("there are none") });
    });

    test("of which a person closed the Blocked task goes on without it", async () => {
      const { run, resume, store } = await place(both);
      await run("Both", { PrepareA: prepares("A"), PrepareB: prepares("B"), LoadA: () => blocked, LoadB: fails });
      await cancelInstance({ store, jobInstance: 1, by: "bob" });
      const { report, started } = await resume(1);
      expect(started).toEqual(["LoadB"]);
      expect([report.state, states(report).LoadA, states(report).Policy]).toEqual(["Cancelled", "Cancelled", "parentFailed"]);
    });
  });

  describe("an instance whose runner died", () => {
    /** Opens an instance as a run does and leaves it as a dead process would: the first tasks ended, one under way. */
    const died = async ({ configuration, store }: Place, ended: readonly string[], underWay: readonly string[]): Promise<void> => {
      const gates = new Map(underWay.map((id) => [id, new Gate()]));
      const { registry } = handDriven({
        PrepareA: prepares("A"),
        PrepareB: prepares("B"),
        ...Object.fromEntries([...gates].map(([id, gate]) => [id, gate.run])),
      });
      const running = runJob({
        configuration,
        store,
        startedBy: "ann",
        what: { job: "Both" },
        registry,
        process: gone(),
        timing: new ManualTiming(),
      });
      running.catch(() => undefined);
      for (const gate of gates.values()) await gate.started;
      for (;;) {
        const tasks = await store.records.tasks(1);
        if (ended.every((id) => tasks.some(({ task, state }) => task === id && state === "Completed"))) break;
      }
      expect(await store.records.abortDead()).toMatchObject([{ id: 1 }]);
      for (const gate of gates.values()) gate.end();
      await expect(running).rejects.toMatchObject({ code: "JOB_FENCED" });
    };

    test("goes on at the tasks that were under way", async () => {
      const here = await place(both);
      await died(here, ["ExportA", "ExportB", "PrepareA"], ["PrepareB"]);
      const { report, started } = await here.resume(1, { PrepareB: prepares("B") });
      expect(started).toEqual(["PrepareB", "LoadA", "LoadB", "Policy"]);
      expect(report).toMatchObject({
        state: "Completed",
        attempts: [{ attempt: 1, state: "Aborted", message: expect.stringContaining("is gone") }],
      });
      expect(report.tasks.find(({ task }) => task === "PrepareB")).toMatchObject({ attempt: 2, attempts: [{ state: "Aborted" }] });
    });

    test("while it waited for its locks runs whole, and leaves out what is blocked by now", async () => {
      const { store, run, resume, configuration } = await place(
        sampleJob(
          "Both",
          both.steps.map(({ task, level }) => ({
            id: task.identifier,
            type: task.type,
            level,
            parents: task.parents,
            ...(task.connector === null ? {} : { connector: task.connector }),
          })),
          { isIncremental: true },
        ),
        sampleJob("Other", chain("A")),
      );
      const gate = new Gate();
      const holder = run("Other", { ExportA: gate.run, PrepareA: prepares("A"), LoadA: () => blocked });
      await gate.started;
      const record = new EventRecord();
      const waiting = runJob({
        configuration,
        store,
        startedBy: "ann",
        what: { job: "Both" },
        registry: handDriven({}).registry,
        process: gone(),
        onEvent: record.note,
        timing: new ManualTiming(),
      });
      waiting.catch(() => undefined);
      await record.first("waiting");
      await store.records.abortDead();
      gate.end();
      expect((await holder).state).toBe("Blocked");
      const { report, started } = await resume(2);
      expect(started).toEqual(["ExportB", "PrepareB", "LoadB", "Policy"]);
      expect(states(report)).toMatchObject({
        ExportA: "connectorBlocked",
        PrepareA: "connectorBlocked",
        LoadA: "connectorBlocked",
        Policy: "Completed",
      });
      expect((await store.records.tasks(2)).find(({ task }) => task === "ExportA")?.message).toContain("blocked by instance 1");
    });

    test("after its last task ended comes to the end that its tasks say", async () => {
      const here = await place(both);
      const { store } = here;
      await here.run("Both", { PrepareA: prepares("A"), PrepareB: prepares("B") });
      // As it stands when the runner dies between a synchronization's own commit and the end of the job.
      const instance = await store.records.find(1);
      if (instance === null) throw new Error("no instance");
      await store.records.advance({ id: instance.id, fence: instance.fence }, { state: "Aborted", message: "gone" });
      const { report, started } = await here.resume(1);
      expect([started, report.state, (await store.records.find(1))?.state]).toEqual([[], "Completed", "Completed"]);
      expect(await store.locks.all()).toEqual([]);
    });
  });

  describe("what another run has gone on with meanwhile", () => {
    test("a session that another run made needless is not loaded: refused, naming that run, and nothing is changed", async () => {
      const { run, resume, store } = await place(both, sampleJob("Other", chain("A")));
      await run("Both", { PrepareA: prepares("A"), PrepareB: prepares("B"), LoadA: fails });
      await run("Other", { PrepareA: prepares("A"), LoadA: fails });
      const before = await store.records.find(1);
      await expect(resume(1)).rejects.toMatchObject({
        code: "JOB_OVERTAKEN",
        exit: 64,
        message: expect.stringMatching(/instance 2 of Other has gone on with A .*LoadA/),
      });
      expect(await store.records.find(1)).toEqual(before);
      expect((await resume(2)).report.state).toBe("Completed");
    });

    test("one that still waits is loaded, whatever else another run began", async () => {
      const { run, resume } = await place(both, sampleJob("Other", chain("A")));
      await run("Both", { PrepareA: prepares("A"), PrepareB: prepares("B"), LoadA: fails });
      await run("Other", { PrepareA: fails });
      expect((await resume(1)).started).toEqual(["LoadA", "Policy"]);
    });

    test("exported files of another run are not prepared; where the export itself is repeated nothing is refused", async () => {
      const { run, resume } = await place(both, sampleJob("Other", chain("A")));
      await run("Both", { PrepareA: fails, PrepareB: prepares("B") });
      await run("Both", { ExportA: fails });
      await run("Other", { PrepareA: prepares("A") });
      await expect(resume(1)).rejects.toMatchObject({
        code: "JOB_OVERTAKEN",
        message: expect.stringMatching(/instance 3 of Other .*PrepareA/),
      });
      const { report, started } = await resume(2, { PrepareA: prepares("A"), PrepareB: prepares("B") });
      expect([report.state, started[0]]).toEqual(["Completed", "ExportA"]);
    });

    test("does not matter where only computations are left, nor to tasks that will be skipped", async () => {
      const { run, resume } = await place(both, sampleJob("Other", chain("A")));
      const prepared = { PrepareA: prepares("A"), PrepareB: prepares("B") };
      await run("Both", { ...prepared, Policy: fails });
      // What has no new files is not prepared, and what prepared nothing new is not loaded.
      await run("Both", { ExportA: () => nothing, ExportB: fails });
      await run("Both", { PrepareA: async (context) => ({ ...(await prepares("A")(context)), ...nothing }), PrepareB: fails });
      expect((await run("Other", prepared)).state).toBe("Completed");
      expect((await resume(1)).started).toEqual(["Policy"]);
      const third = await resume(3, prepared);
      expect(third.started).toEqual(["PrepareB", "LoadB", "Policy"]);
      expect(states(third.report)).toMatchObject({ PrepareA: "Completed", LoadA: "parentWithoutOutput" });
      const second = await resume(2, prepared);
      expect(second.started).toEqual(["ExportB", "PrepareB", "LoadB", "Policy"]);
      expect(states(second.report)).toMatchObject({ PrepareA: "parentWithoutOutput", LoadA: "parentWithoutOutput" });
    });

    test("a connector that another run blocked since is left out of an incremental job", async () => {
      const fast = sampleJob("Fast", [...chain("A"), ...chain("B")], { isIncremental: true });
      const { run, resume } = await place(fast, sampleJob("Whole", chain("A")));
      await run("Fast", { PrepareA: prepares("A"), PrepareB: fails });
      expect((await run("Whole", { PrepareA: prepares("A"), LoadA: () => blocked })).state).toBe("Blocked");
      const { report, started } = await resume(1, { PrepareB: prepares("B") });
      expect(started).toEqual(["PrepareB", "LoadB"]);
      expect(states(report)).toMatchObject({ LoadA: "connectorBlocked", LoadB: "Completed" });
    });

    test("what it left out at its start stays left out", async () => {
      const fast = sampleJob("Fast", [...chain("A"), ...chain("B")], { isIncremental: true });
      const { run, resume, store } = await place(fast, sampleJob("Whole", chain("A")));
      await run("Whole", { PrepareA: prepares("A"), LoadA: () => blocked });
      expect(states(await run("Fast", { PrepareB: fails }))).toMatchObject({ ExportA: "connectorBlocked", PrepareB: "Errored" });
      await cancelInstance({ store, jobInstance: 1, by: "bob" });
      const { report, started } = await resume(2, { PrepareB: prepares("B") });
      expect(started).toEqual(["PrepareB", "LoadB"]);
      expect(states(report)).toMatchObject({ ExportA: "connectorBlocked", PrepareA: "connectorBlocked", LoadA: "connectorBlocked" });
      expect(report.state).toBe("Completed");
    });
  });

  describe("halt", () => {
    const halting = () => {
      const halt = new AbortController();
      return { halt: halt.signal, ask: () => halt.abort("stopped by SIGTERM") };
    };

    test("lets the running tasks end and starts none; Aborted with the reason; a resume goes on", async () => {
      const { run, resume, store } = await place(both);
      const { halt, ask } = halting();
      const gate = new Gate();
      const running = run("Both", { ExportA: gate.run }, { halt });
      await gate.started;
      ask();
      while ((await store.records.find(1))?.haltReason == null) await systemTiming.sleep(5);
      expect((await store.records.find(1))?.state).toBe("InProgress");
      gate.end();
      const report = await running;
      expect([report.state, states(report)]).toMatchObject([
        "Aborted",
        { ExportA: "Completed", ExportB: "Completed", PrepareA: "NotStarted" },
      ]);
      expect(await store.records.find(1)).toMatchObject({ message: "stopped by SIGTERM", haltReason: "stopped by SIGTERM" });
      expect(await store.locks.all()).toEqual([]);
      const { report: resumed, started } = await resume(1, { PrepareA: prepares("A"), PrepareB: prepares("B") });
      expect([resumed.state, started[0]]).toEqual(["Completed", "PrepareA"]);
      expect(await store.records.find(1)).toMatchObject({ message: null, haltReason: null });
    });

    test("in the last level the job ends as it would have", async () => {
      const { run } = await place(both);
      const { halt, ask } = halting();
      const gate = new Gate();
      const running = run("Both", { PrepareA: prepares("A"), PrepareB: prepares("B"), Policy: gate.run }, { halt });
      await gate.started;
      ask();
      gate.end();
      expect((await running).state).toBe("Completed");
    });

    test("while it waits for locks: Aborted, nothing was started, and a resume runs it whole", async () => {
      const { run, resume, store } = await place(both, sampleJob("Other", chain("A")));
      const { halt, ask } = halting();
      const gate = new Gate();
      const other = run("Other", { ExportA: gate.run, PrepareA: prepares("A") });
      await gate.started;
      const record = new EventRecord();
      const waiting = run("Both", {}, { halt, onEvent: record.note });
      await record.first("waiting");
      ask();
      expect((await waiting).state).toBe("Aborted");
      expect(await store.records.find(2)).toMatchObject({ message: "stopped by SIGTERM, while it waited for its locks" });
      gate.end();
      await other;
      const { report, started } = await resume(2, { PrepareA: prepares("A"), PrepareB: prepares("B") });
      expect([report.state, started.length]).toEqual(["Completed", 7]);
    });

    test("then a stop: the running tasks are aborted, with its reason", async () => {
      const { run, resume, store } = await place(both);
      const { halt, ask } = halting();
      const stop = new AbortController();
      const gate = new Gate();
      const running = run("Both", { ExportA: gate.run }, { halt, stop: stop.signal });
      await gate.started;
      ask();
      stop.abort("stopped by SIGTERM; tasks that still ran after 60 s were aborted");
      const report = await running;
      expect([report.state, states(report).ExportA]).toEqual(["Aborted", "Aborted"]);
      expect((await store.records.find(1))?.message).toBe("stopped by SIGTERM; tasks that still ran after 60 s were aborted");
      const { started } = await resume(1, { PrepareA: prepares("A"), PrepareB: prepares("B") });
      expect(started[0]).toBe("ExportA");
    });

    test("of a resume: what is validated ends, the other validations do not begin, and it can be resumed again", async () => {
      const { run, configuration, store, resume } = await place(both);
      await run("Both", { PrepareA: prepares("A"), PrepareB: prepares("B"), LoadA: () => blocked, LoadB: () => blocked });
      const { halt, ask } = halting();
      const { registry, started } = handDriven({}, () => {
        ask();
        return done;
      });
      const report = await resumeInstance({ configuration, store, startedBy: "bob", jobInstance: 1, registry, halt });
      expect(started).toEqual(["LoadA validation"]);
      expect([report.state, states(report)]).toMatchObject(["Blocked", { LoadA: "Completed", LoadB: "Blocked", "LoadB*": "Cancelled" }]);
      const again = await resume(1);
      expect([again.report.state, again.started]).toEqual(["Completed", ["LoadB validation", "Policy"]]);
    });
  });
});
