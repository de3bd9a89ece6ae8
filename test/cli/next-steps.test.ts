import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadWorkspace } from "../../src/config/index.js";
import { jobEndOf } from "../../src/jobs/notification/job-end.js";
import { mailContent } from "../../src/jobs/notification/mail-content.js";
import { jobInstanceId } from "../../src/model/index.js";
import { openStore } from "../../src/store/index.js";
import { TestWorkspace } from "./workspace.js";

const off = ["Inserted", "Updated", "Deleted"]
  .flatMap((what) => [`Maximum${what}Lines`, `MaxPercentage${what}Lines`, `MaximumLink${what}Lines`, `MaxLinkPercentage${what}Lines`])
  .map((name) => `${name}="0"`)
  .join(" ");
const day1 = "id,name,manager,team\nP1,Ann,,T1\nP2,Zoë O'Brien,P1,T1\nP4,Dan,P1,T2\n";
const day2 = "id,name,manager,team\nP1,Anna,,T2\nP3,Cid,P1,T1\nP4,Dan,P1,T2\n";

let workspace: TestWorkspace;
beforeEach(() => {
  workspace = new TestWorkspace();
  const hr = readFileSync(join(workspace.folder, "hr.xml"), "utf8");
  workspace.write("hr.xml", hr.replace('<Connector Identifier="HR"', `<Connector Identifier="HR" ${off}`));
  workspace.write(
    "more.xml",
    `<ConfigurationFile><CreateConnectorsJobs/>
  <ExportTask Identifier="Alone" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="People" Level="0" IgnoreCookieFile="true"/>
</ConfigurationFile>`,
  );
  people(day1);
});
afterEach(() => workspace.remove());

const people = (text: string): void => workspace.write("sources/people.csv", text);
const call = (...argv: string[]) => workspace.call(argv);
const json = async (...argv: string[]): Promise<{ jobInstance: number; state: string; tasks: { error: { code: string } | null }[] }> =>
  JSON.parse((await call(...argv, "--json")).out);

const kept = (): string[] => {
  const folder = join(workspace.folder, "Work", "Plans");
  return readdirSync(folder).map((name) => join(folder, name));
};

/** The words that a shell makes of a line: what `sluice` is called with. */
const wordsOf = (line: string): string[] =>
  execFileSync("sh", ["-c", `sluice() { printf '%s\\n' "$@"; }\n${line}`], { encoding: "utf8" })
    .trimEnd()
    .split("\n");

const printed = (text: string): string[] => {
  const [, block = ""] = /What to do next\n(?:-+\n)?((?: +.*\n)*)/.exec(text) ?? [];
  return block.split("\n").flatMap((line) => (line.startsWith("  sluice ") ? [line.trim().split("   ")[0] ?? ""] : []));
};

/** The commands that the command line and the mail print for an instance; without the workspace they are the same. */
const waysOn = async (id: number): Promise<string[]> => {
  const shown = printed((await call("status", "--instance", String(id))).out);
  const { configuration } = loadWorkspace({ workspace: workspace.folder, env: {} });
  if (configuration === null) throw new Error("the configuration has errors");
  const store = await openStore(configuration.settings.database);
  const instance = await store.records.find(jobInstanceId(id));
  if (instance === null) throw new Error(`there is no instance ${id}`);
  const rows = { instance, tasks: await store.records.tasks(instance.id), state: "Errored", isResumed: false } as const;
  await store.close();
  const { text } = mailContent(jobEndOf(configuration, rows), null);
  const mailed = printed(text);
  expect(mailed.map((line) => line.replace(` --workspace ${workspace.folder}`, ""))).toEqual(shown);
  expect(mailed.every((line) => line.endsWith(` --workspace ${workspace.folder}`))).toBe(true);
  return shown;
};

/** Pastes them one after the other. Each is understood: what it then runs may end as it likes. */
const paste = async (lines: readonly string[]): Promise<void> => {
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) {
    const { code, out, err } = await workspace.call(wordsOf(line));
    expect([line, code < 5, out + err]).toEqual([line, true, expect.any(String)]);
  }
};

describe("what is printed as the way on is pasted", { timeout: 120_000 }, () => {
  test.each(["complete", "incremental"])("of a connector's own job, in its mode: %s", async (mode) => {
    if (mode === "incremental") await call("run", "--connector", "HR", "--mode", "complete");
    rmSync(join(workspace.folder, "sources", "people.csv"));
    const { jobInstance, state } = await json("run", "--connector", "HR", "--mode", mode);
    expect(state).toBe("Errored");
    const lines = await waysOn(jobInstance);
    expect(lines).toEqual([`sluice logs ${jobInstance}`, `sluice resume ${jobInstance}`, `sluice run --connector HR --mode ${mode}`]);
    await paste(lines);
  });

  test("of a job, a root task and a tool", async () => {
    rmSync(join(workspace.folder, "sources", "people.csv"));
    const runs: readonly (readonly [argv: readonly string[], again: string])[] = [
      [["run", "Job_HR"], "sluice run Job_HR"],
      [["run", "--task", "Alone"], "sluice run --task Alone"],
      [
        ["export", "--connection-identifier", "People", "--ignore-cookies"],
        "sluice export --connection-identifier People --ignore-cookies",
      ],
      [
        ["prepare-synchronization", "--connector", "HR", "--synchronization-mode", "complete", "--sources-directory", "None"],
        "sluice prepare-synchronization --connector HR --synchronization-mode Complete --type None --sources-directory None",
      ],
    ];
    for (const [argv, again] of runs) {
      const { jobInstance, state } = await json(...argv);
      expect([argv, state]).toEqual([argv, "Errored"]);
      const lines = await waysOn(jobInstance);
      expect(lines).toEqual([`sluice logs ${jobInstance}`, `sluice resume ${jobInstance}`, again]);
      await paste(lines);
    }
  });

  test("of a plan whose repository moved: it is made again, and no resume is offered", async () => {
    await call("run", "Job_HR");
    people(day2);
    await call("run", "Job_HR", "--to", "HR_Synchronize", "--plan", "monday.plan");
    await workspace.withDatabase((knex) => knex.raw("UPDATE UR_Resources SET C5 = 'Annette' WHERE C5 = 'Ann'"));
    const { jobInstance, tasks } = await json("apply", "monday.plan");
    expect(tasks[0]?.error?.code).toBe("SYNC_PLAN_MOVED");
    const lines = await waysOn(jobInstance);
    const plan = `instance-${jobInstance}.plan`;
    expect(lines).toEqual([`sluice logs ${jobInstance}`, `sluice run Job_HR --to HR_Synchronize --plan ${plan}`]);
    await paste(lines);
    expect((await call("apply", plan)).code).toBe(0);
  });

  test("of a plan of a connector's own job, in its mode", async () => {
    await call("run", "Job_HR");
    people(day2);
    expect((await call("run", "--connector", "HR", "--mode", "complete", "--plan", "hr.plan")).err).toBe("");
    await workspace.withDatabase((knex) => knex.raw("UPDATE UR_Resources SET C5 = 'Annette' WHERE C5 = 'Ann'"));
    const { jobInstance } = await json("apply", "hr.plan");
    const lines = await waysOn(jobInstance);
    expect(lines.at(-1)).toBe(`sluice run --connector HR --mode complete --plan instance-${jobInstance}.plan`);
    await paste(lines);
  });

  test("an undo that later instances stand in the way of is refused before there is an instance", async () => {
    await call("run", "Job_HR");
    people(day2);
    const second = (await json("run", "Job_HR")).jobInstance;
    people(day2.replace("Anna", "Anna Maria"));
    await call("run", "Job_HR");
    const instances = (await call("status", "--format", "json")).out;
    expect(await call("undo", String(second))).toMatchObject({ code: 64, err: expect.stringContaining("SYNC_UNDO_CONFLICT") });
    expect((await call("status", "--format", "json")).out).toBe(instances);
  });
});

describe("apply", { timeout: 120_000 }, () => {
  test("of a plan without a change does nothing, and checks it all the same", async () => {
    await call("run", "Job_HR");
    await call("run", "Job_HR", "--plan", "none.plan");
    const instances = (await call("status", "--format", "json")).out;
    const applied = await call("apply", "none.plan");
    expect([applied.code, applied.out]).toEqual([
      0,
      expect.stringContaining("there is nothing to apply: the plan of Job_HR holds no change\n"),
    ]);
    expect(await json("apply", "none.plan")).toMatchObject({ format: 1, jobInstance: null, job: "Job_HR" });
    expect((await call("status", "--format", "json")).out).toBe(instances);
    expect(kept()).toEqual([]);

    const file = join(workspace.folder, "none.plan");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("Job_HR", "Job_AD"));
    expect(await call("apply", "none.plan")).toMatchObject({ code: 64, err: expect.stringContaining("SYNC_PLAN_ALTERED") });
    writeFileSync(file, text);
    people(day2);
    await call("run", "Job_HR");
    expect(await call("apply", "none.plan")).toMatchObject({ code: 64, err: expect.stringContaining("SYNC_PLAN_MOVED") });
  });

  test("names a file that cannot be read as such", async () => {
    const absent = await call("apply", "absent.plan");
    expect([absent.code, absent.err]).toEqual([64, expect.stringContaining("CMD_PLAN_UNREADABLE")]);
    expect(absent.err).toContain(`there is no plan ${join(workspace.folder, "absent.plan")}: check the path`);
    expect((await call("apply", "sources")).err).toContain("cannot be read (E");
    expect(kept()).toEqual([]);
  });

  test("counts as run --plan and changes do, and nobody else reads the plan", async () => {
    const hr = readFileSync(join(workspace.folder, "hr.xml"), "utf8");
    workspace.write("hr.xml", hr.replace('MaximumLinkDeletedLines="0"', 'MaximumLinkDeletedLines="1"'));
    await call("run", "Job_HR");
    people(day2);
    const planned = await call("run", "Job_HR", "--plan", "monday.plan");
    const said = /HR_Synchronize:? (\d+) changes of resources and links \(and (\d+) claims of its sources\)/;
    const [, changes = "", claims] = said.exec(planned.out) ?? [];
    const text = readFileSync(join(workspace.folder, "monday.plan"), "utf8");
    expect([changes, claims]).toEqual([
      String([...text.matchAll(/^\{"(?:resource|link)":/gm)].length),
      String([...text.matchAll(/^\{"claim":/gm)].length),
    ]);
    const applied = await call("apply", "monday.plan");
    expect(said.exec(applied.err)?.slice(1)).toEqual([changes, claims]);
    expect((await call("changes", "2")).out).toContain(`would make ${changes} changes\n`);
    const modes = [join(workspace.folder, "monday.plan"), ...kept()].map((path) => statSync(path).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600]);
  });
});

describe("jobs and schedule while the files have errors", { timeout: 120_000 }, () => {
  test("show the configuration that a scheduler took, and say so; without one they end with 64", async () => {
    const before = [await call("jobs"), await call("schedule")];
    workspace.write("broken.xml", "<ConfigurationFile><Job/></ConfigurationFile>");
    expect((await call("jobs")).code).toBe(64);
    rmSync(join(workspace.folder, "broken.xml"));
    const { openConfigurationSource } = await import("../../src/jobs/index.js");
    const { systemTiming } = await import("../../src/model/index.js");
    await openConfigurationSource({ workspace: workspace.folder, env: {}, timing: systemTiming });
    workspace.write("broken.xml", "<ConfigurationFile><Job/></ConfigurationFile>");
    const after = [await call("jobs"), await call("schedule")];
    expect(after.map(({ code, out }) => [code, out])).toEqual(before.map(({ out }) => [0, out]));
    for (const { err } of after)
      expect(err).toMatch(/^the configuration in the workspace has \d+ errors?: this is the one that a scheduler took at /);
    expect((await call("run", "Job_HR")).code).toBe(64);
  });
});
