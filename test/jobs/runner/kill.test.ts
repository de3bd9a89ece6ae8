import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { jobLogPath, reportOf, runJob } from "../../../src/jobs/index.js";
import { openStore } from "../../../src/store/index.js";
import { handDriven } from "./hand-driven-tasks.js";
import { sampleConfiguration, sampleJob } from "./sample-configuration.js";

const driver = fileURLToPath(new URL("./killed-run.mjs", import.meta.url));
const built = fileURLToPath(new URL("../../../dist/jobs/index.js", import.meta.url));

test("a run killed at work is found dead, and running the job again ends as an undisturbed run", async () => {
  expect(existsSync(built), "build first: npm run build").toBe(true);
  const configuration = sampleConfiguration({
    jobs: [
      sampleJob("Job", [
        { id: "Export", type: "ExportTask", connector: "A", level: 0 },
        { id: "Load", connector: "A", level: 1, parents: ["Export"] },
      ]),
    ],
  });
  const child = spawn(process.execPath, [driver, configuration.workspace], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  const store = await openStore(configuration.settings.database);
  const request = { configuration, store, startedBy: "bob", what: { job: "Job" }, registry: handDriven({}).registry };
  try {
    await expect(runJob(request)).rejects.toMatchObject({
      code: "LOCK_JOB_HELD",
      message: expect.stringContaining(`process ${child.pid}`),
    });
    child.kill("SIGKILL");
    await once(child, "exit");

    const report = await runJob(request);
    expect([report.jobInstance, report.state]).toEqual([2, "Completed"]);
    const killed = await reportOf(store, 1);
    expect([killed.state, killed.tasks.map(({ state }) => state)]).toEqual(["Aborted", ["Completed", "Aborted"]]);
    expect((await store.records.find(1))?.message).toBe(
      `its runner (process ${child.pid} on ${(await store.records.find(1))?.runner.host}) is gone`,
    );
    expect(readFileSync(jobLogPath(configuration, "Job", 1), "utf8")).toContain("Load started");
  } finally {
    child.kill("SIGKILL");
    await store.close();
  }
});
