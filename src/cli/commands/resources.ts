import { SluiceError } from "../../errors/index.js";
import type { EntityType } from "../../model/index.js";
import type { Condition } from "../../store/index.js";
import type { Command } from "../command.js";
import { momentOption } from "../moment.js";
import { repositoryModelOf, useStoreForReading } from "../repository.js";
import { writeRows } from "../rows-writer.js";
import { named, readConfiguration } from "../workspace.js";
import { readingExitCodes } from "./exit-codes.js";

/** `sluice resources`, design §4. */
export const resources: Command = {
  definition: {
    name: "resources",
    description: [
      "Lists the resources of an entity type as the repository holds them: a column for each scalar property, then one for each mono-valued navigation with the mapping key of its target. CSV and JSON give every value exactly as stored; an empty field is no value.",
      "Rows come in the order of the mapping key, of a past moment in the order of their Id.",
    ],
    arguments: [{ name: "ENTITYTYPE", help: "identifier of the entity type" }],
    options: [
      {
        name: "where",
        value: "PROPERTY=VALUE",
        repeatable: true,
        help: "only resources with exactly this value, a navigation by the mapping key of its target; nothing after = asks for no value; several --where must all hold",
      },
      { name: "as-of", value: "DATE", help: "as the repository stood then: 2026-11-21 (its first moment, UTC) or 2026-11-21T09:30:00Z" },
      { name: "with-id", help: "puts the resource's Id first" },
    ],
    formats: ["table", "csv", "json"],
    exitCodes: readingExitCodes,
    example: {
      command: "sluice resources AD_Entry --where sAMAccountName=ann --format csv",
      says: "one line of titles, one line for each entry with that name",
    },
  },
  run: async (invocation) => {
    const given = invocation.arguments;
    const configuration = await readConfiguration(invocation);
    const type = await named(configuration.entityTypes, "entity type", given.argument("ENTITYTYPE"));
    const { resourceColumns } = await import("../../store/index.js");
    const model = repositoryModelOf(configuration);
    const columns = resourceColumns(model, type.identifier).map((column) => column.property);
    const where = await Promise.all(given.values("where").map((text) => conditionOf(type, columns, text)));
    const asOf = momentOption(given, "as-of");
    const withId = given.has("with-id");
    await useStoreForReading(invocation, configuration, async (store) => {
      const pages = async function* (): AsyncGenerator<readonly (string | null)[][]> {
        if (store === null) return;
        for await (const page of store.reading.resources(model, { entityType: type.identifier, where, asOf })) {
          yield page.map((row) => (withId ? [String(row.id), ...row.values] : [...row.values]));
        }
      };
      await writeRows(invocation, withId ? ["Id", ...columns] : columns, pages(), { entityType: type.identifier });
    });
    return 0;
  },
};

const conditionOf = async (type: EntityType, columns: readonly string[], text: string): Promise<Condition> => {
  const at = text.indexOf("=");
  if (at <= 0) throw new SluiceError("CMD_OPTION_VALUE_INVALID", { option: "--where", value: text, expected: "Property=value" });
  const property = await named(new Map(columns.map((column) => [column, column])), `property of ${type.identifier}`, text.slice(0, at));
  return { property, value: text.slice(at + 1) || null };
};
