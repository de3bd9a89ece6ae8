import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { SluiceError } from "../../errors/index.js";
import type { AssociationMapping, EntityTypeMapping, SessionFile } from "../../model/index.js";
import type { WorkerTools } from "../worker.js";
import { compareWithBaseline, keptBaseline } from "./baseline-comparison.js";
import { removeFormer } from "./collect-file.js";
import type { PrepareRequest, PrepareResult } from "./request.js";
import { ErrorsFile } from "./row-errors.js";
import { prepareTable, type TableWork } from "./table.js";
import { emptyTally, type Tally } from "./tally.js";

/**
 * Cleanses and sorts what a connector's export left (connectors §2.4). Synchronous, meant for a thread of its own. Each table is read once, whatever
 * number of mappings reads it.
 *
 * - Initial, Complete: full data; both differ only in what the server makes of the files. A column of commands is ignored.
 * - Incremental, Type None: full data; what it changes of the baseline is handed over.
 * - Incremental, Type Changes: rows with commands, which are folded by key and handed over.
 *
 * Takes folders and mappings, gives counters and the session's files. Writes `<mapping>.duplicates.csv`, `.nullpk.csv`, `.rejected.csv` (only where
 * rows may be set aside), of full data `.sorted.csv`, in incremental mode `.sorted.delta` to the collect folder, each whole or not at all, and the
 * session's `errors.csv`.
 *
 * A run that fails leaves none of them.
 * @throws SRC_… for files, DATA_… for headers, rows and values, with file and line; SYNC_STOPPED
 */
export const prepare = (request: PrepareRequest, tools: WorkerTools): PrepareResult => {
  const { mappings, collectFolder, errorsFile } = request;
  const incremental = request.mode === "Incremental" ? request.type : null;
  if (incremental === "ActiveDirectory") throw new Error("incremental preparations of Type ActiveDirectory are not built");
  mkdirSync(collectFolder, { recursive: true });
  mkdirSync(dirname(errorsFile), { recursive: true });
  const removeOutput = (): void => {
    for (const { identifier } of [...mappings.entityTypes, ...mappings.associations]) removeFormer(collectFolder, identifier);
  };
  removeOutput();
  const tally = emptyTally();
  const errors = new ErrorsFile(errorsFile);
  try {
    const files = tablesOf(mappings).flatMap((work) =>
      prepareTable(work, {
        inputFolder: request.inputFolder,
        collectFolder,
        entityTypes: new Map(request.entityTypes.map((type) => [type.identifier, type])),
        associations: new Map(request.associations.map((association) => [association.identifier, association])),
        onRowError: request.onRowError[work.connection] ?? "Stop",
        incremental,
        columnName: request.columnName,
        carried: request.carried,
        errors,
        tally,
        tools,
      }),
    );
    const handedOver = incremental === "None" ? changesOf(request, files, tally, tools) : { files, ...baselineOf(request, files, tools) };
    errors.finish();
    const { nearEqualKeys, ...counters } = tally;
    const { baseline, isBaselineWhole } = handedOver;
    return { counters, nearEqualKeys, files: entityTypesFirst(handedOver.files), baseline: entityTypesFirst(baseline), isBaselineWhole };
  } catch (error) {
    errors.discard();
    removeOutput();
    throw error;
  }
};

/**
 * What whole files, or commands, leave for the next incremental run. Rows set aside of whole files keep what is stored under their keys, which only the baseline of the state before can tell: where that
 * one is not there, or is damaged, this one does not tell all.
 */
const baselineOf = (
  request: PrepareRequest,
  files: readonly SessionFile[],
  tools: WorkerTools,
): Pick<PrepareResult, "baseline" | "isBaselineWhole"> => {
  const sorted = files.filter(isBaseline);
  const areRowsAside = files.some(({ content, rows }) => content === "rejected" && rows > 0);
  if (request.mode === "Incremental" || !areRowsAside) return { baseline: sorted, isBaselineWhole: true };
  if (request.baseline === null) return { baseline: sorted, isBaselineWhole: false };
  try {
    return { baseline: keptBaseline(request, request.baseline, files, tools), isBaselineWhole: true };
  } catch (error) {
    // What is wrong with former files never stops a run of the whole.
    if (!(error instanceof SluiceError) || error.code !== "SRC_BASELINE_INVALID") throw error;
    return { baseline: sorted, isBaselineWhole: false };
  }
};

/** Not the rows that were set aside. */
const isBaseline = ({ content }: SessionFile): boolean => content !== "rejected";

/** What full data changes of the baseline. */
const changesOf = (request: PrepareRequest, files: readonly SessionFile[], tally: Tally, tools: WorkerTools) => {
  // Of incremental runs it is the rows of the deltas that were written.
  tally.written = 0;
  const { deltas, baseline } = compareWithBaseline(request, files, tally, tools);
  return { files: [...deltas, ...files.filter(({ content }) => content === "rejected")], baseline, isBaselineWhole: true };
};

const entityTypesFirst = (files: readonly SessionFile[]): SessionFile[] => [
  ...files.filter(isOfEntityType),
  ...files.filter((file) => !isOfEntityType(file)),
];

const isOfEntityType = (file: SessionFile): boolean => file.kind === "entityType";

/** The tables that the mappings read, each with all of its mappings; names ignore case (connectors §1.7). */
const tablesOf = (mappings: {
  readonly entityTypes: readonly EntityTypeMapping[];
  readonly associations: readonly AssociationMapping[];
}): TableWork[] => {
  const names = new Map<string, { table: string; connection: string }>();
  for (const { table, connection } of [...mappings.entityTypes, ...mappings.associations]) {
    if (!names.has(table.toLowerCase())) names.set(table.toLowerCase(), { table, connection });
  }
  return [...names].map(([name, { table, connection }]) => ({
    table,
    connection,
    entityTypes: mappings.entityTypes.filter((mapping) => mapping.table.toLowerCase() === name),
    associations: mappings.associations.filter((mapping) => mapping.table.toLowerCase() === name),
  }));
};
