import type { Command } from "../command.js";
import { conduct } from "../conduct.js";
import { keepConfiguration } from "../kept-configuration.js";
import { useStoreOfInstance } from "../repository.js";
import { WaitNotice } from "../wait-notice.js";
import { readConfiguration } from "../workspace.js";
import { runningExitCodes } from "./exit-codes.js";

/** `sluice undo`: turns a synchronization back from its history; design §6, §8. */
export const undo: Command = {
  definition: {
    name: "undo",
    description: [
      "Turns back what the synchronizations of a job instance applied, from the history, the last one first, as a job instance of its own: thresholds are enforced, a block is resumed or cancelled as any other. It is refused, and nothing is changed, where later runs changed the same resources or links, which are listed, and where the history does not hold everything (HistoryPrecision, a purge).",
      "The sources stay as they are: a complete run brings back what they say. Until then incremental runs of the connectors are refused.",
    ],
    arguments: [{ name: "INSTANCE", help: "the number of the job instance whose changes are turned back" }],
    options: [
      { name: "task", value: "ID", help: "only this synchronization of it" },
      { name: "force", help: "thresholds are computed and shown, not enforced, in this run; recorded with who started it" },
      { name: "accept", value: "warning", values: ["warning"], help: "exit code 0 for an instance that ends with Warning" },
      { name: "reason", value: "TEXT", help: "why; kept with who and when" },
    ],
    formats: ["text", "json"],
    exitCodes: runningExitCodes,
    example: { command: 'sluice undo 12 --reason "HR sent last year\'s file"', says: "turns back what instance 12 applied" },
  },
  run: async (invocation) => {
    const given = invocation.arguments;
    const jobInstance = given.instance("INSTANCE");
    const configuration = await readConfiguration(invocation);
    const { undoInstance } = await import("../../jobs/index.js");
    const waits = new WaitNotice(invocation);
    return await useStoreOfInstance(
      configuration,
      jobInstance,
      async (store) => {
        await keepConfiguration(invocation, configuration, store);
        return await conduct(invocation, configuration, store, waits, (surroundings) =>
          undoInstance({ ...surroundings, jobInstance, task: given.value("task") ?? undefined, force: given.has("force") }),
        );
      },
      waits.options,
    );
  },
};
