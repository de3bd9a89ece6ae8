import { SluiceError } from "../../errors/index.js";
import type { RunTarget } from "../../jobs/index.js";
import { type Arguments, usageOf } from "../arguments.js";
import type { Command, CommandDefinition } from "../command.js";
import { conduct } from "../conduct.js";
import { dryRun } from "../dry-run.js";
import { useStore } from "../repository.js";
import { WaitNotice } from "../wait-notice.js";
import { jobNamed, readConfiguration } from "../workspace.js";
import { runningExitCodes } from "./exit-codes.js";

const definition: CommandDefinition = {
  name: "run",
  description: [
    "Runs a job to its end: level by level, each task when the tasks it depends on have produced something. Where a synchronization would change more than its thresholds allow, the job stops as Blocked with nothing of it applied; a person then looks at the changes, and resumes or cancels.",
    "On a terminal the run is shown live, in a pipe line by line. Ctrl-C lets the running tasks end and starts no other; a second one stops them at once.",
  ],
  arguments: [
    { name: "JOB", optional: true, help: "identifier of the job; without it --task names a task at the root of the configuration" },
  ],
  options: [
    { name: "from", value: "ID", help: "the first task to run" },
    { name: "to", value: "ID", help: "the last task to run" },
    { name: "task", value: "ID", help: "the only task to run" },
    { name: "force", help: "thresholds are computed and shown, not enforced, in this run; recorded with who started it" },
    {
      name: "dry-run",
      help: "rehearses the run and changes nothing: exports and prepares in a folder of its own, compares, and says what would be loaded and whether it would block (0, or 2; 1 where a task would fail)",
    },
    { name: "accept", value: "warning", values: ["warning"], help: "exit code 0 for a run that ends with Warning" },
    { name: "reason", value: "TEXT", help: "why; kept with the instance" },
  ],
  formats: ["text", "json"],
  exitCodes: runningExitCodes,
  example: { command: "sluice run Job_HR_Synchronize --workspace examples", says: "runs that job and ends with a summary of what it did" },
};

/** `sluice run`, design §4. */
export const run: Command = {
  definition,
  run: async (invocation) => {
    const given = invocation.arguments;
    const target = targetOf(given);
    const configuration = await readConfiguration(invocation);
    // Asked before the store is opened: a wrong name must not make a database.
    if ("job" in target) await jobNamed(configuration, target.job);
    if (given.has("dry-run")) return await dryRun(invocation, configuration, target, given.has("force"));
    const { runJob } = await import("../../jobs/index.js");
    const waits = new WaitNotice(invocation);
    return await useStore(
      configuration,
      (store) =>
        conduct(invocation, configuration, store, waits, (surroundings) =>
          runJob({ ...surroundings, what: target, force: given.has("force") }),
        ),
      waits.options,
    );
  },
};

const targetOf = (given: Arguments): RunTarget => {
  const job = given.optional("JOB");
  const from = given.value("from") ?? undefined;
  const to = given.value("to") ?? undefined;
  const task = given.value("task") ?? undefined;
  const part = from === undefined ? "--to" : "--from";
  const hasPart = from !== undefined || to !== undefined;
  if (task !== undefined && hasPart) throw new SluiceError("CMD_OPTIONS_CONFLICT", { first: "--task", second: part });
  if (job !== null) return { job, from, to, task };
  if (task === undefined) throw new SluiceError("CMD_ARGUMENT_MISSING", { argument: "JOB", usage: usageOf(definition) });
  return { rootTask: task };
};
