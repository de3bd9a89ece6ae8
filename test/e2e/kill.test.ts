import { existsSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { onEachDatabase, testTimeoutOn } from "../database.js";
import type { Act } from "./child.js";
import { dayOne, dayTwo } from "./day.js";
import { type RunDocument, type StatusList, statesOf } from "./document.js";
import { type E2eWorkspace, type Holdings, once, Workspaces } from "./workspace.js";

onEachDatabase((kind) => {
  const workspaces = new Workspaces(kind);
  afterAll(() => workspaces.removeAll());

  /** Many processes one after the other, on a machine that may be busy (ms). */
  const patience = testTimeoutOn(kind, 120_000);

  /** Signals between processes are not Windows' way. */
  const posix = (name: string, suite: () => void) =>
    (process.platform === "win32" ? describe.skip : describe.concurrent)(name, { timeout: patience }, suite);

  const killed = (workspace: E2eWorkspace, job: string, act: Act) => workspace.child(["run", job], { acts: [act] }).ended;

  /** What `status` says of the newest instance of a job; null where there is none. */
  const newest = async (workspace: E2eWorkspace, job: string) => {
    const { code, document } = await workspace.json<StatusList>("status", job);
    expect(code).toBe(0);
    return document.instances[0] ?? null;
  };

  /** Files that a writer has not given their name yet. */
  const unfinished = (workspace: E2eWorkspace): string[] =>
    [...workspace.files("Work"), ...workspace.files("Temp")].filter(
      (file) => /\.tmp$|\.runs$|\.keys$|unfinished|journal$/.test(file) || file.split("/").at(-1)?.startsWith("."),
    );

  /** Versions of every resource and link: more than the undisturbed run made means that something was loaded twice. */
  const versions = async (workspace: E2eWorkspace, keys: readonly string[]): Promise<number[]> => {
    const counts: number[] = [];
    for (const key of keys) {
      const { document } = await workspace.json<{ versions: unknown[] }>("show", "Person", key, "--history");
      counts.push(document.versions.length);
    }
    return counts;
  };

  const undisturbed = async (job: string, make: () => Promise<E2eWorkspace>): Promise<{ holdings: Holdings; lines: string[] }> => {
    const workspace = await make();
    const { code, out } = await workspace.child(["run", job]).ended;
    expect(code).toBe(0);
    return { holdings: await workspace.holdings(), lines: out.split("\n\n")[0]?.split("\n") ?? [] };
  };

  /** The newest instance of a job, whose runner printed `out` and was killed, is Aborted and says why. */
  const expectAborted = async (workspace: E2eWorkspace, job: string, out: string): Promise<void> => {
    if (!out.includes(", instance ")) return;
    const instance = await newest(workspace, job);
    expect(instance?.state).toBe("Aborted");
    expect(instance?.message).toMatch(/^its runner \(process \d+ on .+\) is gone$/);
    const { document } = await workspace.json("status", "--instance", String(instance?.jobInstance));
    // No task is left as if it ran, and what was said to have ended is what the rows say.
    expect(document.tasks.map(({ state }) => state)).not.toContain("InProgress");
    for (const [, task = "", state] of out.matchAll(/ (\w+) (Completed) after/g)) expect(statesOf(document)[task]).toBe(state);
  };

  /** Kills a run at an act, then checks everything that must hold afterwards. */
  const killAndRunAgain = async (workspace: E2eWorkspace, job: string, act: Act, holdings: Holdings): Promise<void> => {
    const before = await workspace.holdings();
    const end = await killed(workspace, job, act);
    expect(end.signal).toBe("SIGKILL");
    const instance = await newest(workspace, job);
    if (instance?.state !== "Completed") await expectAborted(workspace, job, end.out);
    // A synchronization is applied wholly or not at all.
    for (const [name, text] of Object.entries(await workspace.holdings())) expect([before[name], holdings[name]]).toContain(text);
    const again = await workspace.json("run", job);
    expect([again.code, again.document.tasks.flatMap(({ error }) => error ?? [])]).toEqual([0, []]);
    expect(await workspace.holdings()).toEqual(holdings);
    expect(unfinished(workspace)).toEqual([]);
  };

  posix("a complete job with changes, killed", () => {
    const make = async (): Promise<E2eWorkspace> => {
      const workspace = await workspaces.loaded();
      workspace.writeDay(dayTwo);
      return workspace;
    };
    const reference = once(() => undisturbed("Job_HR", make));
    const changedKeys = ["P01", "P03", "P04", "P11", "P13"];
    const changedVersions = [1, 2, 2, 1, 1];

    test("at each line before it synchronizes, one attempt after the other in one workspace", async () => {
      const { holdings, lines } = await reference();
      // 10 lines: the database, the instance, start and end of four tasks.
      expect(lines).toHaveLength(10);
      const workspace = await make();
      const before = await workspace.holdings();
      for (let line = 1; line <= 7; line++) {
        const end = await killed(workspace, "Job_HR", { line, signal: "SIGKILL" });
        expect([line, end.signal]).toEqual([line, "SIGKILL"]);
        await expectAborted(workspace, "Job_HR", end.out);
      }
      expect(await workspace.holdings()).toEqual(before);
      expect((await workspace.call(["run", "Job_HR"])).code).toBe(0);
      expect(await workspace.holdings()).toEqual(holdings);
      expect(await versions(workspace, changedKeys)).toEqual(changedVersions);
      expect(unfinished(workspace)).toEqual([]);
    });

    test.each([8, 9, 10])("at line %i: Aborted with the reason; run again it ends as the undisturbed one", async (line) => {
      const { holdings } = await reference();
      const workspace = await make();
      await killAndRunAgain(workspace, "Job_HR", { line, signal: "SIGKILL" }, holdings);
      expect(await versions(workspace, changedKeys)).toEqual(changedVersions);
    });

    // Files are the same on either database.
    test.runIf(kind === "SQLite")(
      "before every fourth rename of a file, one attempt after the other: nothing half-written is ever taken",
      async () => {
        const { holdings } = await reference();
        const workspace = await make();
        const before = await workspace.holdings();
        let rename = 2;
        for (; ; rename += 4) {
          const { signal, code } = await killed(workspace, "Job_HR", { rename, signal: "SIGKILL" });
          if (signal === null) {
            // So many renames a run does not make: it came to its end.
            expect(code).toBe(0);
            break;
          }
          for (const [name, text] of Object.entries(await workspace.holdings())) expect([before[name], holdings[name]]).toContain(text);
          expect(
            workspace.files("Temp/ExportOutput").filter((file) => file.endsWith(".csv") && !workspace.read(file).endsWith("\n")),
          ).toEqual([]);
        }
        expect(rename).toBeGreaterThan(12);
        expect(await workspace.holdings()).toEqual(holdings);
        expect(await versions(workspace, changedKeys)).toEqual(changedVersions);
        expect(unfinished(workspace)).toEqual([]);
      },
    );
  });

  posix("the initialization job, killed", () => {
    const make = async (): Promise<E2eWorkspace> => workspaces.empty();
    const reference = once(() => undisturbed("Job_Initialize", make));

    test("at each line of its first two levels, one attempt after the other in one workspace", async () => {
      const { holdings, lines } = await reference();
      expect(lines).toHaveLength(18);
      const workspace = await make();
      for (let line = 1; line <= 13; line++) {
        const end = await killed(workspace, "Job_Initialize", { line, signal: "SIGKILL" });
        expect([line, end.signal]).toEqual([line, "SIGKILL"]);
        const instance = await newest(workspace, "Job_Initialize");
        expect([line, instance?.state ?? null]).toEqual([line, line === 1 ? null : "Aborted"]);
        if (line > 1) expect(instance?.message).toMatch(/^its runner \(process \d+ on .+\) is gone$/);
        expect(await workspace.csv("resources", "Person")).toBe("PersonId,Name,Level,HiredOn,Department,Manager\n");
      }
      const { code } = await workspace.call(["run", "Job_Initialize"]);
      expect(code).toBe(0);
      expect(await workspace.holdings()).toEqual(holdings);
      expect(unfinished(workspace)).toEqual([]);
    });

    test.each([14, 15, 16, 17])("at line %i, while or after it loads: run again it ends as the undisturbed one", async (line) => {
      const { holdings } = await reference();
      const workspace = await make();
      await killAndRunAgain(workspace, "Job_Initialize", { line, signal: "SIGKILL" }, holdings);
      expect(await versions(workspace, ["P01", "P12"])).toEqual([1, 1]);
    });

    test("at its last line: it was Completed", async () => {
      const { holdings } = await reference();
      const workspace = await make();
      expect((await killed(workspace, "Job_Initialize", { line: 18, signal: "SIGKILL" })).signal).toBe("SIGKILL");
      expect((await newest(workspace, "Job_Initialize"))?.state).toBe("Completed");
      expect(await workspace.holdings()).toEqual(holdings);
    });
  });

  posix("a resume, killed at each line it prints", () => {
    test("can be resumed again, or was applied; never twice", async () => {
      const holdings: Holdings[] = [];
      const blocked = await workspaces.loaded();
      blocked.people(dayOne.people.slice(0, 8));
      expect((await blocked.call(["run", "Job_HR"])).code).toBe(2);
      // 0: undisturbed. Lines: the database, the instance, start and end of the validation.
      for (const line of [0, 1, 2, 3, 4]) {
        const workspace = await workspaces.copyOf(blocked);
        const end = await workspace.child(["resume", "2"], { acts: line === 0 ? [] : [{ line, signal: "SIGKILL" }] }).ended;
        expect([line, end.signal]).toEqual([line, line === 0 ? null : "SIGKILL"]);
        await workspace.call(["status"]);
        const again = await workspace.json("resume", "2");
        if (again.code !== 0) expect(again).toMatchObject({ code: 64, document: { error: { code: "JOB_NOT_RESUMABLE" } } });
        holdings.push(await workspace.holdings());
        expect(await versions(workspace, ["P08", "P09"])).toEqual([1, 1]);
        expect(holdings.at(-1)).toEqual(holdings[0]);
      }
    });
  });

  posix("Ctrl-C", () => {
    test("once: running tasks end, none starts; 4", async () => {
      const workspace = await workspaces.loaded();
      workspace.writeDay(dayTwo);
      const before = await workspace.holdings();
      const { code, out } = await workspace.child(["run", "Job_HR"], { acts: [{ text: "HR_Export_HR_People started", signal: "SIGINT" }] })
        .ended;
      expect(code).toBe(4);
      expect(out).toContain("cancelling: the running tasks end");
      const { document } = await workspace.json("status", "--instance", "2");
      expect([document.state, statesOf(document)]).toEqual([
        "Cancelled",
        { HR_Export_HR_People: "Completed", HR_Export_HR_Departments: "Completed", HR_Prepare: "NotStarted", HR_Synchronize: "NotStarted" },
      ]);
      expect(await workspace.holdings()).toEqual(before);
      expect(unfinished(workspace)).toEqual([]);
      expect((await workspace.call(["run", "Job_HR"])).code).toBe(0);
    });

    test("while it applies: the synchronization ends wholly", async () => {
      const workspace = await workspaces.loaded();
      workspace.writeDay(dayTwo);
      const { code } = await workspace.child(["run", "Job_HR"], { acts: [{ text: "HR_Synchronize started", signal: "SIGINT" }] }).ended;
      const { document } = await workspace.json("status", "--instance", "2");
      expect(statesOf(document).HR_Synchronize).toBe("Completed");
      expect([code, document.state]).toEqual([4, "Cancelled"]);
      expect(await workspace.csv("resources", "Person")).toContain("P13,");
    });

    test("twice: the running tasks are stopped; 5; nothing half-written is left", async () => {
      const workspace = await workspaces.loaded();
      const rows = Array.from({ length: 400_000 }, (_, n) => `P${n},Person ${n},1,2020-01-01,D1,`).join("\n");
      workspace.write("sources/people.csv", `id,name,level,hired,dept,manager\n${rows}\n`);
      const before = await workspace.holdings();
      const { code, out } = await workspace.child(["run", "Job_HR"], {
        acts: [
          { text: "HR_Export_HR_People started", signal: "SIGINT" },
          { text: "cancelling: the running tasks end", signal: "SIGINT" },
        ],
      }).ended;
      expect(code).toBe(5);
      expect(out).toContain("stopping the running tasks");
      const { document } = await workspace.json<RunDocument>("status", "--instance", "2");
      expect(document.state).toBe("Aborted");
      expect(statesOf(document).HR_Export_HR_People).toBe("Aborted");
      expect(await workspace.holdings()).toEqual(before);
      expect(existsSync(workspace.path("Temp/ExportOutput/HR_People.csv"))).toBe(false);
      workspace.writeDay(dayTwo);
      expect((await workspace.call(["run", "Job_HR"])).code).toBe(0);
      expect(unfinished(workspace)).toEqual([]);
    });

    test("cancel, from another process, ends a wait for locks; 4, nothing was started", async () => {
      const workspace = await workspaces.loaded();
      const holder = workspace.child(["run", "Job_HR"], { acts: [{ text: "HR_Export_HR_People started", signal: "SIGSTOP" }] });
      try {
        await holder.printed("HR_Export_HR_People started");
        const waiter = workspace.child(["run", "Job_Unrelated"]);
        await waiter.printed("waiting for connector HR");
        const { code, document } = await workspace.json<Record<string, unknown>>("cancel", "3", "--reason", "wrong day");
        expect([code, document]).toEqual([0, { format: 1, jobInstance: 3, outcome: "requested", dropped: [] }]);
        expect((await waiter.ended).code).toBe(4);
        expect(statesOf((await workspace.json("status", "--instance", "3")).document)).toEqual({
          Unrelated_Export_HR_People: "NotStarted",
        });
      } finally {
        holder.letGo();
      }
      expect((await holder.ended).code).toBe(0);
    });
  });
});
