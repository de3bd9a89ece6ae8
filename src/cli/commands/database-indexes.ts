import type { Command } from "../command.js";
import { attended, useExistingStore } from "../maintenance.js";
import { repositoryModelOf } from "../repository.js";
import { formatNoun } from "../terminal/index.js";
import { readConfiguration } from "../workspace.js";
import { changingExitCodes } from "./exit-codes.js";

/** `sluice database indexes`. With `--json`: `{"format":1,"dryRun":false,"created":["…"],"dropped":["…"],"kept":["…"],"statements":["…"]}`. */
export const databaseIndexes: Command = {
  definition: {
    name: "database indexes",
    description: [
      "Makes the indexes that follow from the configuration: by the mapping key of each entity type, and by each property that association mappings name resources by. Drops those of the same kind that the configuration no longer calls for; indexes that somebody else made are left alone. ManageConfigurationIndexesTask does the same in a job.",
      "Synchronizations make missing ones themselves. By hand it pays after the mappings changed: the next run need not build them while it holds the database.",
    ],
    arguments: [],
    options: [{ name: "dry-run", help: "prints the statements and changes nothing" }],
    formats: ["text", "json"],
    exitCodes: changingExitCodes,
    example: { command: "sluice database indexes --dry-run", says: "which indexes are missing, and which nothing needs" },
  },
  run: async (invocation) => {
    const { arguments: given, out, style } = invocation;
    const dryRun = given.has("dry-run");
    const configuration = await readConfiguration(invocation);
    const changes = await useExistingStore(configuration, (store) =>
      attended(invocation, (options) => store.maintenance.indexes(repositoryModelOf(configuration), { ...options, dryRun })),
    );
    if (given.isJson) {
      await out.write(`${JSON.stringify({ format: 1, dryRun, ...changes })}\n`);
      return 0;
    }
    if (dryRun) await out.lines(changes.statements.map((statement) => `${statement};`));
    else {
      await out.lines([...changes.dropped.map((name) => `dropped ${name}`), ...changes.created.map((name) => `made ${name}`)]);
    }
    const kept = `${formatNoun(changes.kept.length, "index", "indexes")} as they should be`;
    if (changes.statements.length === 0) await out.lines([style.good(`nothing to do: ${kept}`)]);
    return 0;
  },
};
