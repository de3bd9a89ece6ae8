import { expect, test } from "vitest";
import { type RunReport, runJob } from "../../src/jobs/index.js";
import { people, queueSession, type SampleWorkspace, sampleWorkspace } from "./sample-workspace.js";

const tasks = `
  <Job Identifier="Care" DisplayName_L1="Care" Agent="Local">
    <CreateDatabaseViewsTask Identifier="Views" DisplayName_L1="Views" Agent="Local" OpenIdClient="Job" Level="0" />
    <ManageConfigurationIndexesTask Identifier="Indexes" DisplayName_L1="Indexes" Level="1" />
    <MaintainIndexesTask Identifier="Upkeep" DisplayName_L1="Upkeep" PageCount="1" AllIndexes="true" Offline="true" Level="2" />
    <MaintainIndexesTask Identifier="Nothing" DisplayName_L1="Upkeep" NoNormalizationCheck="true" Level="3" />
  </Job>
  <MaintainIndexesTask Identifier="Wrong" DisplayName_L1="Upkeep" RebuildThreshold="20" ContinueOnError="true" />`;

const run = ({ configuration, store }: SampleWorkspace, what: Parameters<typeof runJob>[0]["what"]): Promise<RunReport> =>
  runJob({ configuration, store, startedBy: "ann", what });

test("views, indexes and upkeep run as tasks of a job, and say what they did", async () => {
  const sample = await sampleWorkspace({ more: tasks });
  await queueSession(sample, people(1, 10), "Initial");
  expect((await run(sample, { job: "HR_Complete", task: "HR_Load" })).state).toBe("Completed");
  await sample.store.knex("UR_ResourceChanges").insert({
    TaskInstance: 4711,
    State: "staged",
    Command: "insert",
    Type: 1,
    Key: "k",
    ResourceId: 1,
    Changes: "{}",
  });

  const first = await run(sample, { job: "Care" });
  expect(first.state).toBe("Completed");
  const [views, indexes, upkeep, nothing] = first.tasks;
  expect(views).toMatchObject({ task: "Views", producedOutput: true, counters: { created: 1, dropped: 0 } });
  expect(indexes).toMatchObject({ task: "Indexes", producedOutput: false, counters: { created: 0, dropped: 0 } });
  expect(upkeep).toMatchObject({ task: "Upkeep", producedOutput: true, counters: { removed: 1, reorganized: 0 } });
  expect(upkeep?.counters?.rebuilt).toBeGreaterThan(5);
  expect(upkeep?.counters?.statistics).toBeGreaterThan(2);
  expect(nothing).toMatchObject({
    task: "Nothing",
    producedOutput: false,
    counters: { rebuilt: 0, reorganized: 0, statistics: 0, removed: 0 },
  });
  expect(await sample.store.knex("zz_Person").count("* as Count")).toEqual([{ Count: 10 }]);

  await sample.store.knex.raw("DROP INDEX UX_UR_Resources_1_C4");
  const second = await run(sample, { job: "Care", task: "Indexes" });
  expect(second.tasks[0]).toMatchObject({ producedOutput: true, counters: { created: 1, dropped: 0 } });
});

test("a RebuildThreshold outside its documented range is refused before anything starts", async () => {
  const sample = await sampleWorkspace({ more: tasks });
  await expect(run(sample, { rootTask: "Wrong" })).rejects.toMatchObject({
    code: "TASK_NOT_BUILT",
    message: expect.stringContaining("30 to 90 percent"),
  });
});
