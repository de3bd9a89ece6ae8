import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TestWorkspace } from "../cli/workspace.js";
import { onEachDatabase } from "../database.js";

interface Report {
  readonly jobInstance: number;
  readonly state: string;
  readonly tasks: readonly {
    readonly task: string;
    readonly type: string;
    readonly state: string;
    readonly producedOutput: boolean | null;
    readonly skippedBecause: string | null;
    readonly isValidation: boolean;
  }[];
}

onEachDatabase((kind) => {
  let workspace: TestWorkspace;
  beforeEach(async () => {
    workspace = await TestWorkspace.on(kind);
  });
  afterEach(() => {
    workspace.remove();
  });
  const scaffoldings = (body: string): void => workspace.write("jobs.xml", `<ConfigurationFile>\n${body}\n</ConfigurationFile>`);
  const report = async (...argv: string[]): Promise<{ code: number; report: Report }> => {
    const { code, out, err } = await workspace.call([...argv, "--json"]);
    if (out === "") throw new Error(err);
    return { code, report: JSON.parse(out) as Report };
  };
  const people = async (): Promise<string> => (await workspace.call(["resources", "Person", "--format", "csv"])).out;
  const endOf = ({ tasks }: Report, task: string): string => tasks.find((each) => each.task === task)?.state ?? "not there";
  const output = ({ tasks }: Report): Readonly<Record<string, boolean | null | string>> =>
    Object.fromEntries(
      tasks.map(({ task, producedOutput, skippedBecause }) => [
        task.replace(/^(HR_SynchroComplete_|HR_Connector)/, ""),
        skippedBecause ?? producedOutput,
      ]),
    );

  describe(`generated jobs, ${kind}`, () => {
    test("a connection that nothing is mapped to keeps no generated job from running, though exports of its package are not built", async () => {
      scaffoldings(
        '<Connection Identifier="Writes" Connector="HR" DisplayName_L1="Writes" Package="AD"/><CreateConnectorSynchroComplete Connector="HR"><OpenIdIdentifier Identifier="Job"/></CreateConnectorSynchroComplete>',
      );
      const { code, report: first } = await report("run", "HR_SynchroComplete", "--force");
      expect([code, first.state]).toEqual([0, "Completed"]);
      expect(output(first)).toMatchObject({
        Export_Writes: false,
        Export_People: true,
        PrepareSynchronization_HR_Complete: true,
        Synchronize_HR: true,
      });
    });

    test("a connector's complete job loads what its exports say; what is not offered yet ends as Completed, and says so", async () => {
      scaffoldings('<CreateConnectorSynchroComplete Connector="HR"><OpenIdIdentifier Identifier="Job"/></CreateConnectorSynchroComplete>');
      const { code, report: first } = await report("run", "HR_SynchroComplete", "--force");
      expect([code, first.state]).toEqual([0, "Completed"]);
      expect(output(first)).toEqual({
        Export_People: true,
        Export_Teams: true,
        PrepareSynchronization_HR_Complete: true,
        Synchronize_HR: true,
        UpdateEntityPropertyExpressions_HR: false,
        ComputeCorrelationKeys_HR: false,
        ComputeRoleModel_HR: false,
        ComputeRiskScores: false,
        GenerateProvisioningOrders_HR: false,
        Fulfill_HR: "parentWithoutOutput",
        UpdateParametersContextDisplayNames: false,
        SendRoleModelNotifications: false,
        MaintainIndexes: expect.any(Boolean),
      });
      const status = await workspace.call(["status", "--instance", String(first.jobInstance)]);
      expect(status.out).toContain("nothing was done: it needs the role model, which is not built yet");
      expect(await people()).toContain("P1,Ann");
    });

    test("the same tasks written by hand are refused", async () => {
      scaffoldings('<CreateConnectorSynchroComplete Connector="HR"><OpenIdIdentifier Identifier="Job"/></CreateConnectorSynchroComplete>');
      const { out } = await workspace.call(["expand"]);
      workspace.write("jobs.xml", out);
      const { code, err } = await workspace.call(["run", "HR_SynchroComplete"]);
      expect([code, err]).toEqual([64, expect.stringContaining("TASK_NOT_BUILT")]);
    });

    test("an incremental job of files that cannot tell changes compares the whole with what was applied", async () => {
      scaffoldings(`<CreateConnectorSynchroComplete Connector="HR"><OpenIdIdentifier Identifier="Job"/></CreateConnectorSynchroComplete>
        <CreateConnectorSynchroIncremental Connector="HR"><OpenIdIdentifier Identifier="Job"/></CreateConnectorSynchroIncremental>`);
      expect((await report("run", "HR_SynchroComplete", "--force")).code).toBe(0);
      workspace.write("sources/people.csv", "id,name,manager,team\nP1,Anna,,T1\nP2,Zoë O'Brien,P1,T1\n");
      const { code, report: changed } = await report("run", "HR_SynchroIncremental", "--force");
      expect([code, changed.state]).toEqual([0, "Completed"]);
      expect(await people()).toContain("P1,Anna");
      expect(endOf(changed, "HR_SynchroIncremental_SetRecentlyModifiedFlag")).toBe("Completed");
      const { report: same } = await report("run", "HR_SynchroIncremental");
      expect(
        ["PrepareSynchronization_HR_Incremental", "Synchronize_HR", "SetRecentlyModifiedFlag"].map((task) =>
          endOf(same, `HR_SynchroIncremental_${task}`),
        ),
      ).toEqual(["Completed", "Skipped", "Skipped"]);
    });

    test("an initialization job loads an empty repository and never blocks", async () => {
      scaffoldings(
        '<CreateInitializationJob Agent="Local"><OpenIdIdentifier Identifier="Job"/><PrincipalDataConnector ConnectorIdentifier="HR"/></CreateInitializationJob>',
      );
      const { code, report: initial } = await report("run", "Local_Initialization");
      expect([code, initial.state]).toEqual([0, "Completed"]);
      expect(await people()).toContain("P1,Ann");
      expect(initial.tasks.filter(({ type }) => type === "ComputeRoleModelTask")).toHaveLength(4);
    });

    test("a connector's own job is launched in a mode, blocks, and is resumed in the same", async () => {
      scaffoldings("<CreateConnectorsJobs/>");
      const { code, report: blocked } = await report("run", "--connector", "HR", "--mode", "complete");
      expect([code, blocked.state]).toEqual([2, "Blocked"]);
      const { code: end, report: resumed } = await report("resume", String(blocked.jobInstance));
      expect([end, resumed.state]).toEqual([0, "Completed"]);
      expect(output({ ...resumed, tasks: resumed.tasks.filter(({ isValidation }) => !isValidation) })).toEqual({
        Export_People: true,
        Export_Teams: true,
        PrepareSynchronization: true,
        Synchronization: expect.anything(),
        Expression: false,
        Correlation: false,
        Policy: false,
        GenerateOrders: false,
        Fulfillment: "parentWithoutOutput",
        Classification: false,
        BuildRoleModel: false,
        RefreshSchema: false,
      });
      expect(await people()).toContain("P1,Ann");

      workspace.write("sources/people.csv", "id,name,manager,team\nP1,Anna,,T1\nP2,Zoë O'Brien,P1,T1\n");
      expect((await report("run", "--connector", "HR", "--mode", "incremental", "--force")).code).toBe(0);
      expect(await people()).toContain("P1,Anna");
    });

    test("one task of it runs alone", async () => {
      scaffoldings("<CreateConnectorsJobs/>");
      const { code, report: exported } = await report("run", "--connector", "HR", "--mode", "complete", "--task", "export");
      expect([code, exported.tasks.map(({ task }) => task)]).toEqual([0, ["HR_ConnectorExport_People", "HR_ConnectorExport_Teams"]]);
      const { report: prepared } = await report(
        "run",
        "--connector",
        "HR",
        "--mode",
        "complete",
        "--task",
        "HR_ConnectorPrepareSynchronization",
      );
      expect(output(prepared)).toEqual({ PrepareSynchronization: true });
    });

    test("while the connector is blocked an incremental launch leaves it out, a complete one replaces what is staged; a dry run says what one would do", async () => {
      scaffoldings("<CreateConnectorsJobs/>");
      const dry = await workspace.call(["run", "--connector", "HR", "--mode", "complete", "--dry-run"]);
      expect([dry.code, dry.out]).toEqual([2, expect.stringContaining("HR_VirtualJob, dry run: would be Blocked")]);
      const first = await report("run", "--connector", "HR", "--mode", "complete");
      expect(first.code).toBe(2);
      const { code, report: left } = await report("run", "--connector", "HR", "--mode", "incremental");
      expect(code).toBe(0);
      expect(left.tasks.slice(0, 4).map(({ skippedBecause }) => skippedBecause)).toEqual(Array(4).fill("connectorBlocked"));
      expect((await report("run", "--connector", "HR", "--mode", "complete")).code).toBe(2);
      const gone = await workspace.call(["resume", String(first.report.jobInstance)]);
      expect([gone.code, gone.err]).toEqual([64, expect.stringContaining("JOB_REPLACED")]);
    });

    test("CleanDatabaseJob runs", async () => {
      scaffoldings("<CleanDatabaseJob/>");
      const { code, report: cleaned } = await report("run", "CleanDatabase");
      expect([code, endOf(cleaned, "CleanDatabase_CleanDataBase")]).toEqual([0, "Completed"]);
    });
  });
});
