import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { onEachDatabase, testTimeoutOn, unusedDatabase } from "../database.js";
import { temporaryFolder } from "../temporary-folder.js";
import { TestWorkspace } from "./workspace.js";

const execute = promisify(execFile);

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
  const tasksOf = (out: string): string[] => (JSON.parse(out) as { tasks: { task: string }[] }).tasks.map(({ task }) => task);

  describe("invoke-job", { timeout: testTimeoutOn(kind, 120_000) }, () => {
    test("runs a job; -r resumes its blocked instance; then there is none", async () => {
      const first = await call(
        "invoke-job",
        "-j",
        "Job_HR",
        "--api-url",
        "https://server",
        "--api-client-id",
        "Job",
        "--api-secret",
        "s3cr3t-value",
      );
      expect(first.code).toBe(2);
      expect(first.err).toContain("not needed: --api-url, --api-client-id, --api-secret");
      expect(first.out + first.err).not.toContain("s3cr3t-value");
      const repaired = await call("invoke-job", "-j", "Job_HR", "-r");
      expect([repaired.code, repaired.out]).toEqual([0, expect.stringContaining("Job_HR, instance 1: Completed")]);
      expect(await people()).toBe(loaded);
      const again = await call("invoke-job", "--job-identifier", "Job_HR", "--repair-job");
      expect([again.code, again.err]).toEqual([64, expect.stringContaining("CMD_TOOL_NOT_BLOCKED")]);
    });

    test.each([[["-f"]], [["-f", "12"]], [["--force-synchronization-provisioning"]], [["--force-synchronization-provisioning=3"]]])(
      "%j ignores thresholds, and the number",
      async (force) => {
        expect((await call("invoke-job", ...force, "-j", "Job_HR")).code).toBe(0);
        expect(await people()).toBe(loaded);
      },
    );

    test("-b, -e, -t, -c and -s choose tasks", async () => {
      const run = async (...options: string[]): Promise<string[]> =>
        tasksOf((await call("invoke-job", "-j", "Job_HR", ...options, "--json")).out);
      expect(await run("-b", "HR_Prepare", "-e", "HR_Prepare")).toEqual(["HR_Prepare"]);
      expect(await run("-t", "Teams_Export")).toEqual(["Teams_Export"]);
      expect(await run("-c", "ExportTask")).toEqual(["People_Export"]);
      expect(await run("-c", "preparesynchronization")).toEqual(["HR_Prepare"]);
      expect(await run("-s", "Export")).toEqual(["People_Export", "Teams_Export"]);
      expect(await run("-s", "HR_")).toEqual(["HR_Prepare", "HR_Synchronize"]);
      const none = await call("invoke-job", "-j", "Job_HR", "-s", "nowhere");
      expect([none.code, none.err]).toEqual([64, expect.stringContaining("--task-string-contains nowhere")]);
      const type = await call("invoke-job", "-j", "Job_HR", "-c", "FulfillTask");
      expect([type.code, type.err]).toEqual([64, expect.stringContaining("HR_Prepare (PrepareSynchronizationTask)")]);
      expect((await call("invoke-job", "-j", "Job_Hr")).err).toContain("JOB_UNKNOWN");
    });

    test("a run that was blocked with -s is resumed with the same tasks", async () => {
      await call("invoke-job", "-j", "Job_HR", "-s", "Export");
      expect((await call("invoke-job", "-j", "Job_HR", "-s", "HR_")).code).toBe(2);
      expect((await call("invoke-job", "-j", "Job_HR", "-r")).code).toBe(0);
      expect(await people()).toBe(loaded);
    });

    test("invoke-serverjob takes the same, without the server's address", async () => {
      expect((await call("invoke-serverjob", "-j", "Job_HR", "-f")).code).toBe(0);
      expect((await call("invoke-serverjob", "-j", "Job_HR", "--api-url", "x")).err).toContain("CMD_UNKNOWN_OPTION");
    });

    test("--database-connection-string stands above the settings, and is masked", async () => {
      if (kind === "SQLite") {
        const other = join(workspace.folder, "other.db");
        expect((await call("invoke-job", "-j", "Job_HR", "-f", "--database-connection-string", "sqlite:other.db")).code).toBe(0);
        expect([existsSync(other), existsSync(workspace.database)]).toEqual([true, false]);
      } else {
        const { connectionString } = unusedDatabase();
        const { code, out, err } = await call("invoke-job", "-j", "Job_HR", "--database-connection-string", connectionString);
        expect(code).toBe(69);
        expect(out + err).not.toContain(connectionString);
      }
      expect((await call("invoke-job", "-j", "Job_HR", "--database-connection-string", "nonsense")).err).toContain(
        "CMD_OPTION_VALUE_INVALID",
      );
    });
  });

  test("get-job-steps prints each task with its launch order", async () => {
    expect((await call("get-job-steps", "--job-identifier", "Job_HR", "--api-url", "x")).out).toBe(
      "Task : People_Export, Order : 0\nTask : Teams_Export, Order : 0\nTask : HR_Prepare, Order : 1\nTask : HR_Synchronize, Order : 2\n",
    );
    expect(JSON.parse((await call("get-job-steps", "-j", "Job_HR", "--json")).out).steps[2]).toEqual({ task: "HR_Prepare", order: 1 });
    expect((await call("get-job-steps")).err).toContain("--job-identifier JOB");
  });

  describe("export, prepare-synchronization, synchronize", { timeout: testTimeoutOn(kind, 120_000) }, () => {
    test("one after the other load a connector, each an instance of its own with locks and a record", async () => {
      for (const connection of ["People", "Teams"]) {
        expect((await call("export-csv", "--connection-identifier", connection, "--ignore-cookies", "--api-secret", "x")).code).toBe(0);
      }
      const prepared = await call("prepare-synchronization", "--agent", "Local", "--connector", "HR", "--synchronization-mode", "complete");
      expect(prepared.code).toBe(0);
      const blocked = await call("synchronize", "--connector", "HR");
      expect([blocked.code, blocked.out]).toEqual([2, expect.stringContaining("sluice resume 4")]);
      const { out } = await call("status");
      expect(out).toContain("prepare-synchronization --connector HR --synchronization-mode Complete --type None");
      // By its rows alone: no configuration has this task.
      const resumed = await call("resume", "4");
      expect([resumed.code, await people()]).toEqual([0, loaded]);
      expect((await call("synchronize", "--connector", "HR")).out).toContain("nothing prepared");
      expect((await call("logs", "4")).out).toContain("synchronize --connector HR");
    });

    test("--force loads what would block", async () => {
      await call("export", "--connection-identifier", "People", "--ignore-cookies");
      await call("export", "--connection-identifier", "Teams", "--ignore-cookies");
      await call("prepare-synchronization", "--connector", "HR", "--synchronization-mode", "COMPLETE");
      expect((await call("synchronize", "--connector", "HR", "-f", "1")).code).toBe(0);
      expect(await people()).toBe(loaded);
      workspace.write("sources/people.csv", "id,name,manager,team\nP1,Anna,,T1\nP2,Zoë O'Brien,P1,T1\n");
      await call("export", "--connection-identifier", "People", "--ignore-cookies");
      expect((await call("prepare-synchronization", "--connector", "HR", "--synchronization-mode", "incremental")).code).toBe(0);
      expect((await call("synchronize", "--connector", "HR", "--force")).code).toBe(0);
      expect(await people()).toContain("P1,Anna,");
    });

    test("folders may be named, below ours", async () => {
      await call("export", "--connection-identifier", "People", "--ignore-cookies");
      await call("export", "--connection-identifier", "Teams", "--ignore-cookies");
      const temp = join(workspace.folder, "Temp");
      renameSync(join(temp, "ExportOutput"), join(temp, "Other"));
      const mode = ["--connector", "HR", "--synchronization-mode", "complete"];
      expect((await call("prepare-synchronization", ...mode)).code).toBe(1);
      expect((await call("prepare-synchronization", ...mode, "--sources-directory", "Other", "--working-directory", "Mine")).code).toBe(0);
      expect(readdirSync(join(workspace.folder, "Work", "Mine"))).toContain("Person.sorted.csv");
      for (const value of ["../x", "/tmp", "a/../../b", "C:\\x", "a b"]) {
        expect((await call("prepare-synchronization", ...mode, "--sources-directory", value)).code).toBe(64);
      }
    });

    test("export-csv takes the documented settings instead of the connection's", async () => {
      workspace.write("sources/2026.txt", "id;name;manager;team\nP7;Seven;;\n");
      const { code } = await call(
        "export-csv",
        "--connection-identifier",
        "People",
        "--raw-files-path",
        "sources/2026.txt",
        "--separator",
        ";",
        "--ignore-cookies",
        "--output-path",
        "Temp/ExportOutput",
      );
      expect(code).toBe(0);
      expect(readFileSync(join(workspace.folder, "Temp", "ExportOutput", "People.csv"), "utf8")).toContain("P7,Seven");
      const pattern = ["--raw-files-path", "sources/20\\d\\d\\.txt", "--separator", ";", "--regex", "--ignore-cookies"];
      expect((await call("export-csv", "--connection-identifier", "People", ...pattern)).code).toBe(0);
      workspace.write("sources/changes.csv", "command,id,name,manager,team\nupdate,P1,Anna,,\n");
      expect((await call("export-csv", "--connection-identifier", "People", "--path-incremental", "sources/changes.csv")).code).toBe(0);
      expect(readFileSync(join(workspace.folder, "Temp", "ExportOutput", "People.csv"), "utf8")).toContain("P1,Anna");
      const elsewhere = await call("export-csv", "--connection-identifier", "People", "--output-path", "elsewhere");
      expect([elsewhere.code, elsewhere.err]).toEqual([64, expect.stringContaining("ExportOutput")]);
      expect((await call("export-excel", "--connection-identifier", "People")).err).toContain("of the package Excel");
      expect((await call("export-excel", "--connection-identifier", "People", "--lines-to-skip", "x")).err).toContain(
        "a number for each sheet",
      );
      expect((await call("export", "--connection-identifier", "Peopl")).err).toContain("did you mean People?");
    });
  });
});

/** As npm installs them: links with the documented names to files that node runs. */
describe("the documented names", { timeout: 120_000 }, () => {
  const { bin } = JSON.parse(readFileSync("package.json", "utf8")) as { bin: Record<string, string> };

  test("each has both spellings of its name, and a command", async () => {
    const names = Object.keys(bin).filter((name) => name !== "sluice");
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) {
      const [, rest = ""] = /^(?:Usercube|identitymanager)-(.+)$/.exec(name) ?? [];
      expect(bin[`Usercube-${rest}`]).toBe(bin[`identitymanager-${rest}`]);
      expect(readFileSync(resolve(bin[name] ?? ""), "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
    }
  });

  test.each([
    "Usercube-Invoke-Job",
    "identitymanager-Get-JobSteps",
    "Usercube-Prepare-Synchronization",
    "Usercube-Synchronize",
    "Usercube-Export-Csv",
    "Usercube-Export-Excel",
    "Usercube-Invoke-ServerJob",
  ])("%s runs by its name", async (name) => {
    const target = resolve(bin[name] ?? "");
    const link = join(temporaryFolder("bin"), name);
    // On Windows npm writes a script that names the file.
    const program = process.platform === "win32" ? target : link;
    if (program === link) symlinkSync(target, link);
    const { stdout } = await execute(process.execPath, [program, "--help"]);
    expect(stdout).toContain("A documented command line tool under its own name");
  });

  test("Usercube-Invoke-Job runs a job with the documented arguments and exit codes", async () => {
    const workspace = new TestWorkspace();
    try {
      const program = resolve(bin["Usercube-Invoke-Job"] ?? "");
      const started = execute(process.execPath, [program, "-j", "Job_HR", "--api-url", "https://server", "--log-level", "Fatal"], {
        cwd: workspace.folder,
      });
      await expect(started).rejects.toMatchObject({ code: 2, stdout: expect.stringContaining("Threshold Exceeded") });
      expect((await execute(process.execPath, [program, "-j", "Job_HR", "-r"], { cwd: workspace.folder })).stdout).toContain("Completed");
    } finally {
      workspace.remove();
    }
  });
});
