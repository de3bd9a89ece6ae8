import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { reportOf, runJob } from "../../src/jobs/index.js";
import { sessionsFolder } from "../../src/tasks/index.js";
import { onEachDatabase, testTimeoutOn } from "../database.js";
import { incrementalJob } from "./incremental-jobs.js";
import { people, peopleIn, sampleWorkspace } from "./sample-workspace.js";

onEachDatabase((kind) => {
  const driver = fileURLToPath(new URL("./killed-job.mjs", import.meta.url));

  /** Runs the job in a process of its own; gives its events, and whether it was killed. */
  const runInProcess = (
    workspace: string,
    job: string,
    killAt: number,
  ): { readonly events: readonly string[]; readonly isKilled: boolean } => {
    try {
      return {
        events: lines(execFileSync(process.execPath, [driver, workspace, job, String(killAt)], { encoding: "utf8" })),
        isKilled: false,
      };
    } catch (error) {
      const { signal, stdout } = error as { signal: string | null; stdout: string };
      expect(signal).toBe("SIGKILL");
      return { events: lines(stdout), isKilled: true };
    }
  };
  const lines = (text: string): readonly string[] => text.trim().split("\n");

  test(
    "killed at any of its events, the job run again ends as an undisturbed run would",
    async () => {
      const sample = await sampleWorkspace({ kind });
      const { configuration, store, workspace } = sample;
      sample.writePeople(people(1, 10));
      expect(runInProcess(workspace, "HR_First", 0).isKilled).toBe(false);
      // Opened; export, prepare and load started; load ended.
      for (const killAt of [1, 3, 5, 7, 8]) {
        // Every round renames everybody, so that a round that did nothing would show.
        const round = people(1, 10, `Round ${killAt} of`);
        sample.writePeople(round);
        const { events, isKilled } = runInProcess(workspace, "HR_Complete", killAt);
        expect([isKilled, events.length]).toEqual([true, killAt]);
        const report = await runJob({ configuration, store, startedBy: "bob", what: { job: "HR_Complete" } });
        expect(report.state, events.at(-1)).toBe("Completed");
        expect(await peopleIn(sample)).toEqual(round);
        const killed = await reportOf(store, report.jobInstance - 1);
        // The last task's end and the job's are one transaction: from its event on the run was over.
        expect(killed.state).toBe(killAt < 8 ? "Aborted" : "Completed");
        expect(killed.tasks.some(({ state }) => state === "InProgress")).toBe(false);
        expect(await store.locks.all()).toEqual([]);
        expect(
          (await store.sessions.of("HR")).every(
            ({ state }) => state === "applied" || state === "failed" || state === "expired" || state === "cancelled",
          ),
        ).toBe(true);
      }
      expect(readdirSync(join(configuration.settings.workFolder, "Collect", "previous", "pending"))).toEqual([]);
      expect(readdirSync(sessionsFolder(configuration)).length).toBeLessThanOrEqual(5);
    },
    testTimeoutOn(kind, 60_000),
  );

  test(
    "an incremental job killed at any of its events goes on from what was last applied",
    async () => {
      const sample = await sampleWorkspace({ kind, more: incrementalJob("Fast", "None", 'IgnoreCookieFile="true"') });
      const { configuration, store, workspace } = sample;
      sample.writePeople(people(1, 10));
      expect(runInProcess(workspace, "HR_First", 0).isKilled).toBe(false);
      // Opened; prepare started and ended; load started and ended; flag started.
      for (const killAt of [1, 5, 6, 7, 8, 9]) {
        const round = people(1, 10, `Round ${killAt} of`);
        sample.writePeople(round);
        const { events, isKilled } = runInProcess(workspace, "Fast", killAt);
        expect([isKilled, events.length]).toEqual([true, killAt]);
        const report = await runJob({ configuration, store, startedBy: "bob", what: { job: "Fast" } });
        expect(report.state, events.at(-1)).toBe("Completed");
        expect(await peopleIn(sample)).toEqual(round);
        // Applied by the run that died: the state it is compared with is that one already.
        expect(report.tasks[1]?.producedOutput, events.at(-1)).toBe(killAt < 8);
        expect(await store.locks.all()).toEqual([]);
      }
      expect(readdirSync(join(configuration.settings.workFolder, "Collect", "previous", "promoted", "HR"))).toHaveLength(2);
      // What was compared all the time is what the source says.
      const complete = await runJob({ configuration, store, startedBy: "bob", what: { job: "HR_Complete" } });
      expect(complete.tasks[2]?.producedOutput).toBe(false);
    },
    testTimeoutOn(kind, 90_000),
  );

  test(
    "changes that a killed job had prepared are not lost when the source goes on",
    async () => {
      const sample = await sampleWorkspace({
        kind,
        more: incrementalJob("Delta", "Changes", ""),
        settings: { PathIncremental: "Sources/changes.csv" },
      });
      const { configuration, store, workspace } = sample;
      const changed = new Map(people(1, 10));
      const writeChange = (number: string, name: string): void => {
        writeFileSync(join(workspace, "Sources", "changes.csv"), `command;number;name\nupdate;${number};${name}\n`);
        changed.set(number, name);
      };
      sample.writePeople(people(1, 10));
      expect(runInProcess(workspace, "HR_First", 0).isKilled).toBe(false);
      // From the end of the prepare on: before it the source is asked again.
      for (const killAt of [6, 7, 8, 9]) {
        writeChange("P002", `Round ${killAt}`);
        expect(runInProcess(workspace, "Delta", killAt).isKilled).toBe(true);
        writeChange("P003", `Round ${killAt}`);
        expect((await runJob({ configuration, store, startedBy: "bob", what: { job: "Delta" } })).state).toBe("Completed");
        expect(await peopleIn(sample)).toEqual([...changed]);
      }
    },
    testTimeoutOn(kind, 90_000),
  );
});
