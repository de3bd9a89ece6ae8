import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { program } from "../../src/cli/program.js";
import { Capture } from "./screen.js";
import { TestWorkspace } from "./workspace.js";

let workspace: TestWorkspace;
beforeEach(() => {
  workspace = new TestWorkspace();
});
afterEach(() => {
  workspace.remove();
});
const call = (...argv: string[]) => workspace.call(argv);
const failureOf = (text: string) => (JSON.parse(text) as { error: Record<string, unknown> }).error;

describe("the program", () => {
  test("without a command it says how to be called, on stderr", async () => {
    const { code, out, err } = await call();
    expect([code, out]).toEqual([64, ""]);
    expect(err).toContain("Usage: sluice <command>");
  });

  test.each(program.map((entry) => entry.name))("%s --help says what it does, options, exit codes and an example", async (name) => {
    const { code, out, err } = await call(...name.split(" "), "--help");
    expect([code, err]).toEqual([0, ""]);
    for (const part of [`Usage: sluice ${name}`, "--workspace DIR", "Exit codes", "Example", `  sluice ${name}`])
      expect(out).toContain(part);
    for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    expect((await call("help", ...name.split(" "))).out).toBe(out);
  });

  test("help lists every command; the version is that of package.json", async () => {
    const { out } = await call("--help");
    for (const { name } of program) expect(out).toMatch(new RegExp(`^ {2}${name} `, "m"));
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect((await call("--version")).out).toBe(`${version}\n`);
  });

  test.each([
    [["valdiate"], "CMD_UNKNOWN_COMMAND", "did you mean validate?"],
    [["frobnicate"], "CMD_UNKNOWN_COMMAND", "sluice --help lists the commands"],
    [["database", "migrat"], "CMD_UNKNOWN_COMMAND", "did you mean database migrate?"],
    [["database", "purge"], "CMD_OPTION_NEEDED", "--before DATE"],
    [["database", "purge", "--before", "2026-11-20", "--before-months", "3"], "CMD_OPTIONS_CONFLICT", "--before and --before-months"],
    [["database", "purge", "--before", "2027-01-01"], "CMD_OPTION_VALUE_INVALID", "a moment that has passed"],
    [["database", "purge", "--before-months", "0"], "CMD_OPTION_VALUE_INVALID", "from 1 to 1200"],
    [["database", "purge", "--optimize", "1440"], "CMD_OPTION_VALUE_INVALID", "1440:30"],
    [["database", "purge", "--clean-duplicates", "--batch", "many"], "CMD_OPTION_VALUE_INVALID", "from 1 to 100000"],
    [["database", "purge", "--before", "2026-11-20"], "CMD_DATABASE_ABSENT", "sluice.db"],
    [["database", "views"], "CMD_DATABASE_ABSENT", "sluice.db"],
    [["database", "indexes"], "CMD_DATABASE_ABSENT", "sluice.db"],
    [["run", "Job_HR", "--forse"], "CMD_UNKNOWN_OPTION", "did you mean --force?"],
    [["run", "Job_HR", "-x"], "CMD_UNKNOWN_OPTION", "sluice run --help lists them"],
    [["run", "Job_HR", "--reason"], "CMD_OPTION_VALUE_MISSING", "--reason TEXT"],
    [["run", "Job_HR", "--reason", "--force"], "CMD_OPTION_VALUE_MISSING", "--reason TEXT"],
    [["run", "Job_HR", "--force=yes"], "CMD_OPTION_VALUE_UNEXPECTED", "'yes'"],
    [["run", "Job_HR", "--from", "a", "--from", "b"], "CMD_OPTION_REPEATED", "--from"],
    [["run", "Job_HR", "--accept", "errors"], "CMD_OPTION_VALUE_INVALID", "give warning"],
    [["run", "Job_HR", "--task", "a", "--from", "b"], "CMD_OPTIONS_CONFLICT", "--task and --from"],
    [["connector", "activat", "HR"], "CMD_UNKNOWN_COMMAND", "did you mean connector activate?"],
    [["invoke-job"], "CMD_OPTION_NEEDED", "--job-identifier JOB"],
    [["invoke-job", "-j", "Job_HR", "-t", "a", "-s", "b"], "CMD_OPTIONS_CONFLICT", "--task-identifier and --task-string-contains"],
    [["invoke-job", "-j", "Job_HR", "-r", "-b", "a"], "CMD_OPTIONS_CONFLICT", "--begin-job-step and --repair-job"],
    [
      ["prepare-synchronization", "--connector", "HR", "--synchronization-mode", "full"],
      "CMD_OPTION_VALUE_INVALID",
      "Initial, Complete, Incremental",
    ],
    [
      ["prepare-synchronization", "--connector", "HR", "--synchronization-mode", "complete", "--working-directory", "../x"],
      "CMD_OPTION_VALUE_INVALID",
      "without ..",
    ],
    [["synchronize", "--connector", "HRR"], "CMD_UNKNOWN_NAME", "did you mean HR?"],
    [["run"], "CMD_ARGUMENT_MISSING", "sluice run [JOB] [options]"],
    [["run", "Job_HT"], "JOB_UNKNOWN", "Job_HR"],
    [["plan"], "CMD_ARGUMENT_MISSING", "JOB"],
    [["plan", "Job_HR", "more"], "CMD_ARGUMENT_UNEXPECTED", "'more'"],
    [["plan", "Job_HR", "--format", "svg"], "CMD_OPTION_VALUE_INVALID", "text, mermaid, dot, json"],
    [["status", "Job_HR", "--instance", "3"], "CMD_OPTIONS_CONFLICT", "exclude each other"],
    [["status", "--instance", "3", "--connector", "HR"], "CMD_OPTIONS_CONFLICT", "exclude each other"],
    [["status", "--instance", "0"], "CMD_OPTION_VALUE_INVALID", "'0'"],
    [["status", "--connector", "HT"], "CMD_UNKNOWN_NAME", "did you mean HR?"],
    [["changes", "99999999999999999999"], "CMD_ARGUMENT_INVALID", "number of a job instance"],
    [["resume", "1"], "JOB_INSTANCE_UNKNOWN", "1"],
    [["cancel", "1"], "JOB_INSTANCE_UNKNOWN", "1"],
    [["logs", "1"], "JOB_INSTANCE_UNKNOWN", "1"],
    [["resources", "person"], "CMD_UNKNOWN_NAME", "did you mean Person?"],
    [["resources", "Person", "--where", "Name"], "CMD_OPTION_VALUE_INVALID", "Property=value"],
    [["resources", "Person", "--where", "Nme=x"], "CMD_UNKNOWN_NAME", "did you mean Name?"],
    [["resources", "Person", "--as-of", "2026-02-30"], "CMD_OPTION_VALUE_INVALID", "2026-11-21"],
    [["resources", "Person", "--as-of", "2026-11-21T09:30:00"], "CMD_OPTION_VALUE_INVALID", "with its zone"],
    [["links", "Team_Member"], "CMD_UNKNOWN_NAME", "did you mean Team_Members?"],
    [["show", "Person", "P1"], "CMD_RESOURCE_MISSING", "sluice resources Person"],
    [["xsd", "--out", "missing/folder/x.xsd"], "CMD_FILE_NOT_WRITTEN", "--out FILE"],
    [["validate", "-w", "nowhere"], null, "nowhere"],
  ] as const)("sluice %j is refused with 64 and %s, and leaves no database", async (argv, code, says) => {
    const { code: exit, out, err } = await call(...argv);
    expect(exit).toBe(64);
    expect(code === null ? out : err).toContain(code === null ? says : `error ${code}: `);
    expect(out + err).toContain(says);
    expect(err).not.toMatch(/\n\s+at /);
    expect(existsSync(workspace.database)).toBe(false);
    if (code === null || argv[0] === "xsd") return;
    const json = await call(...argv, "--json");
    expect(json.code).toBe(64);
    expect(failureOf(json.out)).toMatchObject({ code, message: expect.stringContaining(says), file: null, line: null, column: null });
  });

  test("a value that begins with a dash is given with =; after -- there are no options", async () => {
    expect((await call("show", "Person", "--", "-P1")).err).toContain("'-P1'");
    expect((await call("resources", "Person", "--where=Name=-x", "--format=csv")).code).toBe(0);
  });

  test("where a failure arose is shown with --log-level Debug only", async () => {
    expect((await call("plan", "Job_X", "--log-level", "debug")).err).toMatch(/\n\s+at /);
    expect((await call("plan", "Job_X")).err).not.toMatch(/\n\s+at /);
  });
});

describe("validate", () => {
  test("a sound workspace: one line, 0, nothing touched", async () => {
    expect(await call("validate")).toEqual({ code: 0, out: "1 file, 1 connector, 1 job: no errors, no warnings\n", err: "" });
    expect(existsSync(join(workspace.folder, "Work"))).toBe(false);
  });

  test("findings as file:line:column, sorted; elements that are not used in the summary; JSON says the same", async () => {
    workspace.write(
      "more.xml",
      '<ConfigurationFile>\n  <Menu Identifier="M"/>\n  <Connector Identifer="X"/>\n  <Nonsense/>\n</ConfigurationFile>',
    );
    const { code, out } = await call("validate");
    expect(code).toBe(64);
    const lines = out.trimEnd().split("\n");
    expect(lines.slice(0, -1).every((line) => /^more\.xml:\d+:\d+: (error|warning) CFG_\w+: /.test(line))).toBe(true);
    expect(lines.some((line) => line.startsWith("more.xml:3:") && line.includes("Identifier"))).toBe(true);
    expect(lines.at(-1)).toMatch(/^2 files: \d+ errors, .*; 1 element accepted that Sluice does not use: Menu 1$/);
    const json = await call("validate", "--json");
    const document = JSON.parse(json.out) as { valid: boolean; errors: number; findings: unknown[]; accepted: object; counts: null };
    expect([json.code, document.valid, document.counts]).toEqual([64, false, null]);
    expect(document.findings).toHaveLength(lines.length - 1);
    expect(document.accepted).toEqual({ Menu: 1 });
  });

  test("errors of task graphs are findings too", async () => {
    const job = `<ConfigurationFile><Job Identifier="Job_Twisted" DisplayName_L1="T" Agent="Local">
      <ExportTask Identifier="E1" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="People" Level="1"><TaskDependsOnTask ParentTask="E2"/></ExportTask>
      <ExportTask Identifier="E2" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="Teams" Level="2"/>
    </Job></ConfigurationFile>`;
    workspace.write("job.xml", job);
    const { code, out } = await call("validate");
    expect(code).toBe(64);
    expect(out).toMatch(/^job\.xml:2:\d+: error JOB_GRAPH_PARENT_NOT_EARLIER: /m);
  });

  test("colours on a terminal only", async () => {
    const stdout = new Capture({ columns: 80, rows: 24 });
    await workspace.call(["validate"], { stdout });
    expect(stdout.text).toContain("\u001b[32m");
    const plain = new Capture({ columns: 80, rows: 24 });
    await workspace.call(["validate"], { stdout: plain, env: { NO_COLOR: "1" } });
    expect(plain.text).not.toContain("\u001b");
  });
});

describe("a configuration with errors", () => {
  test("stops every command that needs it, with all errors; JSON names the first place", async () => {
    workspace.write("broken.xml", '<ConfigurationFile>\n  <Connector Identifer="X"/>\n</ConfigurationFile>');
    for (const argv of [["jobs"], ["run", "Job_HR"], ["plan", "Job_HR"], ["resources", "Person"]]) {
      const { code, out, err } = await call(...argv);
      expect([code, out]).toEqual([64, ""]);
      expect(err).toMatch(/^broken\.xml:2:\d+: error CFG_/);
    }
    const error = failureOf((await call("run", "Job_HR", "--json")).out);
    expect(error).toMatchObject({ code: expect.stringMatching(/^CFG_/), file: "broken.xml", line: 2 });
  });
});

describe("plan, jobs, xsd", () => {
  test.each([
    ["text", "HR_Synchronize"],
    ["mermaid", "flowchart"],
    ["dot", "digraph"],
  ])("plan as %s", async (format, part) => {
    const { code, out } = await call("plan", "Job_HR", "--format", format);
    expect(code).toBe(0);
    expect(out).toContain(part);
  });

  test("plan as JSON is one document", async () => {
    expect(JSON.parse((await call("plan", "Job_HR", "--json")).out)).toMatchObject({ format: 1 });
  });

  test("jobs before the first run: schedule and next run, no database made", async () => {
    const { code, out } = await call("jobs");
    expect(code).toBe(0);
    expect(out.split("\n")[1]).toBe("Job_HR  People      4  0 3 * * * UTC  2026-11-22 03:00:00 UTC  never");
    expect(JSON.parse((await call("jobs", "--json")).out)).toMatchObject({
      format: 1,
      jobs: [{ job: "Job_HR", cron: "0 3 * * *", nextRun: "2026-11-22T03:00:00.000Z", tasks: 4, last: null }],
    });
    expect(existsSync(workspace.database)).toBe(false);
  });

  test("xsd to stdout and to a file relative to the current directory", async () => {
    const { out } = await call("xsd");
    expect(out).toContain("schema");
    expect((await call("xsd", "--out", "sluice.xsd")).code).toBe(0);
    expect(readFileSync(join(workspace.folder, "sluice.xsd"), "utf8")).toBe(out);
  });
});
