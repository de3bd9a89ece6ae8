import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { main } from "../../src/cli/main.js";
import { systemClock } from "../../src/model/index.js";
import { lastingDatabase, onEachDatabase, testTimeoutOn } from "../database.js";
import { examples } from "./workspace.js";

/** Two jobs over 4,000 rows each take 2 s on a machine with two busy processors; this is many times that. */
const patience = 120_000;

interface DayCounts {
  readonly blocked: boolean;
  readonly counters: Readonly<Record<string, number>>;
  readonly resources: Readonly<Record<string, number>>;
  readonly links: Readonly<Record<string, number>>;
}
const expected = (
  JSON.parse(readFileSync(join(examples, "days", "expected.json"), "utf8")) as { days: { day: number; HR: DayCounts; AD: DayCounts }[] }
).days;
const expectedOn = (day: number) => {
  const found = expected.find((each) => each.day === day);
  if (found === undefined) throw new Error(`expected.json has no day ${day}`);
  return found;
};

interface Report {
  readonly jobInstance: number;
  readonly state: string;
  readonly tasks: readonly {
    readonly task: string;
    readonly type: string;
    readonly state: string;
    readonly counters: Readonly<Record<string, number>> | null;
    readonly thresholds: readonly { readonly scope: string; readonly name: string; readonly exceeded: boolean }[];
  }[];
}

onEachDatabase((kind) => {
  const timeout = testTimeoutOn(kind, patience);
  let workspace = "";
  beforeAll(async () => {
    workspace = mkdtempSync(join(tmpdir(), "sluice-three-days-"));
    for (const name of [
      "Conf",
      "appsettings.json",
      "appsettings.agent.json",
      ...["AD_Complete", "AD_Synchronize", "HR_Incremental", "HR_Synchronize", "Initialize"].map((job) => `Job_${job}.xml`),
    ]) {
      cpSync(join(examples, name), join(workspace, name), { recursive: true });
    }
    mkdirSync(join(workspace, "Sources"));
    if (kind === "SQLite") return;
    const { connectionString } = await lastingDatabase(kind);
    const settings = join(workspace, "appsettings.json");
    const given = JSON.parse(readFileSync(settings, "utf8")) as Record<string, unknown>;
    writeFileSync(settings, JSON.stringify({ ...given, ConnectionString: connectionString }));
  });
  afterAll(() => rmSync(workspace, { recursive: true, force: true }));

  const arrive = (day: number) => cpSync(join(examples, "days", String(day)), join(workspace, "Sources"), { recursive: true });

  const sluice = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const texts = { out: "", err: "" };
    out.setEncoding("utf8").on("data", (text: string) => {
      texts.out += text;
    });
    err.setEncoding("utf8").on("data", (text: string) => {
      texts.err += text;
    });
    const code = await main(argv, { stdout: out, stderr: err, env: {}, cwd: workspace, clock: systemClock });
    for (const stream of [out, err]) await new Promise((resolve) => stream.on("end", resolve).end());
    return { code, ...texts };
  };

  const run = async (job: string): Promise<{ code: number; report: Report }> => {
    const { code, out, err } = await sluice("run", job, "--json");
    // From 64 on no instance exists, and there is no report (design §4).
    if (code >= 64) throw new Error(`run ${job} did not start: ${out}${err}`);
    return { code, report: JSON.parse(out) as Report };
  };
  const countersOf = (report: Report, connector: "HR" | "AD") =>
    report.tasks.find(({ task, type }) => type === "SynchronizeTask" && task.includes(connector))?.counters;

  type Row = Readonly<Record<string, string>>;
  const rows = async (...argv: string[]): Promise<Row[]> => {
    const { code, out, err } = await sluice(...argv, "--format", "csv");
    if (code !== 0) throw new Error(`${argv.join(" ")}: ${err}`);
    return parse(out, { columns: true });
  };
  const source = (day: number, name: string): Row[] =>
    parse(readFileSync(join(examples, "days", String(day), `${name}.csv`)), {
      columns: true,
      bom: true,
      delimiter: name.startsWith("ad_") ? ";" : ",",
      record_delimiter: name.startsWith("ad_") ? "\r\n" : "\n",
    });
  const sizes = async (command: "resources" | "links", names: readonly string[]): Promise<Record<string, number>> => {
    const result: Record<string, number> = {};
    for (const name of names) result[name] = (await rows(command, name)).length;
    return result;
  };
  const holds = async (day: number) => {
    for (const counts of [expectedOn(day).HR, expectedOn(day).AD]) {
      expect(await sizes("resources", Object.keys(counts.resources))).toEqual(counts.resources);
      expect(await sizes("links", Object.keys(counts.links))).toEqual(counts.links);
    }
  };

  /** The first row of each key, without the rows that have none: what cleansing leaves. */
  const cleansed = (all: readonly Row[], key: string): Row[] => [
    ...new Map(
      all
        .filter((row) => row[key] !== "")
        .reverse()
        .map((row) => [row[key], row]),
    ).values(),
  ];
  const lines = (all: readonly (readonly (string | undefined)[])[]) => all.map((values) => values.join("\u0000")).sort();

  const repositoryEquals = async (day: number) => {
    const date = (text = "") => (text === "" ? "" : `${text.replaceAll("-", "")}000000`);
    expect(
      lines(
        (await rows("resources", "Directory_User")).map((r) => [
          r.EmployeeId,
          r.DisplayName,
          r.LastName,
          r.FirstName,
          r.Title,
          r.StartDate,
          r.EndDate,
          r.Organization,
          r.Manager,
        ]),
      ),
    ).toEqual(
      lines(
        cleansed(source(day, "hr_users"), "EmployeeId").map((r) => [
          r.EmployeeId,
          r.DisplayName,
          r.LastName,
          r.FirstName,
          r.Title,
          date(r.StartDate),
          date(r.EndDate),
          r.OrganizationCode,
          r.ManagerId,
        ]),
      ),
    );
    const entries = source(day, "ad_entries");
    const byDn = new Map(entries.map(({ dn, objectGUID }) => [dn, objectGUID]));
    const byNumber = new Map(entries.map(({ employeeID, objectGUID }) => [employeeID, objectGUID]));
    byNumber.delete("");
    const managers = new Map(source(day, "ad_managers").map(({ employeeID, manager }) => [employeeID, byNumber.get(manager)]));
    expect(
      lines(
        (await rows("resources", "AD_Entry")).map((r) => [
          r.objectGUID,
          r.dn,
          r.displayName,
          r.description,
          r.userAccountControl,
          r.whenCreated,
          r.manager,
        ]),
      ),
    ).toEqual(
      lines(
        entries.map((r) => [
          r.objectGUID,
          r.dn,
          r.displayName,
          r.description,
          r.userAccountControl,
          r.whenCreated,
          managers.get(r.employeeID) ?? "",
        ]),
      ),
    );
    const links = source(day, "ad_members").map(({ dn, member }) => [byDn.get(dn), byDn.get(member)]);
    const resolved = new Set(lines(links.filter((pair) => !pair.includes(undefined))));
    expect(lines((await rows("links", "AD_Members")).map((row) => Object.values(row)))).toEqual([...resolved]);
  };

  describe("three days of the example, through the command line", () => {
    test("validate finds nothing; Job_AD_Complete can be planned", { timeout }, async () => {
      expect((await sluice("validate")).code).toBe(0);
      const { code, out } = await sluice("plan", "Job_AD_Complete");
      expect(code).toBe(0);
      for (const task of ["AD_Export_Complete", "AD_Synchronization", "All_SetAllInternalUserProfiles"]) expect(out).toContain(task);
    });

    test("Job_AD_Complete is refused by name, before an instance exists", { timeout }, async () => {
      const { code, err } = await sluice("run", "Job_AD_Complete");
      expect(code).toBe(64);
      expect(err).toContain("UpdateEntityPropertyExpressionsTask");
    });

    test("day 1: the initialization job loads everything", { timeout }, async () => {
      arrive(1);
      const { code, report } = await run("Job_Initialize");
      expect([code, report.state]).toEqual([0, "Completed"]);
      expect(countersOf(report, "HR")).toEqual(expectedOn(1).HR.counters);
      expect(countersOf(report, "AD")).toEqual(expectedOn(1).AD.counters);
      await holds(1);
      await repositoryEquals(1);
    });

    test("day 2: joiners, movers, leavers and renames pass the gate, the tutor's link heals", { timeout }, async () => {
      arrive(2);
      const hr = await run("Job_HR_Synchronize");
      expect([hr.code, countersOf(hr.report, "HR")]).toEqual([0, expectedOn(2).HR.counters]);
      const directory = await run("Job_AD_Synchronize");
      expect([directory.code, countersOf(directory.report, "AD")]).toEqual([0, expectedOn(2).AD.counters]);
      await holds(2);
      await repositoryEquals(2);
    });

    test("day 2 again: nothing differs", { timeout }, async () => {
      for (const [job, connector] of [
        ["Job_HR_Synchronize", "HR"],
        ["Job_AD_Synchronize", "AD"],
      ] as const) {
        const { code, report } = await run(job);
        const orphans = expectedOn(2)[connector].counters.orphans;
        expect([code, countersOf(report, connector)]).toEqual([
          0,
          { inserted: 0, updated: 0, deleted: 0, linksInserted: 0, linksDeleted: 0, orphans },
        ]);
      }
    });

    test("day 3, HR: the incremental job loads what changed, then finds nothing; the complete one has nothing to add", {
      timeout,
    }, async () => {
      arrive(3);
      const { code, report } = await run("Job_HR_Incremental");
      expect([code, countersOf(report, "HR")]).toEqual([0, expectedOn(3).HR.counters]);
      const again = await run("Job_HR_Incremental");
      expect([again.code, again.report.tasks.map(({ state }) => state)]).toEqual([
        0,
        ["Completed", "Completed", "Completed", "Skipped", "Skipped"],
      ]);
      const { orphans } = expectedOn(3).HR.counters;
      const complete = await run("Job_HR_Synchronize");
      expect([complete.code, countersOf(complete.report, "HR")]).toEqual([
        0,
        { inserted: 0, updated: 0, deleted: 0, linksInserted: 0, linksDeleted: 0, orphans },
      ]);
    });

    test("day 3: the cut-off entries file blocks, nothing is lost; cancel drops what was staged", { timeout }, async () => {
      const { code, report } = await run("Job_AD_Synchronize");
      expect([code, report.state]).toEqual([2, "Blocked"]);
      expect(countersOf(report, "AD")).toEqual(expectedOn(3).AD.counters);
      const exceeded = report.tasks.flatMap(({ thresholds }) =>
        thresholds.filter((threshold) => threshold.exceeded).map(({ scope, name }) => `${scope} ${name}`),
      );
      expect(exceeded).toEqual(
        expect.arrayContaining([
          "Connector AD MaximumDeletedLines",
          "Connector AD MaxPercentageDeletedLines",
          "Connector AD MaximumLinkDeletedLines",
        ]),
      );
      expect(await sizes("resources", ["AD_Entry"])).toEqual(expectedOn(2).AD.resources);
      expect(await rows("changes", String(report.jobInstance), "--command", "delete")).not.toHaveLength(0);
      expect((await sluice("cancel", String(report.jobInstance), "--reason", "the file was cut off")).code).toBe(0);
      expect((await sluice("resume", String(report.jobInstance))).code).toBe(64);
      expect(await sizes("links", ["AD_Members"])).toEqual(expectedOn(2).AD.links);
    });

    test("day 3 once more: blocked again, and resumed it loads what was staged", { timeout }, async () => {
      const { code, report } = await run("Job_AD_Synchronize");
      expect(code).toBe(2);
      expect((await sluice("resume", String(report.jobInstance), "--reason", "to see what happens")).code).toBe(0);
      await holds(3);
      await repositoryEquals(3);
    });
  });
});
