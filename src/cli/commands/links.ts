import type { Command } from "../command.js";
import { repositoryModelOf, useStoreForReading } from "../repository.js";
import { writeRows } from "../rows-writer.js";
import { named, readConfiguration } from "../workspace.js";
import { readingExitCodes } from "./exit-codes.js";

/** `sluice links`, design §4. */
export const links: Command = {
  definition: {
    name: "links",
    description: [
      "Lists the current links of an entity association in two columns: the mapping keys of the resources of side 1 and of side 2. Each column bears the navigation whose values it lists.",
      "Links that wait because a resource is missing are not listed: sluice status --connector counts them.",
    ],
    arguments: [{ name: "ENTITYASSOCIATION", help: "identifier of the entity association" }],
    options: [],
    formats: ["table", "csv", "json"],
    exitCodes: readingExitCodes,
    example: { command: "sluice links AD_Members --format csv", says: "one line for each member of each group" },
  },
  run: async (invocation) => {
    const configuration = await readConfiguration(invocation);
    const association = await named(configuration.associations, "entity association", invocation.arguments.argument("ENTITYASSOCIATION"));
    const { linkColumns } = await import("../../store/index.js");
    const model = repositoryModelOf(configuration);
    await useStoreForReading(invocation, configuration, async (store) => {
      const pages = async function* (): AsyncGenerator<readonly (string | null)[][]> {
        if (store === null) return;
        for await (const page of store.reading.links(model, association)) yield page.map((link) => [link.key1, link.key2]);
      };
      await writeRows(invocation, linkColumns(association), pages(), { association: association.identifier });
    });
    return 0;
  },
};
