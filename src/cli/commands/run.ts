import type { Configuration } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import type { ConnectorMode, RunTarget } from "../../jobs/index.js";
import { type Arguments, usageOf } from "../arguments.js";
import type { Command, CommandDefinition } from "../command.js";
import { conduct } from "../conduct.js";
import { dryRun } from "../dry-run.js";
import { keepConfiguration } from "../kept-configuration.js";
import { useStore } from "../repository.js";
import { startThread } from "../started-thread.js";
import { WaitNotice } from "../wait-notice.js";
import { jobNamed, named, readConfiguration } from "../workspace.js";
import { runningExitCodes } from "./exit-codes.js";

const definition: CommandDefinition = {
  name: "run",
  description: [
    "Runs a job to its end: level by level, each task when the tasks it depends on have produced something. Where a synchronization would change more than its thresholds allow, the job stops as Blocked with nothing of it applied; a person then looks at the changes, and resumes or cancels.",
    "On a terminal the run is shown live, in a pipe line by line. Ctrl-C lets the running tasks end and starts no other; a second one stops them at once. SIGTERM gives them Scheduler.GraceTime to end and leaves the rest to sluice resume.",
  ],
  arguments: [
    { name: "JOB", optional: true, help: "identifier of the job; without it --task names a task at the root of the configuration" },
  ],
  options: [
    { name: "from", value: "ID", help: "the first task to run" },
    { name: "to", value: "ID", help: "the last task to run" },
    { name: "task", value: "ID", help: "the only task to run" },
    {
      name: "connector",
      value: "ID",
      help: "the connector whose own job is run (CreateConnectorsJobs), in the mode given; --task is then one of its tasks, such as Export or PrepareSynchronization",
    },
    { name: "mode", value: "complete|incremental", values: ["complete", "incremental"], help: "mode of that job" },
    { name: "force", help: "thresholds are computed and shown, not enforced, in this run; recorded with who started it" },
    {
      name: "dry-run",
      help: "rehearses the run and changes nothing: exports and prepares in a folder of its own, compares, and says what would be loaded and whether it would block (0, or 2; 1 where a task would fail)",
    },
    {
      name: "plan",
      value: "FILE",
      help: "rehearses the run as --dry-run does, and writes all that its synchronizations would change to a new file, which sluice apply FILE applies exactly",
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
    await startThread();
    const given = invocation.arguments;
    const connector = given.value("connector");
    const mode = modeOf(given);
    const job = connector === null ? targetOf(given) : null;
    const configuration = await readConfiguration(invocation);
    const target = job ?? (await connectorTarget(given, configuration, connector ?? "", mode));
    // Asked before the store is opened: a wrong name must not make a database.
    if ("job" in target) await jobNamed(configuration, target.job);
    if (given.has("dry-run") || given.has("plan")) return await dryRun(invocation, configuration, target, given.has("force"));
    const { runJob } = await import("../../jobs/index.js");
    const waits = new WaitNotice(invocation);
    return await useStore(
      configuration,
      async (store) => {
        await keepConfiguration(invocation, configuration, store);
        return await conduct(invocation, configuration, store, waits, (surroundings) =>
          runJob({ ...surroundings, what: target, force: given.has("force") }),
        );
      },
      waits.options,
    );
  },
};

/** The mode at launch; throws CMD_* where it stands without --connector, --connector without it, or beside what it excludes. */
const modeOf = (given: Arguments): ConnectorMode => {
  const mode = given.value("mode");
  if (!given.has("connector")) {
    if (mode !== null) throw new SluiceError("CMD_OPTION_NEEDED", { command: "run --mode", options: ["--connector ID"] });
    return "Complete";
  }
  const other = given.optional("JOB") !== null ? "JOB" : given.has("from") ? "--from" : given.has("to") ? "--to" : null;
  if (other !== null) throw new SluiceError("CMD_OPTIONS_CONFLICT", { first: "--connector", second: other });
  if (mode === null) {
    throw new SluiceError("CMD_OPTION_NEEDED", { command: "run --connector", options: ["--mode complete", "--mode incremental"] });
  }
  return mode === "complete" ? "Complete" : "Incremental";
};

const connectorTarget = async (
  given: Arguments,
  configuration: Configuration,
  connector: string,
  mode: ConnectorMode,
): Promise<RunTarget> => {
  await named(configuration.connectors, "connector", connector);
  const { connectorJob } = await import("../../jobs/index.js");
  return { job: connectorJob(configuration, connector).identifier, task: given.value("task") ?? undefined, mode };
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
