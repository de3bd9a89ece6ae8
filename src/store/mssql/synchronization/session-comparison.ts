import type { OnProgress, SessionFile, SessionManifest, Slot } from "../../../model/index.js";
import { openEnd } from "../../open-end.js";
import {
  type CheckStop,
  currentRows,
  type LinkPlan,
  openSortedFile,
  type RepositoryPlan,
  slotChanges,
  type TypePlan,
  watched,
} from "../../plan/index.js";
import { differs, equal } from "../equality.js";
import { RecordRows } from "./bulk-rows.js";
import type { BulkColumn, Database, Value } from "./database.js";
import { touchByClaims } from "./link-resolution.js";
import type { RowsSetAside } from "./rows-set-aside.js";
import type { StagedRow, Staging } from "./staging.js";
import { asKey, clearTemporary, columnTypes, createTemporary, keyColumn, slotLength } from "./temporary-tables.js";

export { type CheckStop, openSortedFile, sortedFileOf, watched } from "../../plan/index.js";

export interface ComparisonContext {
  readonly db: Database;
  readonly plan: RepositoryPlan;
  readonly session: SessionManifest;
  readonly folder: string;
  readonly checkStop: CheckStop;
  readonly onProgress: OnProgress;
}

/** Differences that are made into staged rows at a time: some megabytes of JSON. */
const pageSize = 5_000;

/** A file's row of this ordinal, from 0. */
const ordinal: BulkColumn = { name: "N", type: "integer", required: true };

/** Loads a sorted file into a temporary table made anew: `N` from 0 in file order, then the file's columns. */
const loadFile = async (
  context: ComparisonContext,
  file: SessionFile,
  headers: readonly string[],
  table: string,
  columns: readonly BulkColumn[],
  step: string,
): Promise<void> => {
  const types = columns.map(({ name, length }) => `${name} ${columnTypes.text(length)} NULL`);
  await createTemporary(context.db, table, ["N bigint NOT NULL PRIMARY KEY", ...types]);
  if (file.rows === 0) return readEmpty(context, file, headers);
  const source = openSortedFile(context.folder, file, headers);
  try {
    await context.db.bulk(table, [ordinal, ...columns], new RecordRows(watched(source, file.rows, step, context), [{ from: 0 }]));
  } finally {
    source.close();
  }
};

/** A file without rows is read too: that it has none must be true. */
const readEmpty = (context: ComparisonContext, file: SessionFile, headers: readonly string[]): void => {
  const source = openSortedFile(context.folder, file, headers);
  try {
    while (source.next() !== null);
  } finally {
    source.close();
  }
};

/** Loads a link file into `#Claim` (N, Key1, Key2), made anew. */
export const loadClaims = (
  context: ComparisonContext,
  file: SessionFile,
  link: LinkPlan,
  step = `loading ${file.mapping}`,
): Promise<void> =>
  loadFile(context, file, [link.mapping.column1, link.mapping.column2], "#Claim", [keyColumn("Key1"), keyColumn("Key2")], step);

/** The text of a stored slot of `r`, or of another alias; a slot of numbers holds what a file said as text. */
export const stored = (slot: Slot, alias = "r"): string => (slotLength(slot) === null ? asKey(`${alias}.${slot}`) : `${alias}.${slot}`);

/** Loads an entity type's file into `#File` (N, then its slots in their order), made anew. */
export const loadResourceFile = (context: ComparisonContext, file: SessionFile, type: TypePlan, step: string): Promise<void> =>
  loadFile(context, file, type.columns, "#File", fileColumns(type), step);

/** The columns of `#File` that hold a type's slots: what a file says, as text. */
export const fileColumns = (type: TypePlan): BulkColumn[] =>
  type.slots.map((name) => ({ name, type: "text", length: slotLength(name) ?? 442 }));

/**
 * Stages what a complete file of an entity type changes; connectors §2.6. The file is loaded into `#File` and joined once, key and length, with the type's current
 * rows; what differs in either direction goes to `#Diff` and from there, page by page, into the staged rows: inserts and updates in file order, then deletes by Id.
 */
export const compareResources = async (
  context: ComparisonContext,
  file: SessionFile,
  type: TypePlan,
  staging: Staging,
  aside: RowsSetAside,
): Promise<void> => {
  const { db } = context;
  const [keySlot] = type.slots;
  if (keySlot === undefined) return;
  await loadResourceFile(context, file, type, `comparing ${file.mapping}`);
  context.checkStop(`comparing ${file.mapping}`);
  await findDifferences(db, type, keySlot, aside);
  await stageDifferences(context, type, staging, `comparing ${file.mapping}`);
  await clearTemporary(db, "#Diff");
  await clearTemporary(db, "#File");
};

/** Makes `#Diff`, empty: a command, the file's row of an insert or update, the resource of an update or delete. */
export const prepareDifferences = (db: Database): Promise<void> =>
  createTemporary(db, "#Diff", [
    "D int IDENTITY(1,1) PRIMARY KEY",
    `Command ${columnTypes.word} NOT NULL`,
    "N bigint NULL",
    "ResourceId bigint NULL",
  ]);

/** Condition that a slot of the file's row (`f`) is not what is stored (`r`). */
export const unequal = (slot: Slot): string => differs(`f.${slot}`, stored(slot));

const findDifferences = async (db: Database, type: TypePlan, keySlot: Slot, aside: RowsSetAside): Promise<void> => {
  await prepareDifferences(db);
  const changed = ["f.N IS NULL", "r.Id IS NULL", ...type.slots.slice(1).map(unequal)].join(" OR ");
  const unprotected = aside.unprotectedResource(type, stored(keySlot));
  const current = `SELECT Id, ${type.slots.join(", ")} FROM UR_Resources WHERE ${currentRows(type)}`;
  await db.run(
    `INSERT INTO #Diff (Command, N, ResourceId)
     SELECT CASE WHEN r.Id IS NULL THEN 'insert' WHEN f.N IS NULL THEN 'delete' ELSE 'update' END, f.N, r.Id
     FROM #File f FULL JOIN (${current}) r ON ${equal(`f.${keySlot}`, stored(keySlot))}
     WHERE (${changed})${unprotected === null ? "" : ` AND (r.Id IS NULL OR ${unprotected})`}
     ORDER BY CASE WHEN r.Id IS NULL THEN 1 WHEN f.N IS NULL THEN 3 ELSE 2 END, f.N, r.Id`,
  );
};

/** Stages the rows of `#Diff`, page by page. */
export const stageDifferences = async (context: ComparisonContext, type: TypePlan, staging: Staging, step: string): Promise<void> => {
  const { db } = context;
  const count = type.slots.length;
  const columns = [...type.slots.map((slot) => `f.${slot}`), ...type.slots.map((slot) => stored(slot))].join(", ");
  const of = await db.count("SELECT COUNT(*) FROM #Diff");
  for (let after = 0; after < of; after += pageSize) {
    context.checkStop(step);
    context.onProgress({ step: "staging differences", rows: after, of });
    // By its Id alone: with its type named too, an index over the rows of a type could be walked for each of them.
    const rows = await db.all(
      `SELECT d.Command, r.Id, r.ValidFrom, ${columns} FROM #Diff d
       LEFT JOIN #File f ON f.N = d.N LEFT JOIN UR_Resources r ON r.Id = d.ResourceId AND r.ValidTo = '${openEnd}'
       WHERE d.D > ? AND d.D <= ? ORDER BY d.D`,
      after,
      after + pageSize,
    );
    const texts = rows.map((row) => row.slice(3).map((value) => (value === null ? null : String(value))));
    const inserted = texts.flatMap((values, i) => (rows[i]?.[0] === "insert" ? [values[0] ?? ""] : []));
    const ids = await staging.idsFor(type, inserted);
    let next = 0;
    await staging.stage(
      rows.map((row, i): StagedRow => {
        const command = row[0] as StagedRow["command"];
        const values = texts[i] ?? [];
        const after = command === "delete" ? null : values.slice(0, count);
        const before = command === "insert" ? null : values.slice(count);
        return {
          command,
          type,
          key: (after ?? before)?.[0] ?? "",
          resource: command === "insert" ? (ids[next++] ?? 0) : Number(row[1]),
          version: textOf(row[2]),
          changes: slotChanges(type, before, after),
          causedBy: null,
        };
      }),
    );
  }
};

const textOf = (value: Value | undefined): string | null => (value === null || value === undefined ? null : String(value));

/** Notes which claims a complete link file adds or removes; they are resolved afterwards, all together. */
export const compareLinks = async (context: ComparisonContext, file: SessionFile, link: LinkPlan, aside: RowsSetAside): Promise<void> => {
  await loadClaims(context, file, link, `comparing ${file.mapping}`);
  context.checkStop(`comparing ${file.mapping}`);
  await touchByClaims(context.db, link, aside.unprotectedLink(link, "l"));
  await clearTemporary(context.db, "#Claim");
};
