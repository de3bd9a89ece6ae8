import type { Command } from "../command.js";
import { attended, useExistingStore } from "../maintenance.js";
import { repositoryModelOf } from "../repository.js";
import { formatNoun } from "../terminal/index.js";
import { readConfiguration } from "../workspace.js";
import { changingExitCodes } from "./exit-codes.js";

/**
 * `sluice database views`. With `--json`: `{"format":1,"dryRun":false,"dropped":["…"],"created":[{"entityType":"Person","view":"zz_Person","columns":["…"],"renamed":[{"property":"Id","column":"Id_2"}]}],"statements":["…"]}`.
 */
export const databaseViews: Command = {
  definition: {
    name: "database views",
    description: [
      "Makes one view zz_<EntityType> for each entity type, for people and their reporting tools: Id, every stored scalar property under its identifier, mono-valued navigations as <Navigation>_Id and the target's mapping key, and ValidFrom. Views show what holds now. Those made before are dropped first; views that somebody else made are left alone. CreateDatabaseViewsTask does the same in a job.",
      "Run it again when the entity model changed. No job reads the views.",
    ],
    arguments: [],
    options: [{ name: "dry-run", help: "prints the statements and changes nothing" }],
    formats: ["text", "json"],
    exitCodes: changingExitCodes,
    example: { command: "sluice database views", says: "drops and makes the views in one transaction" },
  },
  run: async (invocation) => {
    const { arguments: given, out } = invocation;
    const dryRun = given.has("dry-run");
    const configuration = await readConfiguration(invocation);
    const changes = await useExistingStore(configuration, (store) =>
      attended(invocation, (options) => store.maintenance.views(repositoryModelOf(configuration), { ...options, dryRun })),
    );
    if (given.isJson) {
      await out.write(`${JSON.stringify({ format: 1, dryRun, ...changes })}\n`);
      return 0;
    }
    if (dryRun) {
      await out.lines(changes.statements.map((statement) => `${statement};`));
      return 0;
    }
    const made = new Set(changes.created.map(({ view }) => view.toLowerCase()));
    const gone = changes.dropped.filter((name) => !made.has(name.toLowerCase()));
    await out.lines([
      ...gone.map((name) => `dropped ${name}`),
      ...changes.created.flatMap(({ view, columns, renamed }) => [
        `made ${view} with ${formatNoun(columns.length, "column")}`,
        ...renamed.map(({ property, column }) => `  ${property} is shown as ${column}: the name was taken`),
      ]),
    ]);
    return 0;
  },
};
