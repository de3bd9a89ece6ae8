import { chmodSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Knex } from "knex";
import { afterEach, describe, expect, test } from "vitest";
import { onEachDatabase } from "../database.js";
import { ServiceChild } from "./service-child.js";
import { TestWorkspace } from "./workspace.js";

/** Processes one after the other, on a machine that may be busy (ms). */
const patience = 120_000;
/** A task that takes as long as the test wants: until this file is there. */
const waits = "#!/bin/sh\nwhile [ ! -e go ]; do sleep 0.1; done\n";

const jobsXml = (
  jobs: Readonly<Record<string, { readonly cron: string; readonly script: string }>>,
): string => `<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile>
${Object.entries(jobs)
  .map(
    ([job, { cron, script }]) => `  <Job Identifier="${job}" DisplayName_L1="${job}" Agent="Local" CronTabExpression="${cron}">
    <InvokeExpressionTask Identifier="${job}_Script" Agent="Local" DisplayName_L1="Script" OpenIdClient="Job" InputPath="${script}" Level="0"/>
  </Job>`,
  )
  .join("\n")}
</ConfigurationFile>
`;

onEachDatabase((kind) => {
  const children: ServiceChild[] = [];
  const workspaces: TestWorkspace[] = [];
  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.kill("SIGKILL");
      await child.ended;
    }
    for (const workspace of workspaces.splice(0)) workspace.remove();
  });

  const place = async (jobs: Parameters<typeof jobsXml>[0], settings: object = {}): Promise<TestWorkspace> => {
    const workspace = await TestWorkspace.on(kind);
    workspaces.push(workspace);
    workspace.settings({ ...settings });
    workspace.write("jobs.xml", jobsXml(jobs));
    for (const [name, text] of [
      ["quick.sh", "#!/bin/sh\n"],
      ["waits.sh", waits],
    ] as const) {
      workspace.write(name, text);
      chmodSync(join(workspace.folder, name), 0o755);
    }
    return workspace;
  };
  const start = (workspace: TestWorkspace): ServiceChild => {
    const child = new ServiceChild(workspace.folder);
    children.push(child);
    return child;
  };
  const status = async (workspace: TestWorkspace) => {
    const { code, out } = await workspace.call(["status", "--json"]);
    expect(code).toBe(0);
    return JSON.parse(out) as {
      readonly instances: readonly {
        readonly jobInstance: number;
        readonly job: string;
        readonly state: string;
        readonly startedBy: string;
        readonly message: string | null;
      }[];
      readonly alarms: readonly { readonly kind: string; readonly job?: string; readonly state?: string }[];
      readonly schedulers: readonly { readonly pid: number; readonly isAlive: boolean; readonly refused: unknown }[];
    };
  };
  const rows = async <T>(workspace: TestWorkspace, read: (knex: Knex) => PromiseLike<T>): Promise<T> => {
    let found: T | undefined;
    await workspace.withDatabase(async (knex) => {
      found = await read(knex);
    });
    return found as T;
  };

  /** Signals and scripts are not Windows' way. */
  describe.skipIf(process.platform === "win32")("sluice scheduler", { timeout: patience }, () => {
    test("runs jobs by their schedule until SIGTERM, and ends with 0; then status says that nobody starts them", async () => {
      const workspace = await place({ Tick: { cron: "* * * * * *", script: "quick.sh" } });
      const child = start(workspace);
      await child.line(/Tick: instance 1 ended Completed/);
      const running = await status(workspace);
      expect(running.schedulers).toMatchObject([{ pid: child.pid, isAlive: true, refused: null }]);
      expect(running.instances.at(-1)).toMatchObject({ job: "Tick", startedBy: expect.stringMatching(/^scheduler@/) });
      child.kill("SIGTERM");
      expect(await child.ended).toEqual({ code: 0, signal: null });
      expect(child.said.trimEnd().split("\n").at(-1)).toMatch(/info {2}the scheduler has stopped$/);
      const after = await status(workspace);
      expect(after.alarms[0]).toMatchObject({ kind: "noScheduler", jobs: 2 });
      expect((await workspace.call(["status"])).out).toMatch(
        /^alarm: no scheduler runs since .+, and 2 jobs wait for one: sluice scheduler\n/,
      );
      expect((await workspace.call(["jobs"])).out).toContain("alarm: no scheduler runs since");
      for (const instance of after.instances) expect(instance.state).toBe("Completed");
    });

    test("killed with a job at work, the next one finds it, says so, and goes on; the instance can be resumed", async () => {
      const workspace = await place({ Slow: { cron: "* * * * * *", script: "waits.sh" } });
      const first = start(workspace);
      await first.line(/Slow: instance 1 started/);
      first.kill("SIGKILL");
      await first.ended;
      const second = start(workspace);
      await second.line(/error .*Slow: instance 1 was found dead and is Aborted: its runner \(process \d+ on .+\) is gone/);
      await second.line(/Slow: instance 2 started/);
      workspace.write("go", "");
      await second.line(/Slow: instance 2 ended Completed/);
      second.kill("SIGTERM");
      expect((await second.ended).code).toBe(0);
      const { instances } = await status(workspace);
      expect(instances.find(({ jobInstance }) => jobInstance === 1)?.state).toBe("Aborted");
      expect(instances.filter(({ jobInstance }) => jobInstance > 1).every(({ state }) => state === "Completed")).toBe(true);
      expect((await workspace.call(["resume", "1"])).code).toBe(0);
    });

    test("asked to stop while a job is at work: its time over, the task is aborted, the instance says why", async () => {
      const workspace = await place({ Slow: { cron: "* * * * * *", script: "waits.sh" } }, { Scheduler: { GraceTime: 1 } });
      const child = start(workspace);
      await child.line(/Slow: instance 1 started/);
      child.kill("SIGTERM");
      await child.line(/no job is started any more; running tasks have 1 s to end/);
      expect((await child.ended).code).toBe(0);
      const { instances } = await status(workspace);
      expect(instances).toMatchObject([{ jobInstance: 1, state: "Aborted", message: expect.stringContaining("stopped by SIGTERM") }]);
    });

    test("two copies on one workspace: each due time has one instance, and either may die", async () => {
      const workspace = await place({ Tick: { cron: "* * * * * *", script: "quick.sh" } });
      const both = [start(workspace), start(workspace)];
      const runs = () =>
        rows(workspace, (knex) => knex("UJ_ScheduledRuns").orderBy("DueAt")) as Promise<
          { DueAt: string; State: string; JobInstance: number | null }[]
        >;
      await Promise.all(both.map((child) => child.line(/instance \d+ ended Completed/)));
      both[0]?.kill("SIGKILL");
      await both[0]?.ended;
      await both[1]?.line(/Tick: instance \d+ ended Completed/, both[1].said.length);
      both[1]?.kill("SIGTERM");
      expect((await both[1]?.ended)?.code).toBe(0);
      const all = await runs();
      const started = all.flatMap(({ JobInstance }) => JobInstance ?? []);
      expect(new Set(started).size).toBe(started.length);
      expect((await status(workspace)).instances).toHaveLength(Math.min(started.length, 20));
      const said = both.flatMap((child) => [...child.said.matchAll(/instance (\d+) started/g)].map((match) => Number(match[1])));
      expect(new Set(said).size).toBe(said.length);
    });

    test.runIf(kind === "SQLite")("a database that is not there yet is waited for, and the wait can be ended", async () => {
      // Nobody listens on the port of tcpmux.
      const workspace = await place({}, { ConnectionString: "mssql://sa:nobody-listens@127.0.0.1:1/Sluice" });
      const child = start(workspace);
      await child.line(/error the database cannot be reached; it is tried again/);
      expect(child.said).not.toContain("nobody-listens");
      child.kill("SIGTERM");
      expect(await child.ended).toEqual({ code: 0, signal: null });
    });

    test("a dropped configuration takes over; one with errors is refused, and the last good one goes on", async () => {
      const workspace = await place({ Tick: { cron: "* * * * * *", script: "quick.sh" } });
      const child = start(workspace);
      await child.line(/Tick: instance 1 ended/);
      workspace.write("more.xml", jobsXml({ More: { cron: "* * * * * *", script: "quick.sh" } }));
      await child.line(/a new configuration is in force/);
      await child.line(/More: instance \d+ ended Completed/);
      workspace.write("more.xml", jobsXml({ More: { cron: "never", script: "quick.sh" } }));
      await child.line(/the configuration in the workspace was refused/);
      const { out } = await workspace.call(["status"]);
      expect(out).toMatch(/^alarm: the configuration in the workspace was refused at .+, 1 error; .+ goes on\. First: more\.xml: /m);
      const before = child.said.length;
      renameSync(join(workspace.folder, "more.xml"), join(workspace.folder, "more.txt"));
      await child.line(/a new configuration is in force/, before);
      const log = readFileSync(
        join(workspace.folder, "Temp", "ServiceLogs", `sluice_${new Date().toISOString().slice(0, 10)}.log`),
        "utf8",
      );
      for (const line of log.trimEnd().split("\n")) expect(JSON.parse(line)).toMatchObject({ pid: child.pid });
    });
  });
});
