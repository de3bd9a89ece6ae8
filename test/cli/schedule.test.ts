import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Capture } from "./screen.js";
import { TestWorkspace } from "./workspace.js";

const machineZone = process.env.TZ;
let workspace: TestWorkspace;
beforeAll(() => {
  process.env.TZ = "Europe/Paris";
});
afterAll(() => {
  if (machineZone === undefined) delete process.env.TZ;
  else process.env.TZ = machineZone;
});
beforeEach(() => {
  workspace = new TestWorkspace();
});
afterEach(() => {
  workspace.remove();
});
const call = (...argv: string[]) => workspace.call(["schedule", ...argv]);
const linesOf = (text: string): string[] => text.trimEnd().split("\n");

/** Gives Job_HR another schedule, and jobs beside it. */
const schedule = (attributes: string, more = ""): void => {
  const path = join(workspace.folder, "hr.xml");
  const text = readFileSync(path, "utf8").replace('CronTabExpression="0 3 * * *"', attributes);
  workspace.write("hr.xml", text.replace("</ConfigurationFile>", `${more}</ConfigurationFile>`));
};
const jobOf = (identifier: string, attributes: string, connection = "People"): string =>
  `<Job Identifier="${identifier}" DisplayName_L1="${identifier}" Agent="Local" ${attributes}>
     <ExportTask Identifier="${identifier}_Export" Agent="Local" DisplayName_L1="Export" OpenIdClient="Job" Connection="${connection}" IgnoreCookieFile="true"/>
   </Job>`;

// Now is 2026-11-21T12:00:00Z.
describe("sluice schedule", () => {
  test("a day by default: every run in UTC and in the time of this machine, no database made", async () => {
    const { code, out, err } = await call();
    expect(code).toBe(0);
    expect(linesOf(out)).toEqual([
      "from 2026-11-21 12:00:00 UTC to 2026-11-22 12:00:00 UTC; server time is Europe/Paris",
      "",
      "UTC                  Server time                 Job     Note",
      "2026-11-22 03:00:00  2026-11-22 04:00:00 +01:00  Job_HR",
    ]);
    expect(err).toContain("1 row");
    expect(existsSync(workspace.database)).toBe(false);
  });

  test("a year: what the clock's changes do, in order", async () => {
    schedule('CronTabExpression="30 2 * * *" CronTimeZone="ServerTime"');
    const lines = linesOf((await call("--next", "1y")).out);
    expect(lines.slice(1, 3)).toEqual([
      "the clock changes at 2027-03-28 01:00:00 UTC: 02:00 becomes 03:00",
      "the clock changes at 2027-10-31 01:00:00 UTC: 03:00 becomes 02:00",
    ]);
    const runs = lines.slice(5);
    expect(runs).toHaveLength(365);
    expect(runs.filter((line) => /moved|twice/.test(line))).toEqual([
      "2027-03-28 01:00:00  2027-03-28 03:00:00 +02:00  Job_HR  moved: 02:30 is missing that day",
      "2027-10-31 00:30:00  2027-10-31 02:30:00 +02:00  Job_HR  02:30 comes twice: runs the first time only",
    ]);
  });

  test("jobs in each other's way, jobs without a schedule and those not due, a scheduler that is switched off", async () => {
    schedule(
      'CronTabExpression="0 3 * * *"',
      `${jobOf("Job_Teams", 'CronTabExpression="0 3 * * Sun"', "Teams")}${jobOf("Job_Hand", "")}${jobOf("Job_Leap", 'CronTabExpression="0 0 29 2 *"')}`,
    );
    workspace.settings({ Scheduler: { Enabled: false } });
    expect(linesOf((await call()).out)).toEqual([
      "from 2026-11-21 12:00:00 UTC to 2026-11-22 12:00:00 UTC; server time is Europe/Paris",
      "without a schedule: Job_Hand",
      "Job_Leap is not due in this time; next at 2028-02-29 00:00:00 UTC",
      "",
      "UTC                  Server time                 Job        Note",
      "2026-11-22 03:00:00  2026-11-22 04:00:00 +01:00  Job_HR     collides with Job_Teams: both need HR, one waits",
      "2026-11-22 03:00:00  2026-11-22 04:00:00 +01:00  Job_Teams  collides with Job_HR: both need HR, one waits",
    ]);
    for (const format of ["table", "csv"]) expect((await call("--format", format)).err).toContain("Scheduler.Enabled is false");
  });

  test("of one job only, its collisions with others too", async () => {
    schedule('CronTabExpression="0 3 * * *"', jobOf("Job_Teams", 'CronTabExpression="0 3,4 * * *"', "Teams"));
    const { out } = await call("Job_HR", "--format", "csv");
    expect(out).toBe(
      "job,at,local,change,movedFrom,collisions,overlapAfterSeconds\nJob_HR,2026-11-22T03:00:00.000Z,2026-11-22T04:00:00+01:00,,,Job_Teams:HR,\n",
    );
    expect(await call("Job_Hr")).toMatchObject({ code: 64, err: expect.stringContaining("nearest is Job_HR") });
  });

  test("a run that comes sooner than the last ones took, by the record; runs that a person resumed do not count", async () => {
    expect((await workspace.call(["run", "Job_HR"])).code).toBe(2);
    expect((await workspace.call(["resume", "1"])).code).toBe(0);
    const noted = async (): Promise<string[]> => linesOf((await call("--next", "30min")).out).slice(3);
    schedule('CronTabExpression="0,20 * * * *"');
    await workspace.withDatabase(async (knex) => {
      await knex("UJ_JobInstances").update({ StartDate: "2026-11-20T03:00:00.000Z", EndDate: "2026-11-20T09:00:00.000Z" });
    });
    expect(await noted()).toEqual(["2026-11-21 12:20:00  2026-11-21 13:20:00 +01:00  Job_HR"]);
    expect((await workspace.call(["run", "Job_HR"])).code).toBe(0);
    await workspace.withDatabase(async (knex) => {
      await knex("UJ_JobInstances").where({ Id: 2 }).update({ StartDate: "2026-11-20T03:00:00.000Z", EndDate: "2026-11-20T03:25:00.000Z" });
    });
    const note = "20 min 00 s after the one before, and runs took up to 25 min 00 s";
    expect(await noted()).toEqual([`2026-11-21 12:20:00  2026-11-21 13:20:00 +01:00  Job_HR  ${note}: it is skipped while that one runs`]);
    workspace.settings({ Scheduler: { Jobs: { job_hr: { Overlap: "Queue" } } } });
    expect(await noted()).toEqual([`2026-11-21 12:20:00  2026-11-21 13:20:00 +01:00  Job_HR  ${note}: it waits for the end of that one`]);
  });

  test("JSON", async () => {
    schedule('CronTabExpression="0 3 * * *" CronTimeZone="ServerTime"', jobOf("Job_Hand", ""));
    expect(JSON.parse((await call("--json", "--next", "48h")).out)).toEqual({
      format: 1,
      from: "2026-11-21T12:00:00.000Z",
      until: "2026-11-23T12:00:00.000Z",
      serverTimeZone: "Europe/Paris",
      isEnabled: true,
      jobs: [
        {
          job: "Job_HR",
          cron: "0 3 * * *",
          cronTimeZone: "ServerTime",
          missedRuns: "One",
          overlap: "Skip",
          connectors: ["HR"],
          longestRunSeconds: null,
          runs: 2,
          first: "2026-11-22T02:00:00.000Z",
          last: "2026-11-23T02:00:00.000Z",
        },
      ],
      withoutSchedule: ["Job_Hand"],
      clockChanges: [],
      runs: ["2026-11-22", "2026-11-23"].map((day) => ({
        job: "Job_HR",
        at: `${day}T02:00:00.000Z`,
        local: `${day}T03:00:00+01:00`,
        change: null,
        movedFrom: null,
        collisions: [],
        overlapAfterSeconds: null,
      })),
    });
    expect(JSON.parse((await call("Job_Hand", "--json")).out)).toMatchObject({ jobs: [], withoutSchedule: ["Job_Hand"], runs: [] });
  });

  test("the whole year of every minute comes as it is found: who stops reading stops it", async () => {
    schedule('CronTabExpression="* * * * *"');
    const stdout = new Capture();
    let written = 0;
    stdout.write = (text: string) => {
      written += linesOf(text).length;
      if (written > 5000) stdout.emit("error", Object.assign(new Error("nobody reads"), { code: "EPIPE" }));
      return true;
    };
    expect((await workspace.call(["schedule", "--next", "100y", "--format", "csv"], { stdout })).code).toBe(0);
    expect(written).toBeGreaterThan(5000);
    expect(written).toBeLessThan(10_000);
  });

  test.each(["", "0h", "1", "y", "1m", "-1d", "1.5h", "101y", "999999999w"])("--next %j is refused", async (next) => {
    expect(await call(`--next=${next}`)).toMatchObject({ code: 64, out: "", err: expect.stringContaining("90min, 12h, 7d, 8w or 1y") });
  });

  test.each([
    ["90min", "2026-11-21 13:30:00"],
    ["12h", "2026-11-22 00:00:00"],
    ["7D", "2026-11-28 12:00:00"],
    ["2w", "2026-12-05 12:00:00"],
    ["2y", "2028-11-21 12:00:00"],
  ])("--next %s", async (next, until) => {
    expect((await call("--next", next)).out).toContain(` to ${until} UTC;`);
  });
});
