import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Configuration } from "../../../src/config/index.js";
import { SluiceError } from "../../../src/errors/index.js";
import {
  cancelInstance,
  exitCodeOf,
  type ResumeInstanceRequest,
  reportOf,
  resumeInstance,
  runJob,
  stagedSetHash,
} from "../../../src/jobs/index.js";
import { openStore, type Store } from "../../../src/store/index.js";
import { freshDatabase, onEachDatabase } from "../../database.js";
import { blocked, done, EventRecord, Gate, handDriven } from "./hand-driven-tasks.js";
import { ManualTiming } from "./manual-timing.js";
import { sampleConfiguration, sampleJob } from "./sample-configuration.js";

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

  const job = sampleJob("Job", [
    { id: "ExportA", type: "ExportTask", connector: "A", level: 0 },
    { id: "LoadA", connector: "A", level: 1, parents: ["ExportA"] },
    { id: "LoadB", connector: "B", level: 1 },
    { id: "Policy", type: "ComputeRoleModelTask", level: 2, parents: ["LoadA"] },
  ]);

  /** An instance that stands at the gate, its process gone: only its rows are left. */
  const blockedInstance = async (behaviours: Parameters<typeof handDriven>[0] = { LoadA: () => blocked }) => {
    const configuration = sampleConfiguration({ jobs: [job], database: (await freshDatabase(kind)).setting });
    const first = await openStore(configuration.settings.database);
    const report = await runJob({
      configuration,
      store: first,
      startedBy: "ann",
      what: { job: "Job" },
      registry: handDriven(behaviours).registry,
    });
    await first.close();
    return { configuration, report, store: await open(configuration) };
  };

  const request = (configuration: Configuration, store: Store): ResumeInstanceRequest => ({
    configuration,
    store,
    startedBy: "bob",
    jobInstance: 1,
  });

  describe("resume", () => {
    test("validates what is blocked, then runs only what had not started", async () => {
      const { configuration, store } = await blockedInstance();
      const validated: number[] = [];
      const { registry, started } = handDriven({}, (_, task) => {
        validated.push(task);
        return done;
      });
      const record = new EventRecord();
      const report = await resumeInstance({ ...request(configuration, store), registry, reason: "looked at it", onEvent: record.note });
      expect(started).toEqual(["LoadA validation", "Policy"]);
      expect(validated).toEqual([2]);
      expect(report.state).toBe("Completed");
      expect(report.tasks.map(({ task, state, isValidation, producedOutput }) => [task, state, isValidation, producedOutput])).toEqual([
        ["ExportA", "Completed", false, true],
        ["LoadA", "Completed", false, true],
        ["LoadB", "Completed", false, true],
        ["Policy", "Completed", false, true],
        ["LoadA", "Completed", true, true],
      ]);
      expect(await store.records.decisions(1)).toMatchObject([
        { decision: "resume", takenBy: "bob", reason: "looked at it", taskInstance: 2, setHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ]);
      expect(await store.locks.all()).toEqual([]);
      expect((await store.records.find(1))?.fence).toBe(2);
      expect(record.events.filter((event) => event.kind === "taskStarted").map(({ task }) => [task.task, task.isValidation])).toEqual([
        ["LoadA", true],
        ["Policy", false],
      ]);
      await expect(resumeInstance({ ...request(configuration, store), registry })).rejects.toMatchObject({
        code: "JOB_NOT_RESUMABLE",
        exit: 64,
      });
    });

    test("a conflict leaves the instance Blocked, and it can be resumed again", async () => {
      const { configuration, store } = await blockedInstance();
      const conflict = (): never => {
        throw new SluiceError("SYNC_CONFLICT", { count: 1, conflicts: ["AD_Entry x: title"] });
      };
      const { registry } = handDriven({}, conflict);
      const report = await resumeInstance({ ...request(configuration, store), registry });
      expect(report.state).toBe("Blocked");
      expect(exitCodeOf(report.state)).toBe(2);
      expect(report.tasks.at(-1)).toMatchObject({
        isValidation: true,
        state: "Errored",
        error: { code: "SYNC_CONFLICT", message: expect.stringContaining("AD_Entry x: title") },
      });
      expect(report.tasks[1]).toMatchObject({ state: "Blocked", counters: { deleted: 240 } });
      expect(report.tasks[3]?.state).toBe("NotStarted");
      const again = await resumeInstance({ ...request(configuration, store), registry: handDriven({}).registry });
      expect(again.state).toBe("Completed");
      expect(again.tasks.filter(({ isValidation }) => isValidation).map(({ state }) => state)).toEqual(["Errored", "Completed"]);
    });

    test("an Errored instance with a Blocked task: that is validated first, then what failed runs again", async () => {
      const { configuration, store, report } = await blockedInstance({
        LoadA: () => blocked,
        LoadB: () => {
          throw new SluiceError("TASK_DEADLINE", { task: "LoadB", minutes: 1 });
        },
      });
      expect(report.state).toBe("Errored");
      const { registry, started } = handDriven({});
      const resumed = await resumeInstance({ ...request(configuration, store), registry });
      expect(started).toEqual(["LoadA validation", "LoadB", "Policy"]);
      expect(resumed.state).toBe("Completed");
      expect(resumed.tasks.map(({ task, state, attempt }) => [task, state, attempt])).toEqual([
        ["ExportA", "Completed", 1],
        ["LoadA", "Completed", 1],
        ["LoadB", "Completed", 2],
        ["Policy", "Completed", 1],
        ["LoadA", "Completed", 1],
      ]);
    });

    test("blocks again at a second gate, and every Blocked task is validated one after the other", async () => {
      const { configuration, store } = await blockedInstance({ LoadA: () => blocked, LoadB: () => blocked });
      const { registry, started } = handDriven({ Policy: () => blocked });
      const second = await resumeInstance({ ...request(configuration, store), registry });
      expect(started).toEqual(["LoadA validation", "LoadB validation", "Policy"]);
      expect(second.state).toBe("Blocked");
      const third = await resumeInstance({ ...request(configuration, store), registry: handDriven({}).registry });
      expect(third.state).toBe("Completed");
    });

    test("--expect compares with the staged set", async () => {
      const { configuration, store } = await blockedInstance();
      const hash = (await stagedSetHash(store, 1)) ?? "";
      const { registry, started } = handDriven({});
      await expect(resumeInstance({ ...request(configuration, store), registry, expect: "0".repeat(64) })).rejects.toMatchObject({
        code: "JOB_SET_CHANGED",
        exit: 64,
      });
      expect(started).toEqual([]);
      expect((await resumeInstance({ ...request(configuration, store), registry, expect: hash })).state).toBe("Completed");
      expect(await stagedSetHash(store, 1)).toBeNull();
    });

    test.each([
      ["JOB_CONFIGURATION_CHANGED", "B", { connectorHash: { B: "other" } }],
      ["JOB_CONFIGURATION_CHANGED", "A", { connectorHash: { A: "other" } }],
    ] as const)("another configuration is refused: %s of %s", async (code, connector, more) => {
      const { configuration, store } = await blockedInstance({ LoadA: () => blocked, LoadB: () => blocked });
      const changed = sampleConfiguration({ jobs: [job], workspace: configuration.workspace, ...more });
      await expect(resumeInstance({ ...request(changed, store), registry: handDriven({}).registry })).rejects.toMatchObject({
        code,
        exit: 64,
        message: expect.stringContaining(connector),
      });
      expect((await reportOf(store, 1)).state).toBe("Blocked");
    });

    test("a change of a remaining task is refused by name, one of an ended task is not", async () => {
      const { configuration, store } = await blockedInstance();
      const withAttributes = (id: string) =>
        sampleConfiguration({
          workspace: configuration.workspace,
          jobs: [
            {
              ...job,
              steps: job.steps.map((step) =>
                step.task.identifier === id ? { ...step, task: { ...step.task, attributes: { Dirty: true } } } : step,
              ),
            },
          ],
        });
      await expect(
        resumeInstance({ ...request(withAttributes("Policy"), store), registry: handDriven({}).registry }),
      ).rejects.toMatchObject({
        code: "JOB_PLAN_CHANGED",
        message: expect.stringContaining("Policy changed"),
      });
      expect((await resumeInstance({ ...request(withAttributes("ExportA"), store), registry: handDriven({}).registry })).state).toBe(
        "Completed",
      );
    });

    test("waits for its job and connectors as a run does", async () => {
      const { configuration, store } = await blockedInstance();
      const gate = new Gate();
      const next = runJob({
        configuration,
        store,
        startedBy: "ann",
        what: { job: "Job" },
        registry: handDriven({ ExportA: gate.run }).registry,
      });
      await gate.started;
      await expect(
        resumeInstance({ ...request(configuration, await open(configuration)), registry: handDriven({}).registry }),
      ).rejects.toMatchObject({ code: "LOCK_JOB_HELD", exit: 75 });
      gate.end();
      await next;
      expect((await store.records.find(1))?.state).toBe("Blocked");
    });

    test("a resume that cannot begin leaves the instance as it can be resumed again", async () => {
      const { configuration, store } = await blockedInstance();
      const logs = join(configuration.settings.tempFolder, "JobLogs");
      rmSync(logs, { recursive: true });
      writeFileSync(logs, "in the way");
      await expect(resumeInstance({ ...request(configuration, store), registry: handDriven({}).registry })).rejects.toThrow();
      const failed = await reportOf(store, 1);
      expect([failed.state, failed.tasks[1]?.state, failed.tasks[4]?.state]).toEqual(["Aborted", "Blocked", "Cancelled"]);
      rmSync(logs);
      const { registry, started } = handDriven({});
      expect((await resumeInstance({ ...request(configuration, store), registry })).state).toBe("Completed");
      expect(started).toEqual(["LoadA validation", "Policy"]);
    });

    test("an unknown instance is 64, and the wrong state too", async () => {
      const { configuration, store } = await blockedInstance({});
      await expect(resumeInstance({ ...request(configuration, store), jobInstance: 7 })).rejects.toMatchObject({
        code: "JOB_INSTANCE_UNKNOWN",
        exit: 64,
      });
      await expect(resumeInstance(request(configuration, store))).rejects.toMatchObject({ code: "JOB_NOT_RESUMABLE", exit: 64 });
    });
  });

  describe("cancel", () => {
    test("closes a blocked instance, which then can be neither resumed nor cancelled", async () => {
      const { configuration, store } = await blockedInstance();
      expect(await cancelInstance({ store, jobInstance: 1, by: "bob", reason: "cut-off file" })).toEqual({
        outcome: "closed",
        dropped: ["LoadA"],
      });
      const report = await reportOf(store, 1);
      expect([report.state, report.tasks[1]?.state, report.tasks[3]?.state]).toEqual(["Cancelled", "Cancelled", "NotStarted"]);
      expect(await store.records.decisions(1)).toMatchObject([
        { decision: "cancel", takenBy: "bob", reason: "cut-off file", taskInstance: 2 },
      ]);
      expect(await store.records.blockedConnectors()).toEqual(new Map());
      expect(await store.locks.all()).toEqual([]);
      await expect(resumeInstance({ ...request(configuration, store), registry: handDriven({}).registry })).rejects.toMatchObject({
        code: "JOB_NOT_RESUMABLE",
      });
      await expect(cancelInstance({ store, jobInstance: 1, by: "bob" })).rejects.toMatchObject({ code: "JOB_ENDED", exit: 64 });
    });

    test("an Errored instance keeps its state, its Blocked task is closed", async () => {
      const { store } = await blockedInstance({
        LoadA: () => blocked,
        LoadB: () => {
          throw new Error("boom");
        },
      });
      const before = await store.records.find(1);
      await cancelInstance({ store, jobInstance: 1, by: "bob" });
      expect(await store.records.find(1)).toMatchObject({ state: "Errored", endedAt: before?.endedAt });
      expect((await reportOf(store, 1)).tasks[1]?.state).toBe("Cancelled");
      expect(await store.locks.all()).toEqual([]);
    });

    test("an instance cancelled while it is validated closes what is still blocked", async () => {
      const { configuration, store } = await blockedInstance({ LoadA: () => blocked, LoadB: () => blocked });
      const cancel = new AbortController();
      const { registry, started } = handDriven({}, () => {
        cancel.abort();
        return done;
      });
      const report = await resumeInstance({
        ...request(configuration, store),
        registry,
        cancel: cancel.signal,
        timing: new ManualTiming(),
      });
      expect(started).toEqual(["LoadA validation"]);
      expect(report.state).toBe("Cancelled");
      expect(report.tasks.map(({ task, state, isValidation }) => `${task}${isValidation ? "*" : ""} ${state}`)).toEqual([
        "ExportA Completed",
        "LoadA Completed",
        "LoadB Cancelled",
        "Policy NotStarted",
        "LoadA* Completed",
        "LoadB* Cancelled",
      ]);
    });
  });
});
