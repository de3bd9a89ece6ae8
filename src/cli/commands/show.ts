import { SluiceError } from "../../errors/index.js";
import type { Author, ResourceView } from "../../store/index.js";
import { changeText } from "../change-text.js";
import type { Command, Invocation } from "../command.js";
import { repositoryModelOf, useStoreForReading } from "../repository.js";
import { formatNoun, formatTime, printable, type Style, table } from "../terminal/index.js";
import { named, readConfiguration } from "../workspace.js";
import { readingExitCodes } from "./exit-codes.js";

/** `sluice show`, design §4. The JSON document is `{"format":1,…ResourceView}`. */
export const show: Command = {
  definition: {
    name: "show",
    description: [
      "Shows one resource: its properties, its links in both directions with type and key of the other, what a source says of it whose other side is missing, and which task made its present state.",
      "A resource that was deleted is shown as it last was.",
    ],
    arguments: [
      { name: "ENTITYTYPE", help: "identifier of the entity type" },
      { name: "KEY", help: "the resource's mapping key, exactly as stored" },
    ],
    options: [{ name: "history", help: "all versions, what changed in each and by which task; links that ended, too" }],
    formats: ["text", "json"],
    exitCodes: [...readingExitCodes],
    example: { command: "sluice show Directory_User 000007 --history", says: "everything the repository knows of that person" },
  },
  run: async (invocation) => {
    const given = invocation.arguments;
    const configuration = await readConfiguration(invocation);
    const type = await named(configuration.entityTypes, "entity type", given.argument("ENTITYTYPE"));
    const key = given.argument("KEY");
    const view = await useStoreForReading(
      invocation,
      configuration,
      async (store) =>
        (await store?.reading.resource(repositoryModelOf(configuration), type.identifier, key, given.has("history"))) ?? null,
    );
    if (view === null) throw new SluiceError("CMD_RESOURCE_MISSING", { entityType: type.identifier, key });
    if (given.isJson) await invocation.out.writeData(`${JSON.stringify({ format: 1, ...view })}\n`);
    else await invocation.out.writeData(`${viewLines(view, given.has("history"), invocation).join("\n")}\n`);
    return 0;
  },
};

const authorText = (author: Author | null): string =>
  author === null ? "" : `${author.task} in ${author.job}, instance ${author.jobInstance} (task instance ${author.taskInstance})`;

const viewLines = (view: ResourceView, withHistory: boolean, { out, style }: Invocation): string[] => {
  const options = { style, indent: 2, ...(out.columns === undefined ? {} : { width: out.columns }) };
  const last = view.versions.at(-1);
  const state = view.isOpen
    ? `since ${formatTime(last?.validFrom ?? "")}`
    : style.warning(`deleted ${last?.validTo == null ? "" : formatTime(last.validTo)}`.trimEnd());
  const lines = [`${style.bold(`${view.entityType} ${printable(view.key)}`)}  Id ${view.id}, ${state}`];
  if (!withHistory && last?.openedBy != null) lines.push(style.dim(`by ${authorText(last.openedBy)}`));
  lines.push(
    "",
    ...table(
      [
        { title: "Property", value: (row) => row.property },
        { title: "Value", value: (row) => row.value },
      ],
      view.properties,
      options,
    ),
  );
  if (view.links.length > 0) {
    lines.push(
      "",
      style.bold(formatNoun(view.links.length, "link")),
      ...table(
        [
          { title: "Navigation", value: (link) => link.property },
          { title: "Type", value: (link) => link.entityType },
          { title: "Key", value: (link) => link.key },
          ...(withHistory
            ? [
                {
                  title: "From",
                  value: (link: ResourceView["links"][number]) => (link.validFrom === null ? null : formatTime(link.validFrom)),
                },
                { title: "To", value: (link: ResourceView["links"][number]) => (link.validTo === null ? null : formatTime(link.validTo)) },
              ]
            : []),
        ],
        view.links,
        options,
      ),
    );
  }
  for (const property of view.cut) lines.push(style.warning(`  of ${property} only the first links are shown: sluice links lists all`));
  if (view.waiting.length > 0) {
    lines.push(
      "",
      style.bold(`${formatNoun(view.waiting.length, "link")} without its other side`),
      ...table(
        [
          { title: "Association", value: (link) => link.association },
          { title: "Key 1", value: (link) => link.key1 },
          { title: "Key 2", value: (link) => link.key2 },
          { title: "Reason", value: (link) => link.reason.replace(/(^|, )([12]) /g, "$1key $2 ") },
        ],
        view.waiting,
        options,
      ),
    );
  }
  if (withHistory) lines.push(...versionLines(view, style));
  return lines;
};

const versionLines = (view: ResourceView, style: Style): string[] => {
  const lines = ["", style.bold(formatNoun(view.versions.length, "version"))];
  for (const version of view.versions) {
    const end = version.validTo === null ? "now" : formatTime(version.validTo);
    lines.push(`  ${formatTime(version.validFrom)} to ${end}${version.openedBy === null ? "" : `, by ${authorText(version.openedBy)}`}`);
    const closer = version.closedBy;
    if (closer !== null && closer.taskInstance !== version.openedBy?.taskInstance)
      lines.push(style.dim(`    closed by ${authorText(closer)}`));
    const isFirst = version === view.versions[0];
    for (const { property, before, after } of version.changes) {
      lines.push(`    ${property}: ${isFirst ? printable(after ?? "") : changeText(before, after)}`);
    }
  }
  return lines;
};
