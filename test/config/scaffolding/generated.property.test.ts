import fc from "fast-check";
import { expect, test } from "vitest";
import { type Configuration, configurationText, type LoadedWorkspace, loadWorkspace } from "../../../src/config/index.js";
import { compileTaskGraph, graphFindings } from "../../../src/jobs/index.js";
import { configurationFile, findingLines, workspaceOf } from "../workspace.js";

const uses = ["Used", "NotUsed", "OnlySynchronization", "OnlyProvisioning"] as const;

/** One connector with up to four connections, of which some can tell changes. */
const connector = fc.record({
  agent: fc.constantFrom("Local", "Plant", null),
  completeJob: fc.constantFrom(...uses),
  incrementalJob: fc.constantFrom(...uses),
  isDeactivated: fc.boolean(),
  isMapped: fc.boolean(),
  connections: fc.array(
    fc.record({
      package: fc.constantFrom("CSV", "Excel", "AD", "SQL.PostgreSQL", "ServiceNow", "Manual", "Powershell", "Custom"),
      isIncremental: fc.boolean(),
      deactivation: fc.constantFrom("None", "Export", "Fulfill"),
    }),
    { maxLength: 4 },
  ),
});
type Connector = typeof connector extends fc.Arbitrary<infer T> ? T : never;

const attribute = (name: string, value: string | boolean | null): string =>
  value === null || value === false ? "" : ` ${name}="${value}"`;

const connectorText = (each: Connector, index: number): string =>
  `<Connector Identifier="C${index}" DisplayName_L1="C"${attribute("Agent", each.agent)} CompleteJob="${each.completeJob}" IncrementalJob="${each.incrementalJob}"${attribute("IsDeactivated", each.isDeactivated)}/>
  ${each.connections.map((connection, at) => `<Connection Identifier="N${index}x${at}" Connector="C${index}" DisplayName_L1="N" Package="${connection.package}" DeactivationExportFulfill="${connection.deactivation}"/>`).join("\n")}
  ${each.isMapped && each.connections.length > 0 ? `<EntityType Identifier="T${index}"><Property Identifier="dn" TargetColumnIndex="4"/></EntityType><EntityTypeMapping Identifier="T${index}" Connector="C${index}" ConnectionTable="N${index}x0"><Property Identifier="dn" ConnectionColumn="dn" IsPrimaryKey="1"/></EntityTypeMapping>` : ""}`;

const kinds = ["Export", "PrepareSynchronization", "Synchronize", "ComputeRoleModelTask", "Fulfill", "MaintainIndexes"] as const;

/** Arguments that are right wherever the job has the task that they name, and refused by name where it has not. */
const argument = fc.oneof(
  fc
    .record({ task: fc.constantFrom("Own1", "Own2"), other: fc.constantFrom(...kinds), side: fc.constantFrom("Before", "After", null) })
    .map(({ task, other, side }) => `<AddTask Task="${task}" TaskToCompareWith="${other}"${side === null ? "" : ` ${side}="true"`}/>`),
  fc.constant('<CronTabExpression CronTab="0 3 * * *"/>'),
);

const scaffolding = fc.record({
  name: fc.constantFrom(
    "CreateConnectorSynchro",
    "CreateAgentSynchro",
    "CreateInitializationJob",
    "CreateAccessCertificationJob",
    "CleanDatabaseJob",
    "CreateConnectorsJobs",
  ),
  mode: fc.constantFrom("Complete", "Incremental"),
  connector: fc.nat(3),
  agent: fc.constantFrom("Local", "Plant"),
  given: fc.array(argument, { maxLength: 3 }),
  switches: fc.subarray(["NoProvisioning", "NoSynchronization", "FormatPropertiesInResource"]),
});
type Scaffolding = typeof scaffolding extends fc.Arbitrary<infer T> ? T : never;

const scaffoldingText = ({ name, mode, connector: of, agent, given, switches }: Scaffolding, index: number, count: number): string => {
  if (name === "CleanDatabaseJob" || name === "CreateConnectorsJobs") return index === 0 ? `<${name}/>` : "";
  const job = ` JobIdentifier="J${index}"`;
  const crons = given.findIndex((text) => text.startsWith("<Cron"));
  const once = given.filter((text, at) => !text.startsWith("<Cron") || at === crons).join("");
  switch (name) {
    case "CreateConnectorSynchro":
      return `<${name}${mode} Connector="C${of % count}"${job}>${once}${switches.map((each) => `<${each}/>`).join("")}</${name}${mode}>`;
    case "CreateAgentSynchro":
      return `<${name}${mode} Agent="${agent}"${job}>${once}</${name}${mode}>`;
    case "CreateInitializationJob": {
      const added = once.replace(/<CronTabExpression[^>]*>/, "");
      return `<${name} Agent="${agent}"${job}>${added}<PrincipalDataConnector ConnectorIdentifier="C${of % count}"/></${name}>`;
    }
    default:
      return `<${name}${job}>${once.replaceAll(/TaskToCompareWith="\w+"/g, 'TaskToCompareWith="SetAccessCertificationReviewer"')}</${name}>`;
  }
};

const workspace = fc.tuple(fc.array(connector, { minLength: 1, maxLength: 4 }), fc.array(scaffolding, { minLength: 1, maxLength: 4 }));

const loaded = (connectors: readonly Connector[], body: string): LoadedWorkspace => {
  const Connections = Object.fromEntries(
    connectors.flatMap(({ connections }, index) =>
      connections.map((connection, at) => [
        `N${index}x${at}`,
        connection.isIncremental && /CSV|Excel/.test(connection.package) ? { PathIncremental: "x" } : {},
      ]),
    ),
  );
  const declarations = `<Agent Identifier="Local" DisplayName_L1="L"/><Agent Identifier="Plant" DisplayName_L1="P"/>
    <ResetValidFromTask Identifier="Own1" DisplayName_L1="1"/><ResetValidFromTask Identifier="Own2" DisplayName_L1="2"/>`;
  return loadWorkspace({
    workspace: workspaceOf({
      "a.xml": configurationFile(declarations + connectors.map(connectorText).join("")),
      "b.xml": configurationFile(body),
      "appsettings.json": JSON.stringify({ OpenId: { AgentIdentifier: "Local", DefaultOpenIdClient: "Job" }, Connections }),
    }),
    env: {},
  });
};

const jobsOf = ({ jobs, rootTasks }: Configuration): string =>
  JSON.stringify([[...jobs], [...rootTasks]], (key, value: unknown) => (key === "place" || key === "scaffolding" ? undefined : value));

test("whatever the connectors are, generated jobs compile: levels ascend, parents stand on earlier ones, synchronizations have a preparation of their type, and expand prints the same jobs", () => {
  let compiled = 0;
  fc.assert(
    fc.property(workspace, ([connectors, scaffoldings]) => {
      const xml = scaffoldings.map((each, index) => scaffoldingText(each, index, connectors.length)).join("\n");
      const read = loaded(connectors, xml);
      const errors = findingLines(read).filter((line) => line.includes(" error "));
      // Only that a task which an argument names is not in the job may be wrong.
      expect(errors.filter((line) => !line.includes("and the job J"))).toEqual([]);
      if (read.configuration === null) return;
      const { jobs } = read.configuration;
      expect(graphFindings(read.configuration)).toEqual([]);
      for (const job of jobs.values()) {
        compiled++;
        const { nodes } = compileTaskGraph(job, { maxTaskBatchSize: 2 });
        const groups = new Map(nodes.map(({ taskKey, group }) => [taskKey, group]));
        for (const node of nodes) for (const parent of node.parents) expect(groups.get(parent)).toBeLessThan(node.group);
        const levels = job.steps.map(({ level }) => level);
        expect(levels).toEqual(levels.toSorted((a, b) => a - b));
        if (job.isConnectorJob || job.isInitializationJob) continue;
        for (const { task } of job.steps.filter((step) => step.task.type === "SynchronizeTask")) {
          const prepare = job.steps.find(
            (step) => step.task.type === "PrepareSynchronizationTask" && step.task.connector === task.connector,
          )?.task;
          expect([task.attributes.Type, task.parents, task.attributes.DoNotDeleteChanges]).toEqual([
            prepare?.attributes.Type,
            [prepare?.identifier],
            job.isIncremental,
          ]);
        }
      }
      const text = configurationText(read.expansions)
        .replace(/^.*\n<ConfigurationFile[^>]*>/, "")
        .replace(/<\/ConfigurationFile>\n$/, "");
      const again = loaded(connectors, text);
      expect(findingLines(again).filter((line) => line.includes(" error "))).toEqual([]);
      if (again.configuration !== null) expect(jobsOf(again.configuration)).toBe(jobsOf(read.configuration));
    }),
    { numRuns: 120 },
  );
  expect(compiled).toBeGreaterThan(60);
});
