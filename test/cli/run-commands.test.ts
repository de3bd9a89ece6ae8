import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { onEachDatabase } from "../database.js";
import { Capture, shownBy } from "./screen.js";
import { TestWorkspace } from "./workspace.js";

onEachDatabase((kind) => {
  let workspace: TestWorkspace;
  beforeEach(async () => {
    workspace = await TestWorkspace.on(kind);
  });
  afterEach(() => {
    workspace.remove();
  });
  const call = (...argv: string[]) => workspace.call(argv);
  const people = async (): Promise<string> => (await call("resources", "Person", "--format", "csv")).out;
  const loaded = "PersonId,Name,Manager\nP1,Ann,\nP2,Zoë O'Brien,P1\n";

  describe("run, changes, resume, cancel", () => {
    test("a first load blocks; its set is looked at, resumed by hash, and is what the files said", async () => {
      const first = await call("run", "Job_HR");
      expect(first.code).toBe(2);
      const lines = first.out.split("\n");
      expect(lines[0]).toBe(`${workspace.title}, 0 resources`);
      expect(first.out).toMatch(/\n\d\d:\d\d:\d\d HR_Synchronize Blocked after /);
      expect(first.out).toContain("Job_HR, instance 1: Blocked after ");
      expect(first.out).toMatch(/HR_Synchronize +Connector HR +MaxPercentageInsertedLines +5 % +4 +0 +exceeded\n/);
      expect(first.out).toContain("Threshold Exceeded");
      expect(first.out).toContain("  sluice resume 1    applies exactly that");
      expect(await people()).toBe("PersonId,Name,Manager\n");

      const { setHash } = JSON.parse((await call("changes", "1", "--json")).out) as { setHash: string };
      const refused = await call("resume", "1", "--expect", "0".repeat(64));
      expect([refused.code, refused.err]).toEqual([64, expect.stringContaining("JOB_SET_CHANGED")]);
      // The sources are not asked again.
      workspace.write("sources/people.csv", "id,name,manager,team\n");
      const resumed = await call("resume", "1", "--expect", setHash.toUpperCase(), "--reason", "first load");
      expect(resumed.code).toBe(0);
      expect(resumed.out).toContain("HR_Synchronize (validation) Completed");
      expect(resumed.out).toContain("Job_HR, instance 1: Completed after ");
      expect(resumed.out).not.toContain("Thresholds exceeded");
      expect(await people()).toBe(loaded);
      expect((await call("status", "--instance", "1")).out).toMatch(/exceeded, resumed\n[\s\S]*resume by .*: first load\n/);
      expect((await call("show", "Person", "P2")).out).toMatch(/Manager +P1\n[\s\S]*Teams +Team +T1/);
      expect((await call("resume", "1")).code).toBe(64);

      const emptied = await call("run", "Job_HR");
      expect([emptied.code, emptied.out]).toEqual([2, expect.stringContaining("never all")]);
      expect((await call("cancel", "2")).code).toBe(0);
      expect(await people()).toBe(loaded);
    });

    test("--force is recorded and shows what it did not enforce; --json gives one document on stdout, the rest on stderr", async () => {
      const { code, out, err } = await call("run", "Job_HR", "--force", "--json", "--reason", "agreed");
      expect(code).toBe(0);
      expect(out.trimEnd().split("\n")).toHaveLength(1);
      const report = JSON.parse(out);
      expect(Object.keys(report)).toEqual([
        "format",
        "jobInstance",
        "job",
        "state",
        "startedAt",
        "endedAt",
        "attempt",
        "attempts",
        "tasks",
      ]);
      expect(report.tasks.map((task: { state: string }) => task.state)).toEqual(["Completed", "Completed", "Completed", "Completed"]);
      expect(err).toContain(`${workspace.title}, 0 resources\n`);
      expect(err).toContain("HR_Synchronize Completed");
      expect(out).toBe((await call("status", "--instance", "1", "--json")).out);
      const { out: status } = await call("status", "--instance", "1");
      expect(status).toContain("thresholds not enforced (--force)");
      expect(status).toContain("exceeded, not enforced");
    });

    test("an error names task, file, row and log; 1", async () => {
      workspace.write("sources/people.csv", "id,name,manager,team\nP1,Ann\n");
      const { code, out } = await call("run", "Job_HR");
      expect(code).toBe(1);
      expect(out).toMatch(/People_Export: error DATA_\w+\n/);
      expect(out).toContain("people.csv:2");
      expect(out).toContain("sluice logs 1");
      expect(out).toContain(join(workspace.folder, "Temp", "JobLogs", "Job_HR_1.log"));
      const log = await call("logs", "1");
      expect(log.out).toContain("People_Export");
      expect(log.out.split("\n").length).toBe(
        readFileSync(join(workspace.folder, "Temp", "JobLogs", "Job_HR_1.log"), "utf8").split("\n").length,
      );
    });

    test("a part of a job", async () => {
      const { code, out } = await call("run", "Job_HR", "--to", "HR_Prepare");
      expect(code).toBe(0);
      expect(out).toContain("HR_Prepare");
      expect(out).not.toContain("HR_Synchronize");
      expect((await call("run", "Job_HR", "--task", "HR_Prepar")).err).toContain("HR_Prepare");
    });

    test("on a terminal: live, and at the end the summary alone", async () => {
      const size = { columns: 100, rows: 30 };
      const stdout = new Capture(size);
      const { code } = await workspace.call(["run", "Job_HR", "--force"], { stdout });
      expect(code).toBe(0);
      expect(stdout.text).toContain("\u001b[J");
      const screen = shownBy(stdout.text, size);
      expect(screen[0]).toMatch(/^SQL(ite| Server) /);
      expect(screen.filter((line) => line.includes("People_Export"))).toHaveLength(1);
      expect(screen[2]).toMatch(/^Job_HR, instance 1: Completed after /);
    });

    test.each([{ CI: "true" }, { TERM: "dumb" }])("line by line on a terminal with %j", async (env) => {
      const stdout = new Capture({ columns: 100, rows: 30 });
      await workspace.call(["run", "Job_HR", "--to", "Teams_Export"], { stdout, env });
      expect(stdout.text).not.toContain("\u001b[J");
      expect(stdout.text).toMatch(/\n\d\d:\d\d:\d\d People_Export started\n/);
    });

    test("a reader that goes away does not stop a run, and its code still tells how it ended", async () => {
      const stdout = new Capture();
      const write = stdout.write.bind(stdout);
      stdout.write = (text) => {
        if (text.includes("People_Export started")) stdout.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
        return write(text);
      };
      const { code, out } = await workspace.call(["run", "Job_HR", "--force"], { stdout });
      expect(code).toBe(0);
      expect(out).not.toContain("HR_Synchronize");
      expect(await people()).toBe(loaded);
    });

    test("Ctrl-C before the first task's end: what runs ends, nothing else starts; 4", async () => {
      const signals = new EventEmitter();
      const stdout = new Capture();
      const write = stdout.write.bind(stdout);
      stdout.write = (text) => {
        if (text.includes("People_Export started")) signals.emit("SIGINT");
        return write(text);
      };
      const { code, out } = await workspace.call(["run", "Job_HR"], { stdout, signals });
      expect(code).toBe(4);
      expect(out).toContain("cancelling: the running tasks end");
      expect(out).toContain("Job_HR, instance 1: Cancelled");
      expect(out).not.toContain("HR_Prepare started");
      expect(signals.listenerCount("SIGINT")).toBe(0);
    });
  });
});
