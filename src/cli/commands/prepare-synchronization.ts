import type { SynchronizationMode } from "../../model/index.js";
import type { Command, OptionDefinition } from "../command.js";
import { agentToolOptions, folderOption, needed, readToolConfiguration, runToolTask, toolNote, typeOf, typeOption } from "../tool.js";
import { named } from "../workspace.js";
import { runningExitCodes } from "./exit-codes.js";

const connector: OptionDefinition = { name: "connector", value: "ID", help: "the connector; always needed" };
const mode: OptionDefinition = {
  name: "synchronization-mode",
  value: "MODE",
  values: ["Initial", "Complete", "Incremental"],
  help: "initial, complete or incremental; always needed",
};

/** `sluice prepare-synchronization`: Usercube-Prepare-Synchronization, jobs-and-tasks §4.2. */
export const prepareSynchronization: Command = {
  definition: {
    name: "prepare-synchronization",
    description: [
      "Cleanses the exported files of a connector and hands them over for a synchronization, as a PrepareSynchronizationTask does: one task with an instance, locks and a record of its own.",
      toolNote,
    ],
    arguments: [],
    options: [
      connector,
      mode,
      { name: "agent", value: "ID", help: "accepted: this process is the agent" },
      { name: "sources-directory", value: "DIR", help: "where the exported files are, below the temp folder; default: ExportOutput" },
      { name: "working-directory", value: "DIR", help: "where the cleansed files go, below the work folder; default: Collect" },
      typeOption,
      ...agentToolOptions,
    ],
    formats: ["text", "json"],
    exitCodes: runningExitCodes,
    example: {
      command: "sluice prepare-synchronization --connector HR --synchronization-mode complete --workspace examples",
      says: "what was exported is ready for sluice synchronize",
    },
  },
  run: async (invocation) => {
    const given = invocation.arguments;
    const identifier = needed(given, "prepare-synchronization", connector);
    const wanted = needed(given, "prepare-synchronization", mode) as SynchronizationMode;
    const folders = {
      workingDirectory: folderOption(given, "working-directory"),
      sourcesDirectory: folderOption(given, "sources-directory"),
    };
    const configuration = await readToolConfiguration(invocation);
    await named(configuration.connectors, "connector", identifier);
    const task = { tool: "prepare-synchronization", connector: identifier, mode: wanted, type: typeOf(given), ...folders } as const;
    return await runToolTask(invocation, configuration, task, false);
  },
};
