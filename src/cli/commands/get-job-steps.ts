import type { Command, OptionDefinition } from "../command.js";
import { agentToolOptions, needed, readToolConfiguration, toolNote } from "../tool.js";
import { jobNamed } from "../workspace.js";
import { fault, wrongCall } from "./exit-codes.js";

const jobIdentifier: OptionDefinition = { name: "job-identifier", short: "j", value: "JOB", help: "the job; always needed" };

/** `sluice get-job-steps`: Usercube-Get-JobSteps, jobs-and-tasks §4.2. JSON: `{"format":1,"job":"…","steps":[{"task","order"}]}`. */
export const getJobSteps: Command = {
  definition: {
    name: "get-job-steps",
    description: [
      "Prints each task of a job with its launch order: tasks of one order run at the same time. sluice plan shows more.",
      toolNote,
    ],
    arguments: [],
    options: [jobIdentifier, ...agentToolOptions],
    formats: ["text", "json"],
    exitCodes: [[0, "printed"], wrongCall, fault],
    example: { command: "sluice get-job-steps -j Job_HR_Synchronize --workspace examples", says: "one line for each task" },
  },
  run: async (invocation) => {
    const { arguments: given, out } = invocation;
    const identifier = needed(given, "get-job-steps", jobIdentifier);
    const configuration = await readToolConfiguration(invocation);
    const job = await jobNamed(configuration, identifier);
    const { compileTaskGraph } = await import("../../jobs/index.js");
    const { nodes } = compileTaskGraph(job, { maxTaskBatchSize: configuration.settings.maxTaskBatchSize });
    const steps = nodes.map(({ taskKey, group }) => ({ task: taskKey, order: group }));
    if (given.isJson) await out.write(`${JSON.stringify({ format: 1, job: identifier, steps })}\n`);
    else await out.lines(steps.map(({ task, order }) => `Task : ${task}, Order : ${order}`));
    return 0;
  },
};
