import type { AttributeDifference, ConfigurationDifferences, ElementDifference } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import type { Store } from "../../store/index.js";
import { changeText } from "../change-text.js";
import type { Command, Invocation } from "../command.js";
import { type ComparedConfiguration, comparedConfiguration } from "../compared-configuration.js";
import { repositoryModelOf, useStoreForReading } from "../repository.js";
import { formatTime, printable, type Style, widthOf } from "../terminal/index.js";
import { readConfiguration } from "../workspace.js";
import { readingExitCodes } from "./exit-codes.js";

/**
 * `sluice diff`. With `--json` one document:
 *
 *     {"format":1,"from":{"kind":"inForce","hash":"1a2b…","since":"2026-11-21T09:30:00.000Z","jobInstance":null,"folder":null},
 *      "to":{"hash":"5e6f…"},
 *      "elements":[{"element":"Job","identifier":"Job_HR","change":"changed",
 *        "attributes":[{"name":"CronTabExpression","before":"0 3 * * *","after":"0 4 * * *"}],
 *        "parts":[{"element":"ExportTask","identifier":"HR_Export","change":"added","attributes":[…],"parts":[]}]}],
 *      "settings":[{"name":"Connections.hr.Path","before":"a.csv","after":"b.csv"}],
 *      "refused":[{"code":"SYNC_SLOT_MOVED","message":"…"}]}                  null where there is no database to ask
 */
export const diff: Command = {
  definition: {
    name: "diff",
    description: [
      "Shows what the files of the workspace would change: jobs and their tasks, connectors with mappings and thresholds, connections, entity types and their slots, settings. Where it is written, in which file and in which order of files, takes no part.",
      "They are compared with the configuration that a scheduler has in force; where none ever ran, with that of the latest job instance; or with what --from names. Nothing is changed. Values of secrets are neither kept nor shown.",
    ],
    arguments: [],
    options: [
      {
        name: "from",
        value: "FOLDER|HASH|INSTANCE",
        help: "compares with the files of a folder, with a kept configuration by its hash (or how that begins), or with what a job instance was started with",
      },
    ],
    formats: ["text", "json"],
    exitCodes: readingExitCodes,
    example: { command: "sluice diff --from 12", says: "what changed in the configuration since instance 12 was started" },
  },
  run: async (invocation) => {
    const { arguments: given, out } = invocation;
    const present = await readConfiguration(invocation);
    const { configurationDifferences } = await import("../../config/index.js");
    const answer = async (store: Store | null): Promise<void> => {
      const compared = await comparedConfiguration(invocation, present, store, given.value("from"));
      const differences = configurationDifferences(compared.configuration, present);
      const refused = (await store?.reading.refusedModel(repositoryModelOf(present))) ?? null;
      if (given.isJson) await out.write(`${JSON.stringify(documentOf(compared, present.hash, differences, refused))}\n`);
      else await out.lines(linesOf(invocation, compared, differences, refused));
    };
    await withStoreIfThere(invocation, present, answer);
    return 0;
  },
};

/** A database that cannot be reached leaves the question of slots open, and nothing else. */
const withStoreIfThere = async (
  invocation: Invocation,
  configuration: Parameters<typeof useStoreForReading>[1],
  answer: (store: Store | null) => Promise<void>,
): Promise<void> => {
  let isAnswering = false;
  try {
    await useStoreForReading(invocation, configuration, async (store) => {
      isAnswering = true;
      await answer(store);
    });
  } catch (error) {
    if (isAnswering || !(error instanceof SluiceError) || error.exit !== 69) throw error;
    await invocation.err.lines([invocation.errStyle.dim(`the database was not asked: ${error.message}`)]);
    await answer(null);
  }
};

const documentOf = (
  { kind, configuration, since, jobInstance, folder }: ComparedConfiguration,
  hash: string,
  { elements, settings }: ConfigurationDifferences,
  refused: readonly SluiceError[] | null,
): object => ({
  format: 1,
  from: { kind, hash: configuration.hash, since, jobInstance, folder },
  to: { hash },
  elements,
  settings,
  refused: refused?.map(({ code, message }) => ({ code, message })) ?? null,
});

/** Characters of a hash that tell it from others. */
const shortHash = 12;

const sourceText = ({ kind, configuration, since, jobInstance, folder }: ComparedConfiguration): string => {
  const hash = configuration.hash.slice(0, shortHash);
  if (kind === "inForce") return `the configuration in force since ${formatTime(since ?? "")} (${hash})`;
  if (kind === "instance") return `the configuration of instance ${jobInstance ?? ""} (${hash})`;
  return kind === "kept" ? `the kept configuration ${hash}` : `the files of ${printable(folder ?? "")} (${hash})`;
};

const linesOf = (
  { style }: Invocation,
  compared: ComparedConfiguration,
  { elements, settings }: ConfigurationDifferences,
  refused: readonly SluiceError[] | null,
): string[] => {
  const isSame = elements.length === 0 && settings.length === 0;
  const lines = [style.dim(`from ${sourceText(compared)} to the files of the workspace`)];
  lines.push(...(isSame ? ["no difference"] : elements.flatMap((element) => elementLines(element, 0, style))));
  if (settings.length > 0) lines.push("~ settings", ...settings.map((setting) => attributeLine(setting, 1)));
  if (refused !== null && refused.length > 0) {
    lines.push("", style.bad("the next synchronization would be refused:"));
    for (const { code, message } of refused) lines.push(`  ${code}: ${printable(message)}`);
  }
  return lines;
};

const signs = { added: "+", removed: "-", changed: "~" } as const;

/** Of an element that came or went its own attributes, and its parts by name: what they say stands in the file. */
const elementLines = ({ element, identifier, change, attributes, parts }: ElementDifference, depth: number, style: Style): string[] => {
  const title = `${"  ".repeat(depth)}${signs[change]} ${[element, printable(identifier)].filter((part) => part !== "").join(" ")}`;
  if (change === "changed") {
    return [
      title,
      ...attributes.map((attribute) => attributeLine(attribute, depth + 1)),
      ...parts.flatMap((part) => elementLines(part, depth + 1, style)),
    ];
  }
  const schedule = attributes.find(({ name }) => name === "CronTabExpression");
  const when = schedule?.after ?? schedule?.before ?? null;
  const painted = `${change === "added" ? style.good(title) : style.bad(title)}${when === null ? "" : ` (${printable(when)})`}`;
  return [painted, ...parts.flatMap((part) => elementLines(part, depth + 1, style))];
};

/** Longest value of a line (columns); a list of five hundred properties is looked at in the file. */
const widestValue = 160;

const shortened = (value: string | null): string | null =>
  value === null || widthOf(value) <= widestValue ? value : `${value.slice(0, widestValue - 1)}…`;

const attributeLine = ({ name, before, after }: AttributeDifference, depth: number): string =>
  `${"  ".repeat(depth)}${printable(name)}: ${changeText(shortened(before), shortened(after))}`;
