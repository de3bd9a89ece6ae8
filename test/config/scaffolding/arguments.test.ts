import { describe, expect, test } from "vitest";
import { configurationText, type Job } from "../../../src/config/index.js";
import { compileTaskGraph } from "../../../src/jobs/index.js";
import { findingLines } from "../workspace.js";
import { scaffolded, valid } from "./sample.js";

const client = '<OpenIdIdentifier Identifier="Job"/>';
const complete = (children: string, attributes = 'Connector="Badge" JobIdentifier="J"'): string =>
  `<CreateConnectorSynchroComplete ${attributes}>${client}${children}</CreateConnectorSynchroComplete>`;

const only = (xml: string, more = ""): Job => {
  const [job, ...others] = valid(scaffolded(xml, more)).jobs.values();
  if (job === undefined || others.length > 0) throw new Error("not one job");
  return job;
};

/** `level identifier ← parents`, the job's name cut off. */
const lines = ({ steps }: Job): readonly string[] =>
  steps.map(({ task, level }) => [`${level} ${task.identifier}`, ...task.parents].map((name) => name.replace(/\bJ_/, "")).join(" ← "));

/** Errors and what warns about scaffoldings, without their place's column. */
const complaints = (xml: string, more = ""): readonly string[] =>
  findingLines(scaffolded(xml, more)).filter((line) => / error |CFG_SCAFFOLDING/.test(line));

const usual = [
  "0 Export_Cards",
  "1 PrepareSynchronization_Badge_Complete ← Export_Cards",
  "2 Synchronize_Badge ← PrepareSynchronization_Badge_Complete",
  "3 UpdateEntityPropertyExpressions_Badge",
  "4 ComputeCorrelationKeys_Badge",
  "5 ComputeRoleModel_Badge",
  "6 ComputeRiskScores",
  "7 GenerateProvisioningOrders_Badge",
  "8 Fulfill_BadgeApi ← GenerateProvisioningOrders_Badge",
  "9 UpdateParametersContextDisplayNames",
  "10 SendRoleModelNotifications",
  "11 MaintainIndexes",
];

test("a connector's complete job", () => expect(lines(only(complete("")))).toEqual(usual));

describe("AddTask", () => {
  const add = (task: string, other: string, more = ""): string => `<AddTask Task="${task}" TaskToCompareWith="${other}" ${more}/>`;
  const place = (children: string): readonly string[] =>
    lines(only(complete(children))).filter((line) => /^\d+ (Report|Other|Fulfill|UpdateParameters|Export)/.test(line));

  test.each([
    [
      "after, on a level of its own",
      add("Report", "J_Fulfill_BadgeApi", 'After="true"'),
      [
        "0 Export_Cards",
        "8 Fulfill_BadgeApi ← GenerateProvisioningOrders_Badge",
        "9 Report ← Other",
        "10 UpdateParametersContextDisplayNames",
      ],
    ],
    [
      "before, by number",
      add("Report", "J_Fulfill1", 'Before="1"'),
      [
        "0 Export_Cards",
        "8 Report ← Other",
        "9 Fulfill_BadgeApi ← GenerateProvisioningOrders_Badge",
        "10 UpdateParametersContextDisplayNames",
      ],
    ],
    [
      "beside, by kind",
      add("Other", "Fulfill"),
      ["0 Export_Cards", "8 Fulfill_BadgeApi ← GenerateProvisioningOrders_Badge", "8 Other", "9 UpdateParametersContextDisplayNames"],
    ],
    [
      "before all",
      add("Other", "ExportTask", 'Before="1"'),
      ["0 Other", "1 Export_Cards", "9 Fulfill_BadgeApi ← GenerateProvisioningOrders_Badge", "10 UpdateParametersContextDisplayNames"],
    ],
    [
      "two after one keep their order",
      add("Other", "Fulfill", 'After="1"') + add("Report", "Fulfill", 'After="1"'),
      [
        "0 Export_Cards",
        "8 Fulfill_BadgeApi ← GenerateProvisioningOrders_Badge",
        "9 Other",
        "10 Report ← Other",
        "11 UpdateParametersContextDisplayNames",
      ],
    ],
    [
      "after one that was added, twice in the job",
      add("Other", "Export", 'After="1"') +
        add("Other", "Fulfill", 'After="1" CopyOccurence="1"') +
        add("Report", "Other", 'After="1" Occurence="1"'),
      [
        "0 Export_Cards",
        "1 Other",
        "9 Fulfill_BadgeApi ← GenerateProvisioningOrders_Badge",
        "10 Other",
        "11 Report ← Other",
        "12 UpdateParametersContextDisplayNames",
      ],
    ],
  ])("%s", (_, children, expected) => expect(place(children)).toEqual(expected));

  test("a round of an initialization is found by its occurrence, and free levels are used", () => {
    const job = only(
      `<CreateInitializationJob Agent="Local" JobIdentifier="J">${client}<PrincipalDataConnector ConnectorIdentifier="Badge"/>${add("Other", "ComputeRoleModelTask", 'After="1" Occurence="1"')}${add("Report", "J_Synchronize_HR", 'After="1"')}</CreateInitializationJob>`,
    );
    const found = lines(job).filter((line) => /Report|Other|ComputeRoleModel|Generate/.test(line));
    expect(found).toEqual([
      "4 Report ← Other",
      "8 ComputeRoleModel_1",
      "9 GenerateProvisioningOrders_Badge_1",
      "13 ComputeRoleModel_2",
      "14 Other",
      "15 GenerateProvisioningOrders_Badge_2",
      "19 ComputeRoleModel_3",
      "20 GenerateProvisioningOrders_Badge_3",
      "43 ComputeRoleModel",
    ]);
  });

  test.each([
    [
      "no such task",
      add("Report", "J_Fulfil_BadgeApi", 'After="1"'),
      "CFG_SCAFFOLDING_ARGUMENT: AddTask of CreateConnectorSynchroComplete cannot be followed: TaskToCompareWith is J_Fulfil_BadgeApi, and the job J has no such task: did you mean J_Fulfill_BadgeApi?",
    ],
    [
      "no such occurrence",
      add("Report", "Fulfill", 'After="1" Occurence="1"'),
      "TaskToCompareWith is Fulfill, and the job J has no such task with the occurrence 1: sluice expand shows its tasks",
    ],
    ["both sides", add("Report", "Fulfill", 'After="1" Before="1"'), "it says Before and After: keep one"],
    [
      "a task that nobody declares",
      add("Raport", "Fulfill"),
      'CFG_REFERENCE: Task of AddTask names the task "Raport", which is not declared: did you mean Report?',
    ],
  ])("%s is an error", (_, children, expected) => {
    const found = complaints(complete(children));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^Jobs\.xml:2:\d+ error /);
    expect(found[0]).toContain(expected);
  });
});

describe("LinkDependTask", () => {
  test("links generated tasks, and steps in this job only", () => {
    const job = only(
      complete(
        '<AddTask Task="Report" TaskToCompareWith="Fulfill" After="1"/><LinkDependTask Task="Report" DependOn="J_Fulfill1"/><LinkDependTask Task="J_MaintainIndexes" DependOn="Report"/><LinkDependTask Task="Fulfill" DependOn="Export"/>',
      ),
    );
    expect(lines(job).filter((line) => /Report|Fulfill/.test(line))).toEqual([
      "8 Fulfill_BadgeApi ← GenerateProvisioningOrders_Badge ← Export_Cards",
      "9 Report ← Other ← Fulfill_BadgeApi",
      "12 MaintainIndexes ← Report",
    ]);
    const report = job.steps.find(({ task }) => task.identifier === "Report")?.task;
    expect([report?.scaffolding, report?.place.file]).toEqual([undefined, "Declarations.xml"]);
    expect(compileTaskGraph(job, { maxTaskBatchSize: 5 }).nodes).toHaveLength(13);
  });

  test("may lead out of the job", () => {
    expect(lines(only(complete('<LinkDependTask Task="Synchronize" DependOn="Other"/>')))[2]).toBe(
      "2 Synchronize_Badge ← PrepareSynchronization_Badge_Complete ← Other",
    );
  });

  test.each([
    ["Task", '<LinkDependTask Task="J_Raport" DependOn="Export"/>', "Task is J_Raport, and the job J has no such task"],
    ["DependOn", '<LinkDependTask Task="Export" DependOn="Nothing"/>', "DependOn is Nothing, and the job J has no such task"],
  ])("%s that is not there is an error", (_, children, expected) => expect(complaints(complete(children)).join()).toContain(expected));
});

describe("what a connector takes part in", () => {
  const part = (children: string, use = "") => {
    const attribute = use === "" ? "" : ` CompleteJob="${use}"`;
    const more = `<Connector Identifier="X" DisplayName_L1="X" Agent="Local"${attribute}/><Connection Identifier="Xc" Connector="X" DisplayName_L1="X" Package="CSV"/>
      <EntityType Identifier="T"><Property Identifier="K" TargetColumnIndex="4"/></EntityType>
      <EntityTypeMapping Identifier="T" Connector="X" ConnectionTable="Xc"><Property Identifier="K" ConnectionColumn="k" IsPrimaryKey="1"/></EntityTypeMapping>`;
    const names = lines(only(complete(children, 'Connector="X" JobIdentifier="J"'), more)).map((line) => line.split(" ")[1]?.split("_")[0]);
    return [
      names.includes("Synchronize"),
      names.includes("Export"),
      names.includes("GenerateProvisioningOrders"),
      names.includes("Fulfill"),
      names.includes("ComputeRoleModel"),
    ];
  };

  test.each([
    ["", "", [true, true, true, true, true]],
    ["<NoProvisioning/>", "", [true, true, false, false, true]],
    ["<NoSynchronization/>", "", [false, false, true, true, true]],
    ["", "OnlySynchronization", [true, true, false, false, true]],
    ["", "OnlyProvisioning", [false, false, true, true, true]],
    ["", "NotUsed", [true, true, true, true, true]],
  ])("%s %s", (children, use, expected) => expect(part(children, use)).toEqual(expected));

  test("a deactivated one is said to be idle", () => {
    const more = '<Connector Identifier="X" DisplayName_L1="X" Agent="Local" IsDeactivated="1"/>';
    expect(complaints(complete("", 'Connector="X"'), more)).toEqual([
      "Jobs.xml:2:1 warning CFG_SCAFFOLDING_IDLE: the job X_SynchroComplete of CreateConnectorSynchroComplete neither synchronizes nor provisions anything: X is not synchronized: it is deactivated; X is not provisioned: it is deactivated",
    ]);
  });

  test("in an initialization", () => {
    const xml = (children: string) =>
      `<CreateInitializationJob Agent="Local" JobIdentifier="J">${client}${children}</CreateInitializationJob>`;
    const synchronized = (children: string) => lines(only(xml(children))).flatMap((line) => /^3 Synchronize_(\w+)/.exec(line)?.[1] ?? []);
    expect(synchronized("")).toEqual(["HR", "Badge"]);
    expect(synchronized('<NotUsed ConnectorIdentifier="HR"/>')).toEqual(["Badge"]);
    expect(synchronized('<NoConnectorSynchronization ConnectorIdentifier="Badge"/>')).toEqual(["HR"]);
    const principal = '<PrincipalDataConnector ConnectorIdentifier="HR"/><PrincipalDataConnector ConnectorIdentifier="Badge"/>';
    const orders = (children: string) => lines(only(xml(children))).filter((line) => line.includes("Generate")).length;
    expect([orders(""), orders(principal), orders(`${principal}<NoConnectorProvisioning ConnectorIdentifier="HR"/>`)]).toEqual([0, 6, 3]);
  });
});

test("rounds of an initialization are a setting; later levels make room", () => {
  const xml = `<CreateInitializationJob Agent="Local" JobIdentifier="J">${client}<PrincipalDataConnector ConnectorIdentifier="HR"/></CreateInitializationJob>`;
  const rounds = (count: unknown) => scaffolded(xml, "", { Jobs: { InitializationRounds: count } });
  const last = lines(valid(rounds(8)).jobs.get("J") ?? only(xml)).filter((line) =>
    /Fulfill_HR_8|^\d+ UpdateEntityPropertyExpressions$/.test(line),
  );
  expect(last).toEqual(["45 Fulfill_HR_8", "46 UpdateEntityPropertyExpressions"]);
  expect(findingLines(rounds(0)).join()).toContain("Jobs.InitializationRounds must be a whole number from 1 to 20");
});

describe("who runs the agent-side tasks", () => {
  const without = '<CreateConnectorSynchroComplete Connector="X" JobIdentifier="J"/>';
  const connector =
    '<Connector Identifier="X" DisplayName_L1="X"/><Connection Identifier="Xc" Connector="X" DisplayName_L1="X" Package="CSV"/>';

  test("has to be said somewhere", () => {
    expect(complaints(without, connector)).toEqual([
      "Jobs.xml:2:1 error CFG_SCAFFOLDING_NEEDS: CreateConnectorSynchroComplete cannot make its job: it needs an agent (Agent of the connector, or the setting OpenId.AgentIdentifier) and a client for its agent-side tasks (OpenIdIdentifier, or the setting OpenId.DefaultOpenIdClient)",
    ]);
  });

  test("can be said by the settings", () => {
    const { jobs } = valid(scaffolded(without, connector, { OpenId: { AgentIdentifier: "Plant", DefaultOpenIdClient: "Job" } }));
    const fulfill = jobs.get("J")?.steps.find(({ task }) => task.type === "FulfillTask")?.task;
    expect([jobs.get("J")?.agent, fulfill?.agent, fulfill?.openIdClient, fulfill?.side]).toEqual(["Plant", "Plant", "Job", "agent"]);
  });
});

describe("names that are taken", () => {
  test("by a job that was written", () => {
    expect(complaints(complete(""), '<Job Identifier="j" DisplayName_L1="J"/>')).toEqual([
      "Jobs.xml:2:1 error CFG_SCAFFOLDING_JOB: CreateConnectorSynchroComplete stands for the job J, which is there already (Declarations.xml:22): give it another JobIdentifier, or remove one of the two",
    ]);
  });

  test("by another scaffolding, of which nothing else is said", () => {
    expect(complaints(`${complete("")}\n${complete("")}`).map((line) => line.slice(0, 50))).toEqual([
      "Jobs.xml:3:1 error CFG_SCAFFOLDING_JOB: CreateConn",
    ]);
  });

  test("by a task that was written", () => {
    expect(complaints(complete(""), '<ResetValidFromTask Identifier="J_MaintainIndexes" DisplayName_L1="x"/>')).toEqual([
      "Jobs.xml:2:1 error CFG_DUPLICATE: the task J_MaintainIndexes is declared a second time, first in Declarations.xml:22: rename or remove one",
    ]);
  });
});

test("an argument that may stand once stands once", () => {
  expect(complaints(complete('<CronTabExpression CronTab="0 1 * * *"/><CronTabExpression CronTab="0 2 * * *"/>')).join()).toContain(
    "CronTabExpression of CreateConnectorSynchroComplete cannot be followed: it stands twice: keep one",
  );
});

test("DoNotCreateJob makes the tasks alone", () => {
  const { jobs, rootTasks } = valid(scaffolded("<CreateAccessCertificationJob><DoNotCreateJob/></CreateAccessCertificationJob>"));
  expect([...jobs]).toEqual([]);
  expect([...rootTasks.keys()].slice(2)).toEqual(
    [
      "UpdateAccessCertificationCampaign",
      "SetAccessCertificationReviewer",
      "SendAccessCertificationNotification",
      "ProcessAccessCertificationItems",
    ].map((name) => `AccessCertification_${name}`),
  );
});

test("a schedule takes the place of the usual one", () => {
  const [usualOne, own] = ["", '<CronTabExpression CronTab="0 1 * * *"/>'].map((child) =>
    only(`<CreateAccessCertificationJob>${child}</CreateAccessCertificationJob>`),
  );
  expect([usualOne?.cron, usualOne?.cronTimeZone, own?.cron, own?.cronTimeZone]).toEqual([
    "*/15 * * * *",
    "ServerTime",
    "0 1 * * *",
    "UTC",
  ]);
});

test("with a file that cannot be read, nothing is said of what a scaffolding misses", () => {
  const loaded = scaffolded(`${complete("", 'Connector="Elsewhere"')}<Unfinished`);
  expect(findingLines(loaded).filter((line) => line.includes("SCAFFOLDING"))).toEqual([]);
});

test("what expand prints cannot be broken by what stands in it", () => {
  const loaded = scaffolded(complete("", 'Connector="Badge" DisplayName_L1="&lt;a&gt; &amp; &quot;b&quot;&#10;--&gt;"'));
  const text = configurationText(loaded.expansions)
    .replace(/^.*\n<ConfigurationFile[^>]*>/, "")
    .replace(/<\/ConfigurationFile>\n$/, "");
  const again = valid(scaffolded(text)).jobs.get("Badge_SynchroComplete");
  expect(again?.displayName).toBe('<a> & "b"\n-->');
});
