import { defineErrors } from "./definition.js";

const meant = (nearest: string | null): string => (nearest === null ? "" : `: did you mean ${nearest}?`);

/** Codes of the command line itself. */
export const commandErrors = defineErrors({
  CMD_UNKNOWN_COMMAND: {
    exit: 64,
    retryable: false,
    text: (p: { command: string; nearest: string | null }) =>
      `there is no command '${p.command}'${meant(p.nearest)}${p.nearest === null ? ": sluice --help lists the commands" : ""}`,
  },
  CMD_UNKNOWN_OPTION: {
    exit: 64,
    retryable: false,
    text: (p: { command: string; option: string; nearest: string | null }) =>
      `sluice ${p.command} has no option ${p.option}${meant(p.nearest)}${p.nearest === null ? `: sluice ${p.command} --help lists them` : ""}`,
  },
  CMD_OPTION_VALUE_MISSING: {
    exit: 64,
    retryable: false,
    text: (p: { option: string; value: string }) => `option ${p.option} needs a value: ${p.option} ${p.value}`,
  },
  CMD_OPTION_VALUE_UNEXPECTED: {
    exit: 64,
    retryable: false,
    text: (p: { option: string; value: string }) => `option ${p.option} takes no value, but got '${p.value}': leave the value out`,
  },
  CMD_OPTION_REPEATED: {
    exit: 64,
    retryable: false,
    text: (p: { option: string }) => `option ${p.option} stands more than once: give it once`,
  },
  CMD_OPTION_VALUE_INVALID: {
    exit: 64,
    retryable: false,
    text: (p: { option: string; value: string; expected: string }) => `option ${p.option} cannot be '${p.value}': give ${p.expected}`,
  },
  CMD_OPTION_NEEDED: {
    exit: 64,
    retryable: false,
    text: (p: { command: string; options: readonly string[] }) =>
      `sluice ${p.command} does nothing by itself: give ${p.options.join(", ")}`,
  },
  CMD_OPTIONS_CONFLICT: {
    exit: 64,
    retryable: false,
    text: (p: { first: string; second: string }) => `${p.first} and ${p.second} exclude each other: give one of them`,
  },
  CMD_ARGUMENT_MISSING: {
    exit: 64,
    retryable: false,
    text: (p: { argument: string; usage: string }) => `${p.argument} is missing: ${p.usage}`,
  },
  CMD_ARGUMENT_INVALID: {
    exit: 64,
    retryable: false,
    text: (p: { argument: string; value: string; expected: string }) => `${p.argument} cannot be '${p.value}': give ${p.expected}`,
  },
  CMD_ARGUMENT_UNEXPECTED: {
    exit: 64,
    retryable: false,
    text: (p: { value: string; usage: string }) => `'${p.value}' is one argument too many: ${p.usage}`,
  },
  CMD_DATABASE_ABSENT: {
    exit: 64,
    retryable: false,
    text: (p: { database: string }) =>
      `there is no database at ${p.database} yet: the first run of a job makes it, or sluice database migrate`,
  },
  CMD_UNKNOWN_NAME: {
    exit: 64,
    retryable: false,
    text: (p: { kind: string; name: string; nearest: string | null; known: number }) =>
      `the configuration has no ${p.kind} '${p.name}'${meant(p.nearest)}${p.nearest !== null ? "" : p.known === 0 ? " and none at all: is this the right workspace?" : ": check the name, upper and lower case count"}`,
  },
  CMD_RESOURCE_MISSING: {
    exit: 64,
    retryable: false,
    text: (p: { entityType: string; key: string }) =>
      `the repository never held a ${p.entityType} with the mapping key '${p.key}': sluice resources ${p.entityType} lists those there are`,
  },
  CMD_NOTHING_STAGED: {
    exit: 64,
    retryable: false,
    text: (p: { instance: number; state: string }) =>
      `job instance ${p.instance} is ${p.state} and holds no staged changes: only a Blocked instance does, sluice status shows which are`,
  },
  CMD_LOG_MISSING: {
    exit: 64,
    retryable: false,
    text: (p: { instance: number; path: string }) =>
      `the log of job instance ${p.instance} is not at ${p.path}: it was removed, or the job ran on another machine or in another workspace`,
  },
  CMD_LOG_TASK_UNKNOWN: {
    exit: 64,
    retryable: false,
    text: (p: { instance: number; task: string; tasks: readonly string[] }) =>
      `instance ${p.instance} has no task '${p.task}'; its tasks are ${p.tasks.join(", ")}`,
  },
  CMD_CONNECTOR_STATE: {
    exit: 64,
    retryable: false,
    text: (p: { connector: string; problem: string }) => `connector ${p.connector} stays as it is: ${p.problem}`,
  },
  CMD_VERIFY_BASELINE: {
    exit: 64,
    retryable: false,
    text: (p: { connector: string; reason: string }) =>
      `connector ${p.connector} cannot be verified: ${p.reason}; run a job that prepares it with SynchronizationMode Complete, then verify again`,
  },
  CMD_INIT_FILE: {
    exit: 64,
    retryable: false,
    text: (p: { file: string; problem: string }) => `${p.file} cannot be made a workspace of: ${p.problem}`,
  },
  CMD_INIT_HEADER: {
    exit: 64,
    retryable: false,
    text: (p: { file: string; problem: string }) =>
      `${p.file}: ${p.problem}; write the names of the columns into the first row, with one separator throughout`,
  },
  CMD_INIT_KEY: {
    exit: 64,
    retryable: false,
    text: (p: { file: string; problem: string }) =>
      `${p.file}: ${p.problem}; name the column that identifies a row with --key COLUMN, or add one to the file`,
  },
  CMD_INIT_WORKSPACE: {
    exit: 64,
    retryable: false,
    text: (p: { workspace: string; found: string }) =>
      `${p.workspace} is not written into (${p.found}): give a folder without a configuration with --workspace DIR`,
  },
  CMD_TOOL_TASK: {
    exit: 64,
    retryable: false,
    text: (p: { job: string; wanted: string; tasks: readonly string[] }) =>
      `job ${p.job} has no task ${p.wanted}; its tasks are ${p.tasks.join(", ")}`,
  },
  CMD_TOOL_NOT_BLOCKED: {
    exit: 64,
    retryable: false,
    text: (p: { job: string }) =>
      `job ${p.job} has no blocked instance to repair: sluice status ${p.job} lists its instances, without --repair-job it is run`,
  },

  CMD_CONFIGURATION_UNKNOWN: {
    exit: 64,
    retryable: false,
    text: (p: { from: string | null; reason: string }) =>
      p.from === null
        ? `there is nothing to compare with, ${p.reason}: name a folder, a hash or a job instance with --from`
        : `--from ${p.from} names no configuration, ${p.reason}: give a folder, the hash of a kept configuration or the number of a job instance`,
  },
  CMD_FILE_NOT_WRITTEN: {
    exit: 64,
    retryable: false,
    text: (p: { path: string; reason: string }) => `${p.path} could not be written (${p.reason}): give another place with --out FILE`,
  },
  CMD_LISTEN_FAILED: {
    exit: 69,
    retryable: true,
    text: (p: { address: string; port: number; reason: string }) =>
      `metrics and health cannot be given on ${p.address}, port ${p.port} (${p.reason}): end what uses the port, or give another one with Service.Port and Service.Address`,
  },
  CMD_OUTPUT_FAILED: {
    exit: 70,
    retryable: true,
    text: (p: { reason: string }) => `the output could not be written (${p.reason}): check the file or program that it goes to`,
  },
  CMD_FAULT: {
    exit: 70,
    retryable: false,
    text: (p: { message: string }) =>
      `Sluice itself failed: ${p.message}. The command with --log-level Debug shows where; please report it with that text`,
  },
  CMD_PLAN_UNREADABLE: {
    exit: 64,
    retryable: false,
    text: (p: { file: string; reason: string }) =>
      p.reason === "ENOENT"
        ? `there is no plan ${p.file}: check the path; nothing was changed`
        : `the plan ${p.file} cannot be read (${p.reason}): check that it is a file, and who may read it; nothing was changed`,
  },
  CMD_PLAN_EXISTS: {
    exit: 64,
    retryable: false,
    text: (p: { file: string }) => `${p.file} is there already: a plan is never written over; give another name, or remove it`,
  },
});
