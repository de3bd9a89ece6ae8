import { describe, expect, test } from "vitest";
import type { Job } from "../../src/config/index.js";
import { launchedJob } from "../../src/jobs/connector-job.js";
import { connectorJob } from "../../src/jobs/index.js";
import { scaffolded, valid } from "../config/scaffolding/sample.js";

const launch = (connector: string, mode: "Complete" | "Incremental", task?: string): Job => {
  const configuration = valid(scaffolded("<CreateConnectorsJobs/>"));
  return launchedJob(connectorJob(configuration, connector), configuration, mode, task);
};

/** What the launch says of the first steps. */
const chain = ({ steps }: Job) =>
  steps.slice(0, 4).map(({ task }) => {
    const { SynchronizationMode: mode, Type: type, IgnoreCookieFile: whole, DoNotDeleteChanges: keeps } = task.attributes;
    return [
      task.identifier,
      task.connection,
      task.agent,
      ...[mode, type, whole, keeps].filter((value) => value !== undefined),
      task.parents,
    ];
  });

describe("a connector's own job", () => {
  test("is launched complete", () => {
    const job = launch("HR", "Complete");
    expect(job.isIncremental).toBe(false);
    expect(chain(job)).toEqual([
      ["HR_ConnectorExport_People", "People", "Local", true, []],
      ["HR_ConnectorExport_Teams", "Teams", "Local", true, []],
      ["HR_ConnectorPrepareSynchronization", null, "Local", "Complete", "None", ["HR_ConnectorExport_People", "HR_ConnectorExport_Teams"]],
      ["HR_ConnectorSynchronization", null, null, "None", false, ["HR_ConnectorPrepareSynchronization"]],
    ]);
    expect(job.steps).toHaveLength(12);
    expect(job.steps.find(({ task }) => task.type === "FulfillTask")?.task.parents).toEqual(["HR_ConnectorGenerateOrders"]);
  });

  test("is launched incrementally, with changes where all exports tell them", () => {
    const job = launch("HR", "Incremental");
    expect(job.isIncremental).toBe(true);
    expect(chain(job).map((each) => each.slice(3))).toEqual([
      [false, []],
      [false, []],
      ["Incremental", "Changes", ["HR_ConnectorExport_People", "HR_ConnectorExport_Teams"]],
      ["Changes", true, ["HR_ConnectorPrepareSynchronization"]],
    ]);
  });

  test("compares the whole where they do not", () => {
    expect(chain(launch("Badge", "Incremental")).slice(0, 3)).toEqual([
      ["Badge_ConnectorExport", "Cards", "Local", true, []],
      ["Badge_ConnectorPrepareSynchronization", null, "Local", "Incremental", "None", ["Badge_ConnectorExport"]],
      ["Badge_ConnectorSynchronization", null, null, "None", true, ["Badge_ConnectorPrepareSynchronization"]],
    ]);
  });

  test("has no export where nothing exports, unless it is asked for", () => {
    expect(launch("Desk", "Complete").steps.map(({ task }) => task.type)).not.toContain("ExportTask");
    expect(launch("Desk", "Complete", "Export").steps.map(({ task }) => [task.type, task.connection])).toEqual([["ExportTask", null]]);
  });

  test.each(["synchronization", "HR_ConnectorSynchronization"])("%s alone depends on nothing", (name) => {
    expect(launch("HR", "Complete", name).steps.map(({ task }) => [task.identifier, task.parents])).toEqual([
      ["HR_ConnectorSynchronization", []],
    ]);
  });

  test("no other task, and no other job", () => {
    const code = (work: () => unknown): unknown => {
      try {
        return work();
      } catch (error) {
        return (error as { code?: unknown }).code;
      }
    };
    expect(code(() => launch("HR", "Complete", "Load"))).toBe("JOB_GRAPH_UNKNOWN_TASK");
    expect(code(() => connectorJob(valid(scaffolded("<CleanDatabaseJob/>")), "HR"))).toBe("JOB_CONNECTOR_WITHOUT");
    const hand = '<Job Identifier="HR_VirtualJob" DisplayName_L1="no connector job"/>';
    expect(code(() => connectorJob(valid(scaffolded(hand)), "HR"))).toBe("JOB_CONNECTOR_WITHOUT");
  });
});
