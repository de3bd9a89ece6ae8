import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadWorkspace } from "../../src/config/index.js";
import { TestWorkspace } from "./workspace.js";

let workspace: TestWorkspace;
beforeEach(() => {
  workspace = new TestWorkspace();
});
afterEach(() => {
  workspace.remove();
});
const call = (...argv: string[]) => workspace.call(argv);
const scaffoldings = (body: string): void => workspace.write("jobs.xml", `<ConfigurationFile>\n${body}\n</ConfigurationFile>`);

const synchronization =
  '<CreateConnectorSynchroComplete Connector="HR"><OpenIdIdentifier Identifier="Job"/></CreateConnectorSynchroComplete>';

describe("expand", () => {
  test("prints what takes the place of the scaffoldings", async () => {
    scaffoldings(`${synchronization}\n<CleanDatabaseJob/>`);
    const before = loadWorkspace({ workspace: workspace.folder, env: {} }).configuration;
    const { code, out, err } = await call("expand");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("<!-- CreateConnectorSynchroComplete, jobs.xml:2 -->");
    workspace.write("jobs.xml", out);
    const after = loadWorkspace({ workspace: workspace.folder, env: {} }).configuration;
    expect([...(after?.jobs.keys() ?? [])]).toEqual(["Job_HR", "HR_SynchroComplete", "CleanDatabase"]);
    const shape = (each: typeof before) =>
      [...(each?.jobs.values() ?? [])].map(({ steps }) =>
        steps.map(({ task, level }) => [level, task.identifier, task.parents, task.attributes]),
      );
    expect(shape(after)).toEqual(shape(before));
  });

  test("takes a job or a scaffolding, and knows names that are near", async () => {
    scaffoldings(`${synchronization}\n<CleanDatabaseJob/>`);
    expect((await call("expand", "HR_SynchroComplete")).out).not.toContain("CleanDataBase");
    expect((await call("expand", "cleandatabasejob")).out.match(/<Job /g)).toHaveLength(1);
    const { code, err } = await call("expand", "HR_SynchroComplet");
    expect([code, err]).toEqual([64, expect.stringContaining("did you mean HR_SynchroComplete?")]);
  });

  test("--json says of each where it stands and what it makes", async () => {
    scaffoldings(`${synchronization}\n<CleanDatabaseJob/>`);
    const document = JSON.parse((await call("expand", "--json")).out) as { format: number; scaffoldings: Record<string, unknown>[] };
    expect(document.format).toBe(1);
    expect(document.scaffoldings.map(({ xml: _, notes: __, ...each }) => each)).toEqual([
      { scaffolding: "CreateConnectorSynchroComplete", file: "jobs.xml", line: 2, jobs: ["HR_SynchroComplete"], tasks: 13 },
      { scaffolding: "CleanDatabaseJob", file: "jobs.xml", line: 3, jobs: ["CleanDatabase"], tasks: 1 },
    ]);
    expect(document.scaffoldings[1]?.xml).toContain('<CleanDataBase Identifier="CleanDatabase_CleanDataBase"');
  });

  test("works while the configuration has errors, as far as there is something to print", async () => {
    scaffoldings('<CleanDatabaseJob/><Job Identifier="X"/>');
    const some = await call("expand");
    expect([some.code, some.err]).toEqual([64, "the configuration has 1 error at present: sluice validate lists all\n"]);
    expect(some.out).toContain("<CleanDataBase ");
    scaffoldings('<Job Identifier="X"/>');
    const none = await call("expand");
    expect([none.code, none.out]).toEqual([64, ""]);
    expect(none.err).toContain("CFG_ATTRIBUTE_MISSING");
  });

  test("without scaffoldings there is nothing to print", async () => {
    expect((await call("expand")).out).toBe(
      '<?xml version="1.0" encoding="utf-8"?>\n<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">\n</ConfigurationFile>\n',
    );
  });
});

describe("run --connector", () => {
  test.each([
    [["run", "--mode", "complete"], "CMD_OPTION_NEEDED", "--connector ID"],
    [["run", "--connector", "HR"], "CMD_OPTION_NEEDED", "--mode complete"],
    [["run", "Job_HR", "--connector", "HR", "--mode", "complete"], "CMD_OPTIONS_CONFLICT", "--connector and JOB"],
    [["run", "--connector", "HR", "--mode", "complete", "--from", "a"], "CMD_OPTIONS_CONFLICT", "--connector and --from"],
    [["run", "--connector", "HRR", "--mode", "complete"], "CMD_UNKNOWN_NAME", "did you mean HR?"],
    [["run", "--connector", "HR", "--mode", "initial"], "CMD_OPTION_VALUE_INVALID", "complete, incremental"],
    [["run", "--connector", "HR", "--mode", "complete"], "JOB_CONNECTOR_WITHOUT", "<CreateConnectorsJobs />"],
  ])("%j is refused", async (argv, expected, hint) => {
    const { code, err } = await call(...argv);
    expect([code, err]).toEqual([64, expect.stringContaining(expected)]);
    expect(err).toContain(hint);
  });

  test("of the job itself the mode has to be said; of its tasks there are eleven", async () => {
    scaffoldings("<CreateConnectorsJobs/>");
    const direct = await call("run", "HR_VirtualJob");
    expect([direct.code, direct.err]).toEqual([64, expect.stringContaining("sluice run --connector HR --mode complete")]);
    const wrong = await call("run", "--connector", "HR", "--mode", "complete", "--task", "Expotr");
    expect([wrong.code, wrong.err]).toEqual([64, expect.stringContaining("nearest is Export")]);
  });
});
