import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { cancelInstance, type RunReport, reportOf, resumeInstance, runJob, stagedSetHash } from "../../src/jobs/index.js";
import { sessionFolder } from "../../src/tasks/index.js";
import { onEachDatabase } from "../database.js";
import { people, peopleIn, queueSession, type SampleWorkspace, sampleWorkspace } from "./sample-workspace.js";

onEachDatabase((kind) => {
  const run = ({ configuration, store }: SampleWorkspace, more: { readonly force?: boolean } = {}): Promise<RunReport> =>
    runJob({ configuration, store, startedBy: "ann", what: { job: "HR_Complete", task: "HR_Load" }, ...more });

  /** A repository that holds people 1 to 10. */
  const loaded = async (): Promise<SampleWorkspace> => {
    const sample = await sampleWorkspace({ kind });
    await queueSession(sample, people(1, 10), "Initial");
    expect((await run(sample)).state).toBe("Completed");
    return sample;
  };

  describe("SynchronizeTask", () => {
    test("loads by the session's mode, counts, and moves the session on", async () => {
      const sample = await loaded();
      expect(await peopleIn(sample)).toEqual(people(1, 10));
      const guid = await queueSession(sample, [["P001", "Renamed"], ...people(2, 9), ["P020", "New"]]);
      const report = await run(sample);
      expect(report).toMatchObject({
        state: "Completed",
        tasks: [
          {
            task: "HR_Load",
            state: "Completed",
            producedOutput: true,
            counters: { inserted: 1, updated: 1, deleted: 1, linksInserted: 0, linksDeleted: 0, orphans: 0 },
          },
        ],
      });
      expect(report.tasks[0]?.thresholds).toContainEqual({
        scope: "Connector HR",
        name: "MaximumDeletedLines",
        limit: 2,
        count: 1,
        of: 10,
        exceeded: false,
      });
      expect(await peopleIn(sample)).toEqual([["P001", "Renamed"], ...people(2, 9), ["P020", "New"]]);
      expect((await sample.store.sessions.find(guid))?.state).toBe("applied");
      expect((await sample.store.records.task(report.tasks[0]?.taskInstance ?? 0))?.session).toBe(guid);
    });

    test("nothing prepared: Completed without output; no change: the same", async () => {
      const sample = await loaded();
      const idle = await run(sample);
      expect(idle.tasks[0]).toMatchObject({ state: "Completed", producedOutput: false });
      expect((await sample.store.records.task(idle.tasks[0]?.taskInstance ?? 0))?.message).toBe("nothing prepared");
      await queueSession(sample, people(1, 10));
      expect((await run(sample)).tasks[0]).toMatchObject({
        state: "Completed",
        producedOutput: false,
        counters: { inserted: 0, updated: 0, deleted: 0 },
      });
    });

    test("refuses files of other mappings, and says what helps", async () => {
      const sample = await loaded();
      const guid = await queueSession(sample, people(1, 10));
      await sample.store.knex("UJ_SynchronizationSessions").where({ Guid: guid }).update({ MappingHash: "older" });
      expect((await run(sample)).tasks[0]?.error).toMatchObject({
        code: "SYNC_SESSION_OUTDATED",
        message: expect.stringContaining("prepare the connector again"),
      });
    });

    test("--force lifts thresholds and is recorded; the population guard holds", async () => {
      const sample = await loaded();
      await queueSession(sample, people(1, 5));
      const forced = await run(sample, { force: true });
      expect(forced.state).toBe("Completed");
      expect(forced.tasks[0]?.thresholds).toContainEqual(
        expect.objectContaining({ name: "MaximumDeletedLines", count: 5, exceeded: true }),
      );
      await queueSession(sample, []);
      expect((await run(sample, { force: true })).state).toBe("Blocked");
      expect(await peopleIn(sample)).toEqual(people(1, 5));
    });

    test("keeps the folders of a few ended sessions", async () => {
      const sample = await loaded();
      const guids = [];
      for (let day = 0; day < 6; day++) {
        guids.push(await queueSession(sample, people(1, 10)));
        await run(sample);
      }
      expect(guids.map((guid) => existsSync(sessionFolder(sample.configuration, guid)))).toEqual([false, true, true, true, true, true]);
    });
  });

  describe("the gate", () => {
    const blocked = async (): Promise<SampleWorkspace & { readonly report: RunReport }> => {
      const sample = await loaded();
      await queueSession(sample, people(1, 5));
      const report = await run(sample);
      expect(report).toMatchObject({ state: "Blocked", tasks: [{ state: "Blocked", producedOutput: null, counters: { deleted: 5 } }] });
      const message = (await sample.store.records.task(report.tasks[0]?.taskInstance ?? 0))?.message;
      expect(message).toMatch(/^Threshold Exceeded/);
      expect(await peopleIn(sample)).toEqual(people(1, 10));
      return { ...sample, report };
    };

    test("resume applies exactly what was staged", async () => {
      const sample = await blocked();
      const { configuration, store, report } = sample;
      const expect1 = (await stagedSetHash(store, report.jobInstance)) ?? "";
      const resumed = await resumeInstance({ configuration, store, startedBy: "bob", jobInstance: report.jobInstance, expect: expect1 });
      expect(resumed).toMatchObject({
        state: "Completed",
        tasks: [
          { state: "Completed", isValidation: false, producedOutput: true },
          { state: "Completed", isValidation: true, producedOutput: true, counters: { deleted: 5 } },
        ],
      });
      expect(await peopleIn(sample)).toEqual(people(1, 5));
    });

    test("a conflict applies nothing, is listed, and leaves the instance Blocked", async () => {
      const sample = await blocked();
      const { configuration, store, report } = sample;
      await store.knex("UR_Resources").where({ C4: "P008" }).update({ ValidFrom: "2027-01-01T00:00:00.000Z", C5: "by hand" });
      const resumed = await resumeInstance({ configuration, store, startedBy: "bob", jobInstance: report.jobInstance });
      expect(resumed.state).toBe("Blocked");
      expect(resumed.tasks[1]).toMatchObject({
        isValidation: true,
        state: "Errored",
        error: { code: "SYNC_CONFLICT", message: expect.stringContaining("P008") },
      });
      expect(await peopleIn(sample)).toHaveLength(10);
    });

    test("cancel drops what was staged", async () => {
      const sample = await blocked();
      const { store, report } = sample;
      expect(await cancelInstance({ store, jobInstance: report.jobInstance, by: "bob" })).toEqual({
        outcome: "closed",
        dropped: ["HR_Load"],
      });
      expect(await store.knex("UR_ResourceChanges").where({ State: "staged" })).toEqual([]);
      const session = (await store.records.task(report.tasks[0]?.taskInstance ?? 0))?.session;
      expect((await store.sessions.find(session ?? ("" as never)))?.state).toBe("cancelled");
      expect(await peopleIn(sample)).toEqual(people(1, 10));
    });

    test("a complete run replaces it: said by the one, refused for the other", async () => {
      const sample = await blocked();
      const { configuration, store, report } = sample;
      await queueSession(sample, people(1, 9));
      const next = await run(sample);
      expect(next.state).toBe("Completed");
      expect((await store.records.task(next.tasks[0]?.taskInstance ?? 0))?.message).toContain(`instance ${report.jobInstance}`);
      expect(await reportOf(store, report.jobInstance)).toMatchObject({ state: "Cancelled", tasks: [{ state: "Cancelled" }] });
      await expect(resumeInstance({ configuration, store, startedBy: "bob", jobInstance: report.jobInstance })).rejects.toMatchObject({
        code: "JOB_REPLACED",
        exit: 64,
      });
      expect(await peopleIn(sample)).toEqual(people(1, 9));
    });

    test("a root task blocks and is resumed without a job", async () => {
      const sample = await loaded();
      const { configuration, store } = sample;
      await queueSession(sample, people(1, 5));
      const report = await runJob({ configuration, store, startedBy: "ann", what: { rootTask: "HR_LoadAlone" } });
      expect(report.state).toBe("Blocked");
      expect((await resumeInstance({ configuration, store, startedBy: "bob", jobInstance: report.jobInstance })).state).toBe("Completed");
      expect(await peopleIn(sample)).toEqual(people(1, 5));
    });
  });
});
