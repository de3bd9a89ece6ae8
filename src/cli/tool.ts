import { isAbsolute } from "node:path";
import type { Configuration } from "../config/index.js";
import { SluiceError } from "../errors/index.js";
import type { RunTarget, ToolTask } from "../jobs/index.js";
import type { SynchronizationType } from "../model/index.js";
import type { Arguments } from "./arguments.js";
import type { Invocation, OptionDefinition } from "./command.js";
import { conduct } from "./conduct.js";
import { databaseNamed } from "./database-named.js";
import { keepConfiguration } from "./kept-configuration.js";
import { useStore } from "./repository.js";
import { WaitNotice } from "./wait-notice.js";
import { readConfiguration } from "./workspace.js";

/** What the documented tools that talk to a server take; one process is both here (jobs-and-tasks §4). */
const unneeded: readonly OptionDefinition[] = [
  { name: "api-url", value: "URL", help: "accepted and not needed: no server is asked" },
  { name: "api-client-id", value: "ID", help: "accepted and not needed" },
  { name: "api-secret", value: "SECRET", help: "accepted and not needed; better left out of scripts" },
];
const database: OptionDefinition = {
  name: "database-connection-string",
  value: "STRING",
  help: "the database, instead of the one that the settings name",
};

/** Of tools that work for an agent, and of those that work for the server. */
export const agentToolOptions: readonly OptionDefinition[] = [...unneeded, database];
export const serverToolOptions: readonly OptionDefinition[] = [database];

/** Said of every documented tool. */
export const toolNote =
  "A documented command line tool under its own name, so that scripts written for it go on working. The workspace is the current directory where --workspace is not given.";

/** The configuration of a tool, its database as given; what is not needed is said on stderr. */
export const readToolConfiguration = async (invocation: Invocation): Promise<Configuration> => {
  const { arguments: given, out, err, errStyle, cwd } = invocation;
  const secret = given.value("api-secret");
  if (secret !== null) for (const output of [out, err]) output.mask([secret]);
  const named = given.value(database.name);
  const other = named === null ? null : databaseNamed(`--${database.name}`, named, cwd);
  const configuration = await readConfiguration(invocation);
  const secrets = [...configuration.settings.secrets, ...(other?.secrets ?? []), ...(secret === null ? [] : [secret])];
  for (const output of [out, err]) output.mask(secrets);
  const ignored = unneeded.filter(({ name }) => given.has(name)).map(({ name }) => `--${name}`);
  if (ignored.length > 0) {
    await err.lines([errStyle.dim(`not needed: ${ignored.join(", ")}; agent and server are one process here`)]);
  }
  return { ...configuration, settings: { ...configuration.settings, secrets, ...(other === null ? {} : { database: other.database }) } };
};

/** Runs a tool's own task as any run: with an instance, locks and a record. Gives the exit code. */
export const runToolTask = async (
  invocation: Invocation,
  configuration: Configuration,
  task: ToolTask,
  force: boolean,
): Promise<number> => {
  const { toolTaskName } = await import("../jobs/index.js");
  return await runTarget(invocation, configuration, { rootTask: toolTaskName(task) }, force);
};

export const runTarget = async (invocation: Invocation, configuration: Configuration, what: RunTarget, force: boolean): Promise<number> => {
  const { runJob } = await import("../jobs/index.js");
  const waits = new WaitNotice(invocation);
  return await useStore(
    configuration,
    async (store) => {
      await keepConfiguration(invocation, configuration, store);
      return await conduct(invocation, configuration, store, waits, (surroundings) => runJob({ ...surroundings, what, force }));
    },
    waits.options,
  );
};

/** Type of a preparation and of its synchronization, which the older tools had in their names (jobs-and-tasks §2.3). */
export const typeOption: OptionDefinition = {
  name: "type",
  value: "None|Changes|ActiveDirectory",
  values: ["None", "Changes", "ActiveDirectory"],
  help: "as Type of the task: Changes for files with commands; default: None",
};

export const typeOf = (given: Arguments): SynchronizationType => (given.value("type") ?? "None") as SynchronizationType;

/** A mandatory option. Throws CMD_OPTION_NEEDED. */
export const needed = (given: Arguments, command: string, option: OptionDefinition): string => {
  const value = given.value(option.name);
  if (value === null)
    throw new SluiceError("CMD_OPTION_NEEDED", { command, options: [`--${option.name} ${option.value ?? ""}`.trimEnd()] });
  return value;
};

/** A folder below one of ours, as the tools name it. Throws CMD_OPTION_VALUE_INVALID for what would leave it, or cannot stand in a name. */
export const folderOption = (given: Arguments, name: string): string | null => {
  const value = given.value(name);
  if (value === null) return null;
  if (isAbsolute(value) || /^[A-Za-z]:|(^|[\\/])\.\.([\\/]|$)|\s|^-/.test(value)) {
    throw new SluiceError("CMD_OPTION_VALUE_INVALID", {
      option: `--${name}`,
      value,
      expected: "a relative path without .. and without blanks",
    });
  }
  return value;
};
