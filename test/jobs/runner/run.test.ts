import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Configuration } from "../../../src/config/index.js";
import { SluiceError } from "../../../src/errors/index.js";
import { cancelInstance, jobLogPath, type RunReport, type RunRequest, runJob } from "../../../src/jobs/index.js";
import { openStore, type Store } from "../../../src/store/index.js";
import { freshDatabase, onEachDatabase } from "../../database.js";
import { blocked, done, EventRecord, Gate, handDriven, nothing } from "./hand-driven-tasks.js";
import { ManualTiming } from "./manual-timing.js";
import { type Sample, sampleConfiguration, sampleConnector, sampleJob, sampleTask } from "./sample-configuration.js";

onEachDatabase((kind) => {
  const stores: Store[] = [];
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });

  const open = async (configuration: Configuration): Promise<Store> => {
    const store = await openStore(configuration.settings.database);
    stores.push(store);
    return store;
  };

  const prepare = async (sample: Sample): Promise<{ configuration: Configuration; store: Store }> => {
    const configuration = sampleConfiguration({ ...sample, database: (await freshDatabase(kind)).setting });
    return { configuration, store: await open(configuration) };
  };

  const states = (report: RunReport): Record<string, string> =>
    Object.fromEntries(report.tasks.map(({ task, state, isValidation }) => [isValidation ? `${task}*` : task, state]));

  const chain = sampleJob("Job", [
    { id: "Export", type: "ExportTask", connector: "A", level: 0 },
    { id: "Prepare", type: "PrepareSynchronizationTask", connector: "A", level: 1, parents: ["Export"] },
    { id: "Load", connector: "A", level: 2, parents: ["Prepare"] },
  ]);

  const base = (given: {
    configuration: Configuration;
    store: Store;
  }): Pick<RunRequest, "configuration" | "store" | "startedBy" | "what"> => ({
    ...given,
    startedBy: "ann",
    what: { job: "Job" },
  });

  describe("a run", () => {
    test("runs level after level, records everything and frees its locks", async () => {
      const given = await prepare({ jobs: [chain] });
      const { registry, started } = handDriven({});
      const record = new EventRecord();
      const report = await runJob({ ...base(given), registry, onEvent: record.note });
      expect(report).toMatchObject({ format: 1, job: "Job", state: "Completed", jobInstance: 1 });
      expect(
        report.tasks.map(({ task, level, state, producedOutput, skippedBecause, isValidation, error }) => [
          task,
          level,
          state,
          producedOutput,
          skippedBecause,
          isValidation,
          error,
        ]),
      ).toEqual([
        ["Export", 0, "Completed", true, null, false, null],
        ["Prepare", 1, "Completed", true, null, false, null],
        ["Load", 2, "Completed", true, null, false, null],
      ]);
      expect(started).toEqual(["Export", "Prepare", "Load"]);
      expect(await given.store.locks.all()).toEqual([]);
      expect(record.events.map(({ kind }) => kind)).toEqual([
        "opened",
        "jobState",
        "taskStarted",
        "taskEnded",
        "taskStarted",
        "taskEnded",
        "taskStarted",
        "taskEnded",
        "jobState",
      ]);
      expect(report.endedAt).not.toBeNull();
      const instance = await given.store.records.find(1);
      expect(instance).toMatchObject({ startedBy: "ann", trigger: "CommandLine", configurationHash: "c0ffee", force: false });
    });

    test("skips down a chain that has no output, which is no error", async () => {
      const given = await prepare({ jobs: [chain] });
      const { registry } = handDriven({ Export: () => nothing });
      const report = await runJob({ ...base(given), registry });
      expect(report.state).toBe("Completed");
      expect(report.tasks.map(({ state, skippedBecause }) => [state, skippedBecause])).toEqual([
        ["Completed", null],
        ["Skipped", "parentWithoutOutput"],
        ["Skipped", "parentWithoutOutput"],
      ]);
    });

    test("an error stops the job; ContinueOnError makes it a Warning that vetoes the children", async () => {
      const failing = {
        Export: (): never => {
          throw new SluiceError("TASK_DEADLINE", { task: "s3cret", minutes: 1 }, { place: { file: "a.csv", line: 3 } });
        },
      };
      const errored = await prepare({ jobs: [chain], secrets: ["s3cret"] });
      const first = await runJob({ ...base(errored), registry: handDriven(failing).registry });
      expect([first.state, states(first)]).toEqual(["Errored", { Export: "Errored", Prepare: "NotStarted", Load: "NotStarted" }]);
      expect(first.tasks[0]?.error).toEqual({
        code: "TASK_DEADLINE",
        message: expect.stringContaining("*** was stopped"),
        file: "a.csv",
        line: 3,
      });
      expect(first.tasks[0]?.producedOutput).toBe(false);

      const tolerant = sampleJob("Job", [
        { id: "Export", type: "ExportTask", connector: "A", level: 0, continueOnError: true },
        { id: "Prepare", type: "PrepareSynchronizationTask", connector: "A", level: 1, parents: ["Export"] },
        { id: "Other", connector: "B", level: 1 },
      ]);
      const second = await runJob({ ...base(await prepare({ jobs: [tolerant] })), registry: handDriven(failing).registry });
      expect([second.state, states(second)]).toEqual(["Warning", { Export: "Warning", Prepare: "Skipped", Other: "Completed" }]);
      expect(second.tasks[1]?.skippedBecause).toBe("parentFailed");
    });

    test("an unexpected exception is a fault of Sluice, and its stack is in the log", async () => {
      const given = await prepare({ jobs: [chain], secrets: ["hunter2"] });
      const { registry } = handDriven({
        Export: () => {
          throw new TypeError("boom with hunter2");
        },
      });
      const report = await runJob({ ...base(given), registry });
      expect(report.tasks[0]?.error).toMatchObject({ code: "TASK_FAULT", message: expect.stringContaining("boom with ***") });
      const log = readFileSync(jobLogPath(given.configuration, "Job", 1), "utf8");
      expect(log).toContain("hand-driven-tasks");
      expect(log).not.toContain("hunter2");
      for (const line of log.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("msg");
    });

    test("the mates of a blocked task finish, no later level starts, and the block is told", async () => {
      const job = sampleJob("Job", [
        { id: "LoadA", connector: "A", level: 0 },
        { id: "LoadB", connector: "B", level: 0 },
        { id: "Policy", type: "ComputeRoleModelTask", level: 1 },
      ]);
      const given = await prepare({ jobs: [job] });
      const record = new EventRecord();
      const report = await runJob({ ...base(given), registry: handDriven({ LoadA: () => blocked }).registry, onEvent: record.note });
      expect([report.state, states(report)]).toEqual(["Blocked", { LoadA: "Blocked", LoadB: "Completed", Policy: "NotStarted" }]);
      expect(report.tasks[0]).toMatchObject({ counters: { deleted: 240 }, producedOutput: null, endedAt: expect.any(String) });
      expect(record.events.find((event) => event.kind === "taskEnded" && event.state === "Blocked")).toMatchObject({
        message: "Threshold Exceeded: 240 > 100",
      });
      expect(await given.store.locks.all()).toEqual([]);
      expect([...(await given.store.records.blockedConnectors())]).toEqual([["A", 1]]);
    });

    test("runs a root task without a job, and a part of a job", async () => {
      const given = await prepare({ jobs: [chain], rootTasks: [sampleTask({ id: "Alone", connector: "A", parents: ["Elsewhere"] })] });
      const { registry, started } = handDriven({});
      const alone = await runJob({ ...base(given), what: { rootTask: "Alone" }, registry });
      expect([alone.job, alone.state, states(alone)]).toEqual(["Alone", "Completed", { Alone: "Completed" }]);
      const part = await runJob({ ...base(given), what: { job: "Job", from: "Prepare", to: "Prepare" }, registry });
      expect(states(part)).toEqual({ Prepare: "Completed" });
      expect(started).toEqual(["Alone", "Prepare"]);
    });

    test("tasks of one level run together, but never two on the same connector", async () => {
      const job = sampleJob("Job", [
        { id: "First", connector: "A", level: 0 },
        { id: "Second", connector: "A", level: 0 },
        { id: "Other", connector: "B", level: 0 },
      ]);
      const given = await prepare({ jobs: [job] });
      const gate = new Gate();
      const other = new Gate();
      const { registry, started } = handDriven({ First: gate.run, Other: other.run });
      const run = runJob({ ...base(given), registry });
      await gate.started;
      await other.started;
      other.end();
      expect(started).toEqual(["First", "Other"]);
      gate.end();
      expect((await run).state).toBe("Completed");
      expect(started).toEqual(["First", "Other", "Second"]);
    });

    test("what a selected task needs and is not built is refused before an instance exists; unselected tasks never matter", async () => {
      const job = sampleJob("Job", [
        { id: "Load", connector: "A", level: 0 },
        { id: "Policy", type: "BuildRoleModelTask", level: 1 },
      ]);
      const given = await prepare({ jobs: [job] });
      const { registry } = handDriven({});
      const withUnbuilt = new Map(registry).set("BuildRoleModelTask", {
        element: "BuildRoleModelTask",
        side: "server",
        summary: "",
        later: "it needs the role model, which is not built yet",
      });
      await expect(runJob({ ...base(given), registry: withUnbuilt })).rejects.toMatchObject({
        code: "TASK_NOT_BUILT",
        exit: 64,
        message: expect.stringContaining("Policy"),
      });
      await expect(runJob({ ...base(given), registry })).rejects.toMatchObject({ code: "TASK_NOT_BUILT" });
      expect(await given.store.records.list()).toEqual([]);
      expect((await runJob({ ...base(given), what: { job: "Job", to: "Load" }, registry: withUnbuilt })).state).toBe("Completed");
    });

    test.each([
      [{ job: "Jop" }, "JOB_UNKNOWN"],
      [{ job: "Job", from: "Nowhere" }, "JOB_GRAPH_UNKNOWN_TASK"],
      [{ rootTask: "Export" }, "JOB_ROOT_TASK_UNKNOWN"],
    ])("%j is refused: %s", async (what, code) => {
      const given = await prepare({ jobs: [chain] });
      await expect(runJob({ ...base(given), what })).rejects.toMatchObject({ code, exit: 64 });
      expect(await given.store.records.list()).toEqual([]);
    });

    test("--force reaches the tasks and is recorded with its starter", async () => {
      const given = await prepare({ jobs: [chain] });
      let forced = false;
      const { registry } = handDriven({
        Load: (context) => {
          forced = context.force;
          return done;
        },
      });
      await runJob({ ...base(given), registry, force: true, reason: "first load" });
      expect(forced).toBe(true);
      expect(await given.store.records.decisions(1)).toMatchObject([{ decision: "force", takenBy: "ann", reason: "first load" }]);
    });

    test("a deactivated connector has no export; its chain follows, other connectors do not", async () => {
      const job = sampleJob("Job", [
        { id: "ExportA", type: "ExportTask", connector: "A", level: 0 },
        { id: "ExportB", type: "ExportTask", connector: "B", level: 0 },
        { id: "PrepareA", type: "PrepareSynchronizationTask", connector: "A", level: 1, parents: ["ExportA"] },
        { id: "PrepareB", type: "PrepareSynchronizationTask", connector: "B", level: 1, parents: ["ExportB"] },
      ]);
      const given = await prepare({ jobs: [job], connectors: [sampleConnector("A", { isDeactivated: true }), sampleConnector("B")] });
      const report = await runJob({ ...base(given), registry: handDriven({}).registry });
      expect(report.tasks.map(({ task, skippedBecause }) => [task, skippedBecause])).toEqual([
        ["ExportA", "connectorDeactivated"],
        ["ExportB", null],
        ["PrepareA", "connectorDeactivated"],
        ["PrepareB", null],
      ]);
      expect(report.state).toBe("Completed");
      // One that a person switched off stands beside it, and who did is said.
      await given.store.connectors.deactivate("B", "bob", null);
      const { note, events } = new EventRecord();
      const second = await runJob({ ...base(given), registry: handDriven({}).registry, onEvent: note });
      expect(second.tasks.map(({ skippedBecause }) => skippedBecause)).toEqual(Array(4).fill("connectorDeactivated"));
      const messages = events.flatMap((event) => (event.kind === "taskSkipped" ? [event.message] : []));
      expect(messages[0]).toBe("A is deactivated by its IsDeactivated");
      expect(messages[1]).toBe("B was deactivated by bob: sluice connector activate B switches it on");
      expect((await given.store.records.task(second.tasks[1]?.taskInstance ?? 0))?.message).toBe(messages[1]);
    });

    test("an incremental job leaves out a blocked connector, a complete one does not", async () => {
      const tasks = [
        { id: "LoadA", connector: "A", level: 0 },
        { id: "LoadB", connector: "B", level: 0 },
      ];
      const given = await prepare({ jobs: [sampleJob("Job", tasks), sampleJob("Fast", tasks, { isIncremental: true })] });
      await runJob({ ...base(given), registry: handDriven({ LoadA: () => blocked }).registry });
      const { registry } = handDriven({});
      const fast = await runJob({ ...base(given), what: { job: "Fast" }, registry });
      expect(fast.tasks.map(({ task, skippedBecause }) => [task, skippedBecause])).toEqual([
        ["LoadA", "connectorBlocked"],
        ["LoadB", null],
      ]);
      const [left] = await given.store.records.tasks(fast.jobInstance);
      expect(left?.message).toMatch(/^A is blocked by instance 1: sluice resume 1, or a complete job of A$/);
      const complete = await runJob({ ...base(given), registry });
      expect(states(complete)).toEqual({ LoadA: "Completed", LoadB: "Completed" });
    });
  });

  describe("ending a run", () => {
    test("the first signal lets running tasks end and starts none", async () => {
      const given = await prepare({ jobs: [chain] });
      const gate = new Gate();
      const cancel = new AbortController();
      const { registry, started } = handDriven({ Export: gate.run });
      const run = runJob({ ...base(given), registry, cancel: cancel.signal });
      const { signal } = await gate.started;
      cancel.abort();
      expect(signal.aborted).toBe(false);
      gate.end();
      const report = await run;
      expect([report.state, states(report)]).toEqual(["Cancelled", { Export: "Completed", Prepare: "NotStarted", Load: "NotStarted" }]);
      expect(started).toEqual(["Export"]);
      expect((await given.store.records.find(1))?.cancelRequestedBy).toBe("ann");
    });

    test("the second signal aborts the running tasks", async () => {
      const given = await prepare({ jobs: [chain] });
      const gate = new Gate();
      const stop = new AbortController();
      const run = runJob({ ...base(given), registry: handDriven({ Export: gate.run }).registry, stop: stop.signal });
      const { signal } = await gate.started;
      stop.abort();
      const report = await run;
      expect(signal.aborted).toBe(true);
      expect([report.state, states(report)]).toEqual(["Aborted", { Export: "Aborted", Prepare: "NotStarted", Load: "NotStarted" }]);
      expect(report.tasks[0]?.error).toBeNull();
    });

    test("a cancel by another process is a row that the runner looks for", async () => {
      const given = await prepare({ jobs: [chain] });
      const gate = new Gate();
      const timing = new ManualTiming();
      const run = runJob({ ...base(given), registry: handDriven({ Export: gate.run }).registry, timing });
      await gate.started;
      const other = await open(given.configuration);
      expect(await cancelInstance({ store: other, jobInstance: 1, by: "bob", reason: "wrong day" })).toEqual({ outcome: "requested" });
      timing.advance(1_000);
      await timing.sleeperFor(1_000);
      gate.end();
      const report = await run;
      expect(report.state).toBe("Cancelled");
      expect(await given.store.records.find(1)).toMatchObject({ cancelRequestedBy: "bob", cancelReason: "wrong day" });
      await expect(cancelInstance({ store: other, jobInstance: 1, by: "bob" })).rejects.toMatchObject({ code: "JOB_ENDED", exit: 64 });
    });

    test("a task past its deadline is told to end and errs; a synchronization has none", async () => {
      const given = await prepare({ jobs: [chain] });
      const timing = new ManualTiming();
      const gate = new Gate();
      const load = new Gate();
      const tolerant = handDriven({ Export: gate.run, Load: load.run });
      const run = runJob({ ...base(given), registry: tolerant.registry, timing });
      await gate.started;
      timing.advance(29 * 60_000);
      const { signal } = await gate.started;
      expect(signal.aborted).toBe(false);
      timing.advance(60_000);
      const report = await run;
      expect(report.state).toBe("Errored");
      expect(report.tasks[0]?.error).toMatchObject({ code: "TASK_DEADLINE", message: expect.stringContaining("30 minutes") });

      const second = runJob({ ...base(given), what: { job: "Job", task: "Load" }, registry: tolerant.registry, timing });
      const context = await load.started;
      timing.advance(24 * 3_600_000);
      expect(context.signal.aborted).toBe(false);
      load.end();
      expect((await second).state).toBe("Completed");
    });

    test("a task that does not listen is given up after the grace", async () => {
      const given = await prepare({ jobs: [chain] });
      const timing = new ManualTiming();
      let start: () => void = () => undefined;
      const started = new Promise<void>((resolve) => (start = resolve));
      const { registry } = handDriven({
        Export: () => {
          start();
          return new Promise<never>(() => undefined);
        },
      });
      const run = runJob({ ...base(given), registry, timing });
      await started;
      timing.advance(30 * 60_000);
      await timing.sleeperFor(30_000);
      timing.advance(30_000);
      expect((await run).tasks[0]?.error?.code).toBe("TASK_DEADLINE");
    });
  });

  describe("progress", () => {
    test("is passed on at once and written now and then", async () => {
      const given = await prepare({ jobs: [chain] });
      const timing = new ManualTiming();
      const gate = new Gate();
      const record = new EventRecord();
      const run = runJob({ ...base(given), registry: handDriven({ Export: gate.run }).registry, timing, onEvent: record.note });
      const { onProgress } = await gate.started;
      onProgress({ step: "reading", rows: 10 });
      expect((await given.store.records.tasks(1))[0]?.progress).toBeNull();
      timing.advance(2_000);
      onProgress({ step: "reading", rows: 20, of: 40 });
      expect((await given.store.records.tasks(1))[0]?.progress).toEqual({ step: "reading", rows: 20, of: 40 });
      expect(record.events.filter(({ kind }) => kind === "taskProgress")).toHaveLength(2);
      gate.end();
      await run;
      expect((await given.store.records.tasks(1))[0]?.progress).toBeNull();
    });
  });

  describe("what must not leave an instance running", () => {
    test("a log that cannot be written", async () => {
      const given = await prepare({ jobs: [chain] });
      mkdirSync(given.configuration.settings.tempFolder, { recursive: true });
      writeFileSync(join(given.configuration.settings.tempFolder, "JobLogs"), "in the way");
      await expect(runJob({ ...base(given), registry: handDriven({}).registry })).rejects.toThrow();
      expect((await given.store.records.find(1))?.state).toBe("Aborted");
      expect(await given.store.locks.all()).toEqual([]);
    });

    test("somebody who watches and fails", async () => {
      const given = await prepare({ jobs: [chain] });
      const onEvent = (): never => {
        throw new Error("no terminal");
      };
      expect((await runJob({ ...base(given), registry: handDriven({}).registry, onEvent })).state).toBe("Completed");
      expect(readFileSync(jobLogPath(given.configuration, "Job", 1), "utf8")).toContain("no terminal");
    });

    test("a record that cannot be written", async () => {
      const given = await prepare({ jobs: [chain] });
      const gate = new Gate();
      const run = runJob({ ...base(given), registry: handDriven({ Export: gate.run }).registry });
      await gate.started;
      await given.store.knex.raw(
        kind === "SQLite"
          ? "CREATE TRIGGER Refuse BEFORE UPDATE ON UJ_TaskInstances WHEN NEW.State = 'Completed' BEGIN SELECT RAISE(ABORT, 'disk full'); END"
          : "CREATE TRIGGER Refuse ON UJ_TaskInstances AFTER UPDATE AS IF EXISTS (SELECT 1 FROM inserted WHERE State = 'Completed') THROW 50001, 'disk full', 1",
      );
      gate.end();
      await expect(run).rejects.toThrow("disk full");
      await given.store.knex.raw("DROP TRIGGER Refuse");
      expect(await given.store.records.find(1)).toMatchObject({ state: "Aborted", message: expect.stringContaining("disk full") });
      expect((await given.store.records.tasks(1)).map(({ state }) => state)).toEqual(["Aborted", "NotStarted", "NotStarted"]);
    });
  });
});
