import type { Command, OptionDefinition } from "../command.js";
import { needed, readToolConfiguration, runToolTask, serverToolOptions, toolNote, typeOf, typeOption } from "../tool.js";
import { named } from "../workspace.js";
import { runningExitCodes } from "./exit-codes.js";

const connector: OptionDefinition = { name: "connector", value: "ID", help: "the connector; always needed" };

/** `sluice synchronize`: Usercube-Synchronize, jobs-and-tasks §4.2. */
export const synchronize: Command = {
  definition: {
    name: "synchronize",
    description: [
      "Loads the oldest prepared files of a connector, as a SynchronizeTask does: compares them with the repository, passes the gate, applies. Where thresholds are exceeded its instance is Blocked; sluice resume goes on with it.",
      toolNote,
    ],
    arguments: [],
    options: [
      connector,
      { name: "force", short: "f", ignoresNumber: true, help: "thresholds are computed and shown, not enforced" },
      typeOption,
      ...serverToolOptions,
    ],
    formats: ["text", "json"],
    exitCodes: runningExitCodes,
    example: {
      command: "sluice synchronize --connector HR --workspace examples",
      says: "loads what sluice prepare-synchronization made ready",
    },
  },
  run: async (invocation) => {
    const given = invocation.arguments;
    const identifier = needed(given, "synchronize", connector);
    const configuration = await readToolConfiguration(invocation);
    await named(configuration.connectors, "connector", identifier);
    return await runToolTask(
      invocation,
      configuration,
      { tool: "synchronize", connector: identifier, type: typeOf(given) },
      given.has("force"),
    );
  },
};
