import type { PlanFormat } from "../../jobs/graph/index.js";
import type { Command } from "../command.js";
import { findingLine, sortFindings } from "../finding.js";
import { jobNamed, readConfiguration } from "../workspace.js";
import { fault } from "./exit-codes.js";

const formats: readonly [PlanFormat, ...PlanFormat[]] = ["text", "mermaid", "dot", "json"];

/** `sluice plan`, design §4: the task graph of a job. */
export const plan: Command = {
  definition: {
    name: "plan",
    description: [
      "Shows the task graph of a job by level: which tasks run at the same time, what each depends on, and whether it runs on the agent or the server. Nothing is run, no database is asked.",
    ],
    arguments: [{ name: "JOB", help: "identifier of the job" }],
    options: [],
    formats,
    exitCodes: [[0, "the plan was printed"], [64, "unknown job, or a configuration with errors"], fault],
    example: { command: "sluice plan Job_AD_Complete --format mermaid", says: "prints a diagram that many wikis and code hosts draw" },
  },
  run: async (invocation) => {
    const configuration = await readConfiguration(invocation);
    const job = await jobNamed(configuration, invocation.arguments.argument("JOB"));
    const { compileTaskGraph, formatPlan } = await import("../../jobs/graph/index.js");
    const graph = compileTaskGraph(job, { maxTaskBatchSize: configuration.settings.maxTaskBatchSize });
    const format = formats.find((each) => each === invocation.arguments.format) ?? "text";
    // JSON carries the warnings itself.
    if (format !== "json")
      await invocation.err.lines(sortFindings(graph.warnings).map((finding) => findingLine(finding, invocation.errStyle)));
    await invocation.out.write(formatPlan(graph, format));
    return 0;
  },
};
