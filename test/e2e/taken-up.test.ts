import { existsSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { onEachDatabase, testTimeoutOn } from "../database.js";
import type { Act } from "./child.js";
import { dayTwo } from "./day.js";
import { type RunDocument, statesOf } from "./document.js";
import { type E2eWorkspace, once, Workspaces } from "./workspace.js";

interface Attempted extends RunDocument {
  readonly attempt: number;
  readonly attempts: readonly { readonly attempt: number; readonly state: string; readonly message: string | null }[];
  readonly tasks: readonly (RunDocument["tasks"][number] & {
    readonly attempt: number;
    readonly attempts: readonly { readonly attempt: number; readonly state: string }[];
  })[];
}

onEachDatabase((kind) => {
  const workspaces = new Workspaces(kind);
  afterAll(() => workspaces.removeAll());

  /** Many processes one after the other, on a machine that may be busy (ms). */
  const patience = testTimeoutOn(kind, 240_000);

  /** Signals between processes are not Windows' way. */
  const posix = (name: string, suite: () => void) =>
    (process.platform === "win32" ? describe.skip : describe)(name, { timeout: patience }, suite);

  /** Instance 1 loaded day one; day two lies there. */
  const make = async (): Promise<E2eWorkspace> => {
    const workspace = await workspaces.loaded();
    workspace.writeDay(dayTwo);
    return workspace;
  };
  const reference = once(async () => {
    const workspace = await make();
    expect((await workspace.call(["run", "Job_HR"])).code).toBe(0);
    return workspace.holdings();
  });

  const killed = (workspace: E2eWorkspace, argv: readonly string[], act: Act) => workspace.child(argv, { acts: [act] }).ended;
  const statusOf = async (workspace: E2eWorkspace, instance: number): Promise<Attempted> =>
    (await workspace.json<Attempted>("status", "--instance", String(instance))).document;

  posix("a run, killed", () => {
    test("at each line it prints, and resumed: ends as the undisturbed one, and repeats nothing that had ended", async () => {
      for (const line of [2, 3, 5, 6, 7, 8, 9, 10]) {
        const workspace = await make();
        const { out, signal } = await killed(workspace, ["run", "Job_HR"], { line, signal: "SIGKILL" });
        expect([line, signal]).toEqual([line, "SIGKILL"]);
        const before = await statusOf(workspace, 2);
        const { code, document } = await workspace.json<Attempted>("resume", "2");
        if (before.state === "Completed") expect([line, code]).toEqual([line, 64]);
        else {
          expect([line, code, document.state, document.attempt]).toEqual([line, 0, "Completed", 2]);
          expect(document.attempts).toMatchObject([{ attempt: 1, state: "Aborted", message: expect.stringMatching(/is gone$/) }]);
          for (const [, task = ""] of out.matchAll(/ (\w+) Completed after/g)) {
            expect(document.tasks.find((each) => each.task === task)).toMatchObject({ attempt: 1, attempts: [] });
          }
          const aborted = before.tasks.filter(({ state }) => state === "Aborted").map(({ task }) => task);
          for (const { task, attempts } of document.tasks) {
            expect(attempts.map(({ state }) => state)).toEqual(aborted.includes(task) ? ["Aborted"] : []);
          }
        }
        expect([line, await workspace.holdings()]).toEqual([line, await reference()]);
      }
    });

    test("and its resumes killed, one after the other: every attempt is on record, and at last it ends as the undisturbed one", async () => {
      const workspace = await make();
      expect((await killed(workspace, ["run", "Job_HR"], { line: 3, signal: "SIGKILL" })).signal).toBe("SIGKILL");
      let resumes = 0;
      // What a resume prints grows shorter, since what ended is not repeated: each is killed a line later than the last, and gets further for sure.
      for (let line = 2; ; line++) {
        const end = await killed(workspace, ["resume", "2"], { line, signal: "SIGKILL" });
        resumes++;
        if (end.signal === null) {
          expect(end.code).toBe(0);
          break;
        }
        expect(resumes).toBeLessThan(12);
        if ((await statusOf(workspace, 2)).state === "Completed") break;
      }
      const document = await statusOf(workspace, 2);
      expect([document.state, document.attempt]).toEqual(["Completed", resumes + 1]);
      expect(document.attempts.map(({ attempt, state }) => [attempt, state])).toEqual(
        Array.from({ length: resumes }, (_, n) => [n + 1, "Aborted"]),
      );
      expect(resumes).toBeGreaterThan(2);
      expect(await workspace.holdings()).toEqual(await reference());
      const { out } = await workspace.call(["status", "--instance", "2"]);
      expect(out).toMatch(/Former attempts\n.*Attempt/);
      expect(out).toContain(`attempt ${resumes + 1}`);
    });

    // Files are the same on either database.
    test.runIf(kind === "SQLite")("before a rename of a file, and resumed: nothing half-written is taken", async () => {
      for (let rename = 1; ; rename += 5) {
        const workspace = await make();
        const { signal } = await killed(workspace, ["run", "Job_HR"], { rename, signal: "SIGKILL" });
        // So many renames a run does not make.
        if (signal === null) return expect(rename).toBeGreaterThan(10);
        const { code, document } = await workspace.json<Attempted>("resume", "2");
        if (code !== 0) expect((await statusOf(workspace, 2)).state).toBe("Completed");
        else expect([rename, document.state]).toEqual([rename, "Completed"]);
        expect([rename, await workspace.holdings()]).toEqual([rename, await reference()]);
      }
    });

    test("is not taken up where another run has gone on since: refused by name, and nothing is changed", async () => {
      const workspace = await make();
      await killed(workspace, ["run", "Job_HR"], { text: "HR_Prepare Completed", signal: "SIGKILL" });
      expect((await workspace.call(["status", "--instance", "2"])).out).toContain("sluice resume 2");
      expect((await workspace.call(["run", "Job_HR"])).code).toBe(0);
      const failure = await workspace.failure("resume", "2");
      expect(failure).toMatchObject({
        code: 64,
        error: { code: "JOB_OVERTAKEN", message: expect.stringContaining("instance 3 of Job_HR") },
      });
      expect((await statusOf(workspace, 2)).state).toBe("Aborted");
      expect(await workspace.holdings()).toEqual(await reference());
    });
  });

  posix("SIGTERM", () => {
    test("once: running tasks end, none starts; 5, and a resume goes on where it stopped", async () => {
      const workspace = await make();
      const { code, out } = await workspace.child(["run", "Job_HR"], { acts: [{ text: "HR_Export_HR_People started", signal: "SIGTERM" }] })
        .ended;
      expect(code).toBe(5);
      expect(out).toContain("halting on SIGTERM: the running tasks have 60 s to end");
      const halted = await statusOf(workspace, 2);
      expect([halted.state, statesOf(halted)]).toEqual([
        "Aborted",
        { HR_Export_HR_People: "Completed", HR_Export_HR_Departments: "Completed", HR_Prepare: "NotStarted", HR_Synchronize: "NotStarted" },
      ]);
      const { out: said } = await workspace.call(["status", "--instance", "2"]);
      expect(said).toContain("stopped by SIGTERM");
      expect(said).toMatch(/sluice resume 2 .*goes on at its first unfinished task/);
      const resumed = await workspace.json<Attempted>("resume", "2", "--reason", "the machine is up again");
      expect([resumed.code, resumed.document.attempts]).toMatchObject([0, [{ state: "Aborted", message: "stopped by SIGTERM" }]]);
      expect(await workspace.holdings()).toEqual(await reference());
      expect((await workspace.call(["status", "--instance", "2"])).out).toMatch(/resume by .*: the machine is up again/);
    });

    test.each([
      ["a second one", 60, [{ text: "halting on SIGTERM", signal: "SIGTERM" }] as const, "stopped by a second signal"],
      ["the end of the grace time", 0, [], "stopped by SIGTERM; tasks that still ran after 0 s were aborted"],
    ])("then %s: the running tasks are stopped; 5; a resume repeats them", async (_, graceSeconds, more, message) => {
      const workspace = await make();
      workspace.write(
        "appsettings.json",
        JSON.stringify({ ...JSON.parse(workspace.read("appsettings.json")), Scheduler: { GraceTime: graceSeconds } }),
      );
      const people = workspace.read("sources/people.csv");
      const rows = Array.from({ length: 400_000 }, (_row, n) => `P${n},Person ${n},1,2020-01-01,D1,`).join("\n");
      workspace.write("sources/people.csv", `id,name,level,hired,dept,manager\n${rows}\n`);
      const { code } = await workspace.child(["run", "Job_HR"], {
        acts: [{ text: "HR_Export_HR_People started", signal: "SIGTERM" }, ...more],
      }).ended;
      expect(code).toBe(5);
      expect(statesOf(await statusOf(workspace, 2)).HR_Export_HR_People).toBe("Aborted");
      expect(existsSync(workspace.path("Temp/ExportOutput/HR_People.csv"))).toBe(false);
      expect((await workspace.call(["status", "--instance", "2"])).out).toContain(message);
      workspace.write("sources/people.csv", people);
      expect((await workspace.json<Attempted>("resume", "2")).code).toBe(0);
      expect(await workspace.holdings()).toEqual(await reference());
    });
  });
});
