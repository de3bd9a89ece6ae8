import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { SluiceError } from "../../errors/index.js";
import type { Command, Invocation } from "../command.js";
import { hintLines } from "../hint.js";
import {
  countReferences,
  csvFormOf,
  filesOf,
  jobsOf,
  keyOf,
  type Proposal,
  type ProposedFile,
  pascalCase,
  proposeFor,
  studyCsv,
} from "../init/index.js";
import { formatCount, formatNoun, printable, table } from "../terminal/index.js";
import { fault } from "./exit-codes.js";

/** `sluice init`. The JSON document is `{"format":1,"dryRun":false,"workspace":"…","file":"…","form":{…},"rows":120,"proposal":{…},"files":[{"path","text"}]}`. */
export const init: Command = {
  definition: {
    name: "init",
    description: [
      "Makes a workspace from a CSV file: looks at its separator, encoding, header and first 100,000 rows, proposes a connector, an entity type, a mapping with its key, links between rows, limits and three jobs (first load, complete, incremental), says why, and writes them. The result runs as it is, and is meant to be edited.",
      "Writes into a workspace without configuration only; nothing is overwritten. The file itself is not touched.",
    ],
    arguments: [{ name: "CSVFILE", help: "the file; jobs will read it where it is" }],
    options: [
      { name: "connector", value: "ID", help: "identifier of the connector; default: made of the file's name" },
      { name: "entity-type", value: "ID", help: "identifier of the entity type; default: the connector's with _Entry" },
      {
        name: "key",
        value: "COLUMN",
        help: "the column that identifies a row; default: one whose values are never empty and never repeat",
      },
      { name: "dry-run", help: "prints the proposal and the files, and writes nothing" },
    ],
    formats: ["text", "json"],
    exitCodes: [
      [0, "the workspace was written, or with --dry-run: shown"],
      [64, "wrong arguments, a file that is no CSV with a header and a key, or a workspace that has a configuration already"],
      fault,
    ],
    example: { command: "sluice init people.csv --workspace identity", says: "then sluice validate and sluice run, as it says at its end" },
  },
  run: async (invocation) => {
    const { arguments: given, out, cwd, workspace } = invocation;
    const file = resolve(cwd, given.argument("CSVFILE"));
    const connector =
      identifierOption(given.value("connector"), "--connector") ??
      (pascalCase(basename(file).replace(/\.\w+$/, "")).replace(/^\d+/, "") || "Source");
    const entityType = identifierOption(given.value("entity-type"), "--entity-type") ?? `${connector}_Entry`;
    await requireNew(workspace);
    const study = await studyCsv(file, csvFormOf(file));
    const key = keyOf(study, given.value("key"));
    const proposal = proposeFor(study, key, await countReferences(study, key.position), { connector, entityType });
    const files = filesOf(proposal, study.form, pathFrom(workspace, file), study.hasOuterBlanks);
    const dryRun = given.has("dry-run");
    if (!dryRun) for (const each of files) await writeNew(workspace, each);
    if (given.isJson) {
      const { form, rows } = study;
      await out.write(`${JSON.stringify({ format: 1, dryRun, workspace, file, form, rows, proposal, files })}\n`);
      return 0;
    }
    const separator = study.form.separator === "\t" ? "tab" : study.form.separator;
    await out.lines([
      `${printable(file)}: ${study.isWhole ? "" : "first "}${formatNoun(study.rows, "row")}, ${formatNoun(study.columns.length, "column")}, separator ${separator}, ${study.form.encoding}`,
      ...proposalLines(invocation, proposal),
      ...(dryRun ? fileLines(invocation, files) : writtenLines(invocation, workspace, files, proposal)),
    ]);
    return 0;
  },
};

/** Throws CMD_OPTION_VALUE_INVALID for what no identifier may be (connectors §1.3, §1.5). */
const identifierOption = (value: string | null, option: string): string | null => {
  // 400: with what is added to it an identifier stays below 442 characters.
  if (value === null || /^[A-Za-z][A-Za-z0-9_]{0,399}$/.test(value)) return value;
  throw new SluiceError("CMD_OPTION_VALUE_INVALID", { option, value, expected: "a letter, then letters, digits and _" });
};

/** Throws CMD_INIT_WORKSPACE where there is a configuration, or what a run left. */
const requireNew = async (workspace: string): Promise<void> => {
  if (!existsSync(workspace)) return;
  const { loadWorkspace } = await import("../../config/index.js");
  const { files } = loadWorkspace({ workspace, env: {} });
  const found = ["appsettings.json", "appsettings.agent.json", "Work"].find((name) => existsSync(join(workspace, name)));
  if (files > 0 || found !== undefined) {
    throw new SluiceError("CMD_INIT_WORKSPACE", { workspace, found: found ?? formatNoun(files, "XML file") });
  }
};

/** Below the workspace the path starts there, so that both can move together. */
const pathFrom = (workspace: string, file: string): string => {
  const way = relative(workspace, file);
  return way.startsWith("..") || isAbsolute(way) ? file.replaceAll("\\", "/") : way.replaceAll("\\", "/");
};

const writeNew = async (workspace: string, { path, text }: ProposedFile): Promise<void> => {
  const full = join(workspace, path);
  try {
    await mkdir(dirname(full), { recursive: true });
    // `wx`: a file that came meanwhile is not overwritten.
    await writeFile(full, text, { flag: "wx" });
  } catch (error) {
    throw new SluiceError(
      "CMD_INIT_WORKSPACE",
      { workspace, found: error instanceof Error ? error.message : String(error) },
      { cause: error },
    );
  }
};

const proposalLines = (
  { out, style }: Invocation,
  { connector, entityType, key, properties, associations, leftOut, remarks }: Proposal,
): string[] => {
  const rows = [
    ...[key, ...properties].map(({ column, identifier, type, index, why }) => ({
      column,
      identifier,
      type: `${type}, C${index.toString(32).toUpperCase()}`,
      why,
    })),
    ...associations.map(({ column, property, reverse, why }) => ({ column, identifier: `${property}, ${reverse}`, type: "link", why })),
    ...leftOut.map(({ column, why }) => ({ column, identifier: "", type: "left out", why })),
  ];
  return [
    "",
    `connector ${style.bold(connector)}, entity type ${style.bold(entityType)}`,
    "",
    ...table<(typeof rows)[number]>(
      [
        { title: "Column", value: (row) => row.column },
        { title: "Property", value: (row) => row.identifier },
        { title: "Stored as", value: (row) => row.type },
        { title: "Why", value: (row) => row.why },
      ],
      rows,
      { style, indent: 2, ...(out.columns === undefined ? {} : { width: out.columns }) },
    ),
    "",
    `limits: the defaults, ${formatCount(100)} resources or 5 % of what is stored, ${formatCount(1000)} links or 5 %; a run that would do more stops for a person`,
    ...remarks.map((remark) => style.warning(printable(remark))),
  ];
};

const writtenLines = (invocation: Invocation, workspace: string, files: readonly ProposedFile[], proposal: Proposal): string[] => {
  const jobs = jobsOf(proposal);
  return [
    "",
    ...files.map(({ path }) => `wrote ${printable(join(workspace, path))}`),
    "",
    invocation.style.bold("What to do next"),
    ...hintLines(invocation, [
      ["validate", "checks what was written"],
      [`run ${jobs.initialize} --dry-run`, "says what the first load would do"],
      [`run ${jobs.initialize}`, "loads the file into the empty repository, once"],
      [`run ${jobs.complete}`, "makes the repository equal to the file, every night"],
      [`run ${jobs.incremental}`, "loads what changed since, as often as needed"],
      [`resources ${proposal.entityType}`, "lists what is stored"],
    ]),
  ];
};

const fileLines = ({ style }: Invocation, files: readonly ProposedFile[]): string[] => [
  ...files.flatMap(({ path, text }) => ["", style.bold(path), text.trimEnd()]),
  "",
  style.dim("nothing was written (--dry-run)"),
];
