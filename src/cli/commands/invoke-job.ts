import type { Configuration, Job } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import type { RunTarget } from "../../jobs/index.js";
import type { Command, Invocation, OptionDefinition } from "../command.js";
import { conduct } from "../conduct.js";
import { configurationOfInstance } from "../instance-configuration.js";
import { useStore } from "../repository.js";
import { agentToolOptions, needed, readToolConfiguration, runTarget, serverToolOptions, toolNote } from "../tool.js";
import { WaitNotice } from "../wait-notice.js";
import { jobNamed } from "../workspace.js";
import { runningExitCodes } from "./exit-codes.js";

const jobIdentifier: OptionDefinition = { name: "job-identifier", short: "j", value: "JOB", help: "the job; always needed" };

/** jobs-and-tasks §4.1. */
const jobOptions: readonly OptionDefinition[] = [
  jobIdentifier,
  { name: "repair-job", short: "r", help: "resumes the job's blocked instance: applies what it staged, and goes on" },
  { name: "begin-job-step", short: "b", value: "TASK", help: "the first task to run" },
  { name: "end-job-step", short: "e", value: "TASK", help: "the last task to run" },
  { name: "task-identifier", short: "t", value: "TASK", help: "the only task to run" },
  { name: "task-type", short: "c", value: "TYPE", help: "runs the first task of this type, such as SynchronizeTask, only" },
  { name: "task-string-contains", short: "s", value: "TEXT", help: "runs the tasks whose identifier contains this, only" },
  {
    name: "force-synchronization-provisioning",
    short: "f",
    ignoresNumber: true,
    help: "thresholds are computed and shown, not enforced; a number after it is ignored",
  },
  { name: "accept", value: "warning", values: ["warning"], help: "exit code 0 for a run that ends with Warning" },
  { name: "reason", value: "TEXT", help: "why; kept with the instance" },
];

const commandNamed = (
  name: "invoke-job" | "invoke-serverjob",
  description: string,
  options: readonly OptionDefinition[],
  example: string,
): Command => ({
  definition: {
    name,
    description: [description, toolNote],
    arguments: [],
    options: [...jobOptions, ...options],
    formats: ["text", "json"],
    exitCodes: runningExitCodes,
    example: { command: example, says: "runs that job; the same with -r resumes it where it is blocked" },
  },
  run: (invocation) => invoke(invocation, name),
});

/** `sluice invoke-job`: Usercube-Invoke-Job, jobs-and-tasks §4.1. */
export const invokeJob = commandNamed(
  "invoke-job",
  "Runs a job, or a part of it, as sluice run does; with --repair-job it resumes the job's blocked instance, as sluice resume does.",
  agentToolOptions,
  "sluice invoke-job -j Job_HR_Synchronize --workspace examples",
);

/** `sluice invoke-serverjob`: Usercube-Invoke-ServerJob, jobs-and-tasks §4.1. */
export const invokeServerJob = commandNamed(
  "invoke-serverjob",
  "Runs a job, as sluice invoke-job does: agent and server are one process here, so that a job without an agent is run no differently.",
  serverToolOptions,
  "sluice invoke-serverjob -j Job_HR_Synchronize --workspace examples",
);

const invoke = async (invocation: Invocation, name: string): Promise<number> => {
  const given = invocation.arguments;
  const identifier = needed(given, name, jobIdentifier);
  requireOneWay(invocation);
  const configuration = await readToolConfiguration(invocation);
  const job = await jobNamed(configuration, identifier);
  if (given.has("repair-job")) return await repair(invocation, configuration, identifier);
  const force = given.has("force-synchronization-provisioning");
  return await runTarget(invocation, configuration, targetOf(invocation, job), force);
};

/** Ways to name a part of a job; the first and the last task are one way together. */
const parts = ["begin-job-step", "end-job-step", "task-identifier", "task-type", "task-string-contains"];

const requireOneWay = ({ arguments: given }: Invocation): void => {
  const [first, ...others] = parts.filter((part) => given.has(part));
  if (first === undefined) return;
  const other = given.has("repair-job") ? "repair-job" : others.find((each) => !(first === "begin-job-step" && each === "end-job-step"));
  if (other !== undefined) throw new SluiceError("CMD_OPTIONS_CONFLICT", { first: `--${first}`, second: `--${other}` });
};

const targetOf = ({ arguments: given }: Invocation, job: Job): RunTarget => {
  const type = given.value("task-type");
  return {
    job: job.identifier,
    from: given.value("begin-job-step") ?? undefined,
    to: given.value("end-job-step") ?? undefined,
    task: type === null ? (given.value("task-identifier") ?? undefined) : firstOf(job, type),
    contains: given.value("task-string-contains") ?? undefined,
  };
};

/** The first task of a type, named with or without `Task` at its end, in any case. Throws CMD_TOOL_TASK. */
const firstOf = ({ identifier, steps }: Job, type: string): string => {
  const plain = (name: string): string => name.toLowerCase().replace(/task$/, "");
  const found = steps.find(({ task }) => plain(task.type) === plain(type));
  if (found !== undefined) return found.task.identifier;
  const tasks = steps.map(({ task }) => `${task.identifier} (${task.type})`);
  throw new SluiceError("CMD_TOOL_TASK", { job: identifier, wanted: `of type ${type}`, tasks });
};

/** Resumes the latest instance of the job that has a Blocked task. Throws CMD_TOOL_NOT_BLOCKED. */
const repair = async (invocation: Invocation, configuration: Configuration, job: string): Promise<number> => {
  const { resumeInstance } = await import("../../jobs/index.js");
  const waits = new WaitNotice(invocation);
  return await useStore(
    configuration,
    async (store) => {
      for (const instance of await store.records.list({ job })) {
        const tasks = await store.records.tasks(instance.id);
        if (!tasks.some(({ state }) => state === "Blocked")) continue;
        const started = await configurationOfInstance(
          invocation,
          { workspace: invocation.workspace, env: invocation.env, settings: configuration.settings, configuration },
          store,
          instance.id,
          null,
        );
        return await conduct(invocation, started, store, waits, (surroundings) =>
          resumeInstance({ ...surroundings, jobInstance: instance.id }),
        );
      }
      throw new SluiceError("CMD_TOOL_NOT_BLOCKED", { job });
    },
    waits.options,
  );
};
