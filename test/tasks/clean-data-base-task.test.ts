import { expect, test } from "vitest";
import { runJob } from "../../src/jobs/index.js";
import { thisProcess } from "../../src/store/index.js";
import { cleanDataBaseTask } from "../../src/tasks/server/clean-data-base-task.js";
import { onEachDatabase } from "../database.js";
import { openInstance } from "../store/records/temporary-store.js";
import { sampleWorkspace } from "./sample-workspace.js";

/** Greater than any process id that Linux gives. */
const nobody = 4_194_305;

onEachDatabase((kind) => {
  test("makes an instance Aborted whose runner died, and frees its job", async () => {
    const { store, configuration } = await sampleWorkspace({ kind, more: "<CleanDatabaseJob/>" });
    const dead = await openInstance(store, "HR_Complete", ["HR_Load"], { ...thisProcess(), pid: nobody });
    const lines: string[] = [];
    const task = configuration.jobs.get("CleanDatabase")?.steps[0]?.task;
    if (task === undefined) throw new Error("the job has no task");
    const context = {
      store,
      configuration,
      task,
      jobInstance: dead.id,
      taskInstance: dead.tasks.get("HR_Load") ?? 0,
      fence: dead.fence,
      force: false,
      clock: { now: () => 0 },
      signal: new AbortController().signal,
      onProgress: () => undefined,
      log: (_: string, message: string) => lines.push(message),
    } as Parameters<typeof cleanDataBaseTask.run>[0];
    expect(await cleanDataBaseTask.run(context)).toEqual({ state: "Completed", producedOutput: true, counters: { aborted: 1 } });
    expect(lines).toEqual([
      `instance ${dead.id} of HR_Complete is Aborted: its runner (process ${nobody} on ${thisProcess().host}) is gone`,
    ]);
    expect((await store.records.find(dead.id))?.state).toBe("Aborted");
    const again = await runJob({ configuration, store, startedBy: "ann", what: { job: "CleanDatabase" } });
    expect(again.tasks).toMatchObject([{ state: "Completed", producedOutput: true, counters: { aborted: 0 } }]);
  });
});
