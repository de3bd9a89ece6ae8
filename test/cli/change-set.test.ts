import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type DatabaseKind, onEachDatabase, testTimeoutOn } from "../database.js";
import { TestWorkspace } from "./workspace.js";

/** No thresholds but the guard of a whole population. */
const off = ["Inserted", "Updated", "Deleted"]
  .flatMap((what) => [`Maximum${what}Lines`, `MaxPercentage${what}Lines`, `MaximumLink${what}Lines`, `MaxLinkPercentage${what}Lines`])
  .map((name) => `${name}="0"`)
  .join(" ");

/** A second connector, a job of changes only, and a job that loads both connectors one after the other. */
const moreJobs = `<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile>
  <Connector Identifier="Badge" DisplayName_L1="Badges" Agent="Local" ${off}/>
  <Connection Identifier="Badges" Connector="Badge" DisplayName_L1="Badges" Package="Usercube.CSV@0000001"/>
  <EntityType Identifier="BadgeCard" DisplayName_L1="Card"><Property Identifier="CardId" DisplayName_L1="No" TargetColumnIndex="4" IsKey="true"/></EntityType>
  <EntityTypeMapping Identifier="BadgeCard" Connector="Badge" ConnectionTable="Badges" MaximumInsertedLines="2"><Property Identifier="CardId" ConnectionColumn="card" IsPrimaryKey="true"/></EntityTypeMapping>
  <Job Identifier="Job_Quick" DisplayName_L1="Quick" Agent="Local" IsIncremental="true">
    <ExportTask Identifier="Quick_People" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="People" Level="0" IgnoreCookieFile="true"/>
    <ExportTask Identifier="Quick_Teams" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="Teams" Level="0" IgnoreCookieFile="true"/>
    <PrepareSynchronizationTask Identifier="Quick_Prepare" Agent="Local" Connector="HR" DisplayName_L1="P" OpenIdClient="Job" SynchronizationMode="Incremental" Level="1"/>
    <SynchronizeTask Identifier="Quick_Load" Connector="HR" DisplayName_L1="S" Level="2"/>
  </Job>
  <Job Identifier="Job_Both" DisplayName_L1="Both" Agent="Local">
    <ExportTask Identifier="Both_People" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="People" Level="0" IgnoreCookieFile="true"/>
    <ExportTask Identifier="Both_Teams" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="Teams" Level="0" IgnoreCookieFile="true"/>
    <ExportTask Identifier="Both_Badges" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="Badges" Level="0" IgnoreCookieFile="true"/>
    <PrepareSynchronizationTask Identifier="Both_Badge" Agent="Local" Connector="Badge" DisplayName_L1="P" OpenIdClient="Job" SynchronizationMode="Complete" Level="1"/>
    <PrepareSynchronizationTask Identifier="Both_HR" Agent="Local" Connector="HR" DisplayName_L1="P" OpenIdClient="Job" SynchronizationMode="Complete" Level="1"/>
    <SynchronizeTask Identifier="Both_Badge_Load" Connector="Badge" DisplayName_L1="S" Level="2"/>
    <SynchronizeTask Identifier="Both_HR_Load" Connector="HR" DisplayName_L1="S" Level="3"/>
  </Job>
</ConfigurationFile>
`;

interface Document {
  readonly jobInstance: number;
  readonly job: string;
  readonly state: string;
  readonly tasks: readonly {
    task: string;
    state: string;
    counters: Record<string, number>;
    error: { code: string; message: string } | null;
  }[];
}

/** A workspace whose first day is loaded. */
const loaded = async (kind: DatabaseKind): Promise<TestWorkspace> => {
  const workspace = await TestWorkspace.on(kind);
  workspace.write("more.xml", moreJobs);
  const hr = readFileSync(join(workspace.folder, "hr.xml"), "utf8");
  workspace.write("hr.xml", hr.replace('<Connector Identifier="HR"', `<Connector Identifier="HR" ${off}`));
  workspace.write(
    "appsettings.agent.json",
    JSON.stringify({
      Connections: {
        People: { Path: "sources/people.csv" },
        Teams: { Path: "sources/teams.csv" },
        Badges: { Path: "sources/badges.csv" },
      },
    }),
  );
  workspace.write("sources/badges.csv", "card\nB1\n");
  // Dan stays as he is: what changes is never all of them, which would block.
  workspace.write("sources/people.csv", "id,name,manager,team\nP1,Ann,,T1\nP2,Zoë O'Brien,P1,T1\nP4,Dan,P1,T2\n");
  const first = await workspace.call(["run", "Job_HR"]);
  expect(first, first.out + first.err).toMatchObject({ code: 0 });
  return workspace;
};

const planApplyUndo = (kind: DatabaseKind): void => {
  let workspace: TestWorkspace;
  beforeEach(
    async () => {
      workspace = await loaded(kind);
    },
    testTimeoutOn(kind, 60_000),
  );
  afterEach(() => workspace.remove());

  const call = (...argv: string[]) => workspace.call(argv);
  const json = async (...argv: string[]): Promise<{ code: number; document: Document }> => {
    const { code, out } = await call(...argv, "--json");
    return { code, document: JSON.parse(out) as Document };
  };
  /** All that stands in the repository, times aside. */
  const repository = async (): Promise<string> => {
    const [people, teams, members] = [
      await call("resources", "Person", "--format", "csv", "--with-id"),
      await call("resources", "Team", "--format", "csv", "--with-id"),
      await call("links", "Team_Members", "--format", "csv"),
    ];
    return [people, teams, members].map(({ out }) => out).join("\n");
  };
  const day2 = (): void => workspace.write("sources/people.csv", "id,name,manager,team\nP1,Anna,,T2\nP3,Cid,P1,T1\nP4,Dan,P1,T2\n");
  const planFile = (): string => join(workspace.folder, "monday.plan");

  test("a plan is applied exactly, and leaves what the run would have left", async () => {
    const copy = await loaded(kind);
    day2();
    const before = await repository();
    const planned = await call("run", "Job_HR", "--plan", "monday.plan");
    expect(planned).toMatchObject({ code: 0 });
    expect(planned.out).toContain("HR_Synchronize");
    expect(planned.out).toContain("sluice apply ");
    expect(await repository()).toBe(before);
    const lines = readFileSync(planFile(), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toMatchObject({ format: 1, plan: "sluice", job: "Job_HR", leftOut: [] });
    expect(lines[1]).toMatchObject({
      section: 0,
      connector: "HR",
      mode: "Complete",
      blocked: null,
      counters: { inserted: 1, updated: 1, deleted: 1 },
    });
    expect(lines).toContainEqual({ resource: "Person", command: "update", key: "P1", values: { Name: ["Ann", "Anna"] } });
    expect(lines).toContainEqual({ link: "Team_Members", connector: "HR", command: "insert", key1: "T2", key2: "P1" });
    expect(lines.at(-1)).toHaveProperty("sha256");
    // The source goes on meanwhile: the plan does not ask it.
    workspace.write("sources/people.csv", "id,name,manager,team\n");
    const { code, document } = await json("apply", "monday.plan", "--reason", "HR approved it");
    expect(document).toMatchObject({
      state: "Completed",
      tasks: [{ state: "Completed", counters: { inserted: 1, updated: 1, deleted: 1 } }],
    });
    expect(code).toBe(0);
    copy.write("sources/people.csv", "id,name,manager,team\nP1,Anna,,T2\nP3,Cid,P1,T1\nP4,Dan,P1,T2\n");
    await copy.call(["run", "Job_HR"]);
    const ran = [];
    for (const argv of [
      ["resources", "Person"],
      ["resources", "Team"],
      ["links", "Team_Members"],
    ]) {
      ran.push((await copy.call([...argv, "--format", "csv", ...(argv[0] === "resources" ? ["--with-id"] : [])])).out);
    }
    expect(await repository()).toBe(ran.join("\n"));
    copy.remove();
    const status = await call("status", "--instance", String(document.jobInstance));
    expect(status.out).toContain("apply by ");
    expect(status.out).toContain("HR approved it");
    expect(readdirSync(join(workspace.folder, "Work", "Plans"))).toEqual([]);
  });

  test("after a plan the next incremental run is refused, and a complete one goes on", async () => {
    day2();
    await call("run", "Job_HR", "--plan", "monday.plan");
    await call("apply", "monday.plan");
    expect((await call("status", "--connector", "HR")).out).toContain("applied a plan");
    const { code, document } = await json("run", "Job_Quick");
    expect([code, document.tasks.flatMap(({ error }) => error?.code ?? [])]).toEqual([1, ["SYNC_COMPLETE_REQUIRED"]]);
    expect((await json("run", "Job_HR")).document).toMatchObject({
      state: "Completed",
      tasks: [{}, {}, {}, { counters: { inserted: 0, updated: 0, deleted: 0 } }],
    });
    expect((await call("run", "Job_Quick")).code).toBe(0);
  });

  test("a plan that was altered, cut off or is none is refused before an instance exists", async () => {
    day2();
    await call("run", "Job_HR", "--plan", "monday.plan");
    const text = readFileSync(planFile(), "utf8");
    const instances = (await call("status", "--format", "json")).out;
    for (const altered of [
      text.replace("Anna", "Hanna"),
      text.slice(0, -2),
      text.slice(0, text.lastIndexOf("{")),
      `${text}{}\n`,
      "",
      "id,name\n",
    ]) {
      writeFileSync(planFile(), altered);
      const { code, err } = await call("apply", "monday.plan");
      expect([code, err]).toEqual([64, expect.stringContaining("SYNC_PLAN_ALTERED")]);
    }
    expect((await call("apply", "absent.plan")).err).toContain("CMD_PLAN_UNREADABLE");
    expect((await call("status", "--format", "json")).out).toBe(instances);
    // And it is never written over.
    expect((await call("run", "Job_HR", "--plan", "monday.plan")).err).toContain("CMD_PLAN_EXISTS");
  });

  test("a plan is refused once the repository moved, and where the mappings are others", async () => {
    day2();
    await call("run", "Job_HR", "--plan", "monday.plan");
    workspace.write("sources/people.csv", "id,name,manager,team\nP1,Ann,,T1\nP2,Zoë O'Brien,P1,T2\nP4,Dan,P1,T2\n");
    await call("run", "Job_HR");
    const before = await repository();
    const moved = await call("apply", "monday.plan");
    expect([moved.code, moved.err]).toEqual([64, expect.stringContaining("SYNC_PLAN_MOVED")]);
    expect(await repository()).toBe(before);

    await call("run", "Job_HR", "--plan", "tuesday.plan");
    workspace.write(
      "hr.xml",
      readFileSync(join(workspace.folder, "hr.xml"), "utf8").replace('ConnectionColumn="name"', 'ConnectionColumn="title"'),
    );
    const others = await call("apply", "tuesday.plan");
    expect([others.code, others.err]).toEqual([64, expect.stringContaining("SYNC_PLAN_MAPPINGS")]);
    workspace.write("sources/people.csv", "id,title,manager,team\nP1,Ann,,T1\nP4,Dan,P1,T2\n");
    await call("run", "Job_HR", "--plan", "wednesday.plan");
    workspace.write(
      "hr.xml",
      readFileSync(join(workspace.folder, "hr.xml"), "utf8").replace('ConnectionColumn="title"', 'ConnectionColumn="name"'),
    );
    const wrong = await call("apply", "wednesday.plan");
    expect([wrong.code, wrong.err]).toEqual([64, expect.stringContaining("SYNC_PLAN_MAPPINGS")]);
  });

  test("a row that changed under the plan makes the task Errored, and nothing is written", async () => {
    day2();
    await call("run", "Job_HR", "--plan", "monday.plan");
    await workspace.withDatabase((knex) => knex.raw("UPDATE UR_Resources SET C5 = 'Annette' WHERE C5 = 'Ann'"));
    const before = await repository();
    const { code, document } = await json("apply", "monday.plan");
    expect([code, document.tasks[0]?.error?.code]).toEqual([1, "SYNC_PLAN_MOVED"]);
    expect(document.tasks[0]?.error?.message).toContain("Name of Person P1 is not what it was");
    expect(await repository()).toBe(before);
    // The plan is kept: once the cause is mended the instance is taken up again.
    await workspace.withDatabase((knex) => knex.raw("UPDATE UR_Resources SET C5 = 'Ann' WHERE C5 = 'Annette'"));
    const resumed = await json("resume", String(document.jobInstance));
    expect([resumed.code, resumed.document.state]).toEqual([0, "Completed"]);
    expect((await call("resources", "Person", "--format", "csv")).out).toContain("P1,Anna,");
  });

  test("a section that exceeds its thresholds blocks; the resume applies it and goes on with the rest of the plan", async () => {
    day2();
    workspace.write("sources/badges.csv", "card\nB1\nB2\nB3\n");
    const planned = await json("run", "Job_Both", "--plan", "both.plan");
    expect([planned.code, planned.document]).toMatchObject([2, { plan: { sections: [{ connector: "Badge" }, { connector: "HR" }] } }]);
    const { code, document } = await json("apply", "both.plan");
    expect([code, document.tasks.map(({ state }) => state)]).toEqual([2, ["Blocked", "NotStarted"]]);
    const changes = await call("changes", String(document.jobInstance), "--format", "csv");
    expect(changes.out).toContain("B3");
    // Another plan does not overtake it.
    expect((await call("apply", "both.plan")).err).toContain("SYNC_CONNECTOR_BLOCKED");
    const resumed = await json("resume", String(document.jobInstance));
    expect(resumed.document.tasks.map(({ state }) => state)).toEqual(["Completed", "Completed", "Completed"]);
    expect((await call("resources", "BadgeCard", "--format", "csv")).out).toBe("CardId\nB1\nB2\nB3\n");
    expect((await call("resources", "Person", "--format", "csv")).out).toContain("P1,Anna,");
    expect((await call("status", "--connector", "Badge")).out).toContain("applied a plan");
  });

  test("--force lets a plan pass its thresholds, and is recorded", async () => {
    workspace.write("sources/badges.csv", "card\nB1\nB2\nB3\n");
    await call("run", "Job_Both", "--plan", "both.plan");
    const { document } = await json("apply", "both.plan", "--force", "--reason", "first load");
    expect(document.state).toBe("Completed");
    expect((await call("status", "--instance", String(document.jobInstance))).out).toContain("force by ");
  });

  test("undo gives back what an instance changed, under the same Ids, and says what the next run has to be", async () => {
    const before = await repository();
    day2();
    const { document } = await json("run", "Job_HR");
    const after = await repository();
    expect(after).not.toBe(before);
    const undone = await json("undo", String(document.jobInstance), "--reason", "wrong file");
    expect(undone.document).toMatchObject({ state: "Completed", tasks: [{ counters: { inserted: 1, updated: 1, deleted: 1 } }] });
    expect(await repository()).toBe(before);
    expect((await call("status", "--instance", String(undone.document.jobInstance))).out).toContain("undo by ");
    expect((await call("status", "--connector", "HR")).out).toContain("turned back");
    expect((await json("run", "Job_Quick")).document.tasks.flatMap(({ error }) => error?.code ?? [])).toEqual(["SYNC_COMPLETE_REQUIRED"]);
    // The source still says it: a complete run brings it back.
    expect((await call("run", "Job_HR")).code).toBe(0);
    expect((await call("resources", "Person", "--format", "csv")).out).toContain("P1,Anna,");
    expect((await call("show", "Person", "P2", "--history")).code).toBe(0);
  });

  test("an undo is undone, and an undone run no obstacle to undoing the one before it", async () => {
    const first = await repository();
    day2();
    const second = (await json("run", "Job_HR")).document.jobInstance;
    const after = await repository();
    workspace.write("sources/people.csv", "id,name,manager,team\nP1,Anna Maria,,T2\nP3,Cid,P1,T1\nP4,Dan,P1,T2\n");
    const third = (await json("run", "Job_HR")).document.jobInstance;
    const last = await repository();
    const refused = await call("undo", String(second));
    expect([refused.code, refused.err]).toEqual([64, expect.stringContaining("SYNC_UNDO_CONFLICT")]);
    expect(refused.err).toContain(`Person P1 was changed by instance ${third}`);
    expect(await repository()).toBe(last);
    const undoOfThird = (await json("undo", String(third))).document.jobInstance;
    expect(undoOfThird).toBe(third + 1);
    expect(await repository()).toBe(after);
    const again = await call("undo", String(third));
    expect([again.code, again.err]).toEqual([64, expect.stringContaining(`already undone by instance ${undoOfThird}`)]);
    expect((await json("undo", String(undoOfThird))).document.state).toBe("Completed");
    expect(await repository()).toBe(last);
    await call("undo", String(third));
    expect((await json("undo", String(second))).document).toMatchObject({ state: "Completed" });
    expect(await repository()).toBe(first);
  });

  test("an undo that would close everything blocks, and its resume goes through the gate", async () => {
    const { code, document } = await json("undo", "1");
    expect([code, document.state]).toEqual([2, "Blocked"]);
    const blocked = (await call("status", "--instance", String(document.jobInstance))).out;
    expect(blocked).toContain("Threshold Exceeded");
    expect(blocked).not.toMatch(/file|stands out/i);
    expect((await call("undo", "1")).err).toContain("SYNC_CONNECTOR_BLOCKED");
    const resumed = await json("resume", String(document.jobInstance), "--reason", "start again");
    expect(resumed.document.state).toBe("Completed");
    expect((await call("resources", "Person", "--format", "csv")).out).toBe("PersonId,Name,Manager\n");
    expect((await call("status", "--connector", "HR")).out).toContain("turned back");
    // What the resume applied is undone too: by the instance of the undo.
    expect((await json("undo", String(document.jobInstance))).document.state).toBe("Completed");
    expect((await call("resources", "Person", "--format", "csv")).out).toContain("P1,Ann,");
  });

  test("a run that stopped after its export is not resumed once a plan was applied: its files are older", async () => {
    day2();
    await call("run", "Job_HR", "--plan", "monday.plan");
    workspace.write("sources/people.csv", "id,name,manager,team\nP1,Old,,T1\nP2,Zoë O'Brien,P1,T1\nP4,Dan,P1,T2\n");
    const teams = readFileSync(join(workspace.folder, "sources", "teams.csv"), "utf8");
    rmSync(join(workspace.folder, "sources", "teams.csv"));
    const stopped = (await json("run", "Job_HR")).document;
    expect(stopped.tasks.map(({ state }) => state)).toEqual(["Completed", "Errored", "NotStarted", "NotStarted"]);
    workspace.write("sources/teams.csv", teams);
    const applied = (await json("apply", "monday.plan")).document;
    expect(applied.state).toBe("Completed");
    const before = await repository();
    const { code, err } = await call("resume", String(stopped.jobInstance));
    expect([code, err]).toEqual([64, expect.stringContaining("JOB_OVERTAKEN")]);
    expect(err).toContain(`instance ${applied.jobInstance}`);
    expect(await repository()).toBe(before);
  });

  test("a deactivated connector has neither plan nor undo: refused, and the rest of the plan is not applied either", async () => {
    day2();
    workspace.write("sources/badges.csv", "card\nB1\nB2\nB3\n");
    await call("run", "Job_Both", "--plan", "both.plan");
    const before = await repository();
    await call("connector", "deactivate", "HR");
    const applied = await call("apply", "both.plan");
    expect([applied.code, applied.err]).toEqual([64, expect.stringContaining("SYNC_CONNECTOR_DEACTIVATED")]);
    expect((await call("undo", "1")).err).toContain("sluice connector activate HR");
    expect((await call("resources", "BadgeCard", "--format", "csv")).out).toBe("CardId\n");
    await call("connector", "activate", "HR");
    // Deactivated while the first section waits: the second one is not passed over.
    const { jobInstance, state } = (await json("apply", "both.plan")).document;
    expect(state).toBe("Blocked");
    await call("connector", "deactivate", "HR");
    const errored = (await json("resume", String(jobInstance))).document;
    expect([errored.state, errored.tasks.flatMap(({ error }) => error?.code ?? [])]).toEqual(["Errored", ["SYNC_CONNECTOR_DEACTIVATED"]]);
    expect(await repository()).toBe(before);
    expect((await call("status", "--instance", String(jobInstance))).out).not.toContain("runs the whole job again");
    await call("connector", "activate", "HR");
    expect((await json("resume", String(jobInstance))).document.state).toBe("Completed");
    expect((await call("resources", "Person", "--format", "csv")).out).toContain("P1,Anna,");
  });

  test("nobody starts a plan or an undo by the name of its instance", async () => {
    for (const name of ["undo 1 HR=4", "apply 0123456789abcdef HR"]) {
      expect((await call("run", "--task", name)).err).toContain("JOB_ROOT_TASK_UNKNOWN");
      expect((await call("run", "--task", name, "--dry-run")).err).toContain("JOB_ROOT_TASK_UNKNOWN");
    }
  });

  test("an instance that loaded two connectors is undone in the order that turns it round, or one of its tasks alone", async () => {
    workspace.write("sources/badges.csv", "card\nB1\nB2\n");
    await call("run", "Job_Both");
    const before = await repository();
    day2();
    workspace.write("sources/badges.csv", "card\nB1\nB3\n");
    const { jobInstance, state } = (await json("run", "Job_Both")).document;
    expect(state).toBe("Completed");
    const one = await json("undo", String(jobInstance), "--task", "Both_Badge_Load");
    expect(one.document).toMatchObject({ state: "Completed", tasks: [{ state: "Completed", counters: { inserted: 1, deleted: 1 } }] });
    expect((await call("resources", "BadgeCard", "--format", "csv")).out).toBe("CardId\nB1\nB2\n");
    expect((await json("undo", String(one.document.jobInstance))).document.state).toBe("Completed");
    const both = (await json("undo", String(jobInstance))).document;
    expect([both.job.replaceAll(/=\d+/g, ""), both.state]).toEqual([`undo ${jobInstance} HR Badge`, "Completed"]);
    expect(await repository()).toBe(before);
    expect((await call("resources", "BadgeCard", "--format", "csv")).out).toBe("CardId\nB1\nB2\n");
  });

  test("an undo of several connectors changes none where one of them cannot be turned back", async () => {
    workspace.write("sources/badges.csv", "card\nB1\nB2\n");
    await call("run", "Job_Both");
    day2();
    workspace.write("sources/badges.csv", "card\nB1\nB3\n");
    const { jobInstance } = (await json("run", "Job_Both")).document;
    workspace.write("sources/badges.csv", "card\nB1\nB4\n");
    const later = (await json("run", "Job_Both")).document;
    expect(later.state).toBe("Completed");
    const before = await repository();
    // HR would be turned back first, and nothing stands in its way.
    const { code, err } = await call("undo", String(jobInstance));
    expect([code, err]).toEqual([64, expect.stringContaining("SYNC_UNDO_CONFLICT")]);
    expect(err).toContain("BadgeCard");
    expect(await repository()).toBe(before);
    expect((await call("status", "--instance", String(later.jobInstance + 1))).code).toBe(64);
    expect((await json("undo", String(jobInstance), "--task", "Both_HR_Load")).document.state).toBe("Completed");
    expect((await call("undo", String(jobInstance))).err).toContain(`already undone by instance ${later.jobInstance + 1}`);
  });

  test("a plan of the very first load is made without a database, and applied makes it", async () => {
    const fresh = await TestWorkspace.on(kind);
    try {
      const planned = await fresh.call(["run", "Job_HR", "--plan", "first.plan"]);
      expect([planned.code, existsSync(fresh.database)]).toEqual([2, false]);
      const blocked = await fresh.call(["apply", "first.plan"]);
      expect(blocked.code).toBe(2);
      expect((await fresh.call(["resume", "1"])).code).toBe(0);
      expect((await fresh.call(["resources", "Person", "--format", "csv"])).out).toBe(
        "PersonId,Name,Manager\nP1,Ann,\nP2,Zoë O'Brien,P1\n",
      );
      const verified = await fresh.call(["verify", "HR"]);
      expect([verified.code, verified.out + verified.err]).toEqual([64, expect.stringContaining("HR")]);
    } finally {
      fresh.remove();
    }
  });

  test("undo refuses what applied nothing, and a history that is not whole", async () => {
    expect((await call("undo", "99")).err).toContain("JOB_INSTANCE_UNKNOWN");
    await call("run", "Job_HR");
    expect((await call("undo", "2")).err).toContain("SYNC_UNDO_NOTHING");
    expect((await call("undo", "1", "--task", "Nobody")).err).toContain("SYNC_UNDO_NOTHING");
    day2();
    const { document } = await json("run", "Job_HR", "--task", "HR_Synchronize");
    expect(document.state).toBe("Completed");
    const ran = (await json("run", "Job_HR")).document.jobInstance;
    await workspace.withDatabase((knex) => knex.raw("DELETE FROM UR_Resources WHERE C5 = 'Ann'"));
    const before = await repository();
    const { code, err } = await call("undo", String(ran));
    expect([code, err]).toEqual([64, expect.stringContaining("SYNC_UNDO_HISTORY")]);
    expect(await repository()).toBe(before);
    expect(existsSync(join(workspace.folder, "Work", "Plans"))).toBe(false);
  });
};

onEachDatabase((kind) => describe("plan, apply, undo", { timeout: testTimeoutOn(kind, 60_000) }, () => planApplyUndo(kind)));
