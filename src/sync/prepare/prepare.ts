import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { AssociationMapping, EntityTypeMapping, SessionFile } from "../../model/index.js";
import type { WorkerTools } from "../worker.js";
import { removeFormer } from "./collect-file.js";
import type { PrepareRequest, PrepareResult } from "./request.js";
import { ErrorsFile } from "./row-errors.js";
import { prepareTable, type TableWork } from "./table.js";
import type { Tally } from "./tally.js";

/**
 * Cleanses and sorts what a connector's export left (connectors §2.4; modes Initial and Complete, which differ only in what the server makes
 * of the files). Synchronous, meant for a thread of its own. Each table is read once, whatever number of mappings reads it.
 *
 * Takes folders and mappings, gives counters and the session's files. Writes `<mapping>.sorted.csv`, `.duplicates.csv`, `.nullpk.csv` and
 * `.rejected.csv` (only where rows may be set aside) to the collect folder, each whole or not at all, and the session's `errors.csv`.
 *
 * A run that fails leaves none of them.
 * @throws SRC_… for files, DATA_… for headers, rows and values, with file and line; SYNC_STOPPED
 */
export const prepare = (request: PrepareRequest, tools: WorkerTools): PrepareResult => {
  const { mappings, collectFolder, errorsFile } = request;
  mkdirSync(collectFolder, { recursive: true });
  mkdirSync(dirname(errorsFile), { recursive: true });
  const removeOutput = (): void => {
    for (const { identifier } of [...mappings.entityTypes, ...mappings.associations]) removeFormer(collectFolder, identifier);
  };
  removeOutput();
  const tally: Tally = { read: 0, written: 0, duplicates: 0, conflictingDuplicates: 0, nullKeys: 0, rejected: 0, nearEqualKeys: 0 };
  const errors = new ErrorsFile(errorsFile);
  try {
    const files = tablesOf(mappings).flatMap((work) =>
      prepareTable(work, {
        inputFolder: request.inputFolder,
        collectFolder,
        entityTypes: new Map(request.entityTypes.map((type) => [type.identifier, type])),
        associations: new Map(request.associations.map((association) => [association.identifier, association])),
        onRowError: request.onRowError[work.connection] ?? "Stop",
        errors,
        tally,
        tools,
      }),
    );
    errors.finish();
    const { nearEqualKeys, ...counted } = tally;
    return {
      counters: { ...counted, folded: 0, inserted: 0, updated: 0, deleted: 0 },
      nearEqualKeys,
      files: [...files.filter(isOfEntityType), ...files.filter((file) => !isOfEntityType(file))],
    };
  } catch (error) {
    errors.discard();
    removeOutput();
    throw error;
  }
};

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
