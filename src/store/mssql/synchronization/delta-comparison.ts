import type { SessionFile } from "../../../model/index.js";
import { type DeltaRow, hasClearedColumn } from "../../../sync/index.js";
import {
  clearedSlots,
  currentRows,
  type LinkPlan,
  type MissingResources,
  type OwnSide,
  readSessionDelta,
  type TypePlan,
} from "../../plan/index.js";
import { equal } from "../equality.js";
import type { BulkColumn, Value } from "./database.js";
import { prepareSaid, renameClaims, touchBySaid, touchByWithdrawal } from "./delta-claims.js";
import { type ComparisonContext, fileColumns, prepareDifferences, stageDifferences, stored, unequal } from "./session-comparison.js";
import type { Staging } from "./staging.js";
import { clearTemporary, columnTypes, createTemporary, keyColumn } from "./temporary-tables.js";

/** Loads rows into a temporary table. Of an empty file too all is read: that it has none must be true. */
const load = async (
  { db }: ComparisonContext,
  file: SessionFile,
  table: string,
  columns: readonly BulkColumn[],
  rows: Iterable<readonly Value[]>,
): Promise<void> => {
  if (file.rows > 0) await db.bulk(table, columns, rows);
  else for (const _ of rows);
};

/** Characters of `,C4,C5,…,` with all slots. */
const longestCleared = 600;

/** Makes `#OwnKeyMoved`, empty: the own keys that resources lose, and those that their claims go over to (`ownSidesOf`). */
export const prepareOwnKeys = ({ db }: ComparisonContext): Promise<void> =>
  createTemporary(db, "#OwnKeyMoved", [
    "Type int NOT NULL",
    `Slot ${columnTypes.word} NOT NULL`,
    `FromKey ${columnTypes.key} NOT NULL`,
    `ToKey ${columnTypes.key} NULL`,
  ]);

/**
 * Stages what a delta of an entity type changes; connectors §2.4. It is loaded into `#File` with its commands, merges are made full rows by what is stored, and each row
 * is found by its key among the current ones: no row is read that the delta does not name. `ownSides`: the associations whose claims follow this type's rows.
 */
export const compareResourceDelta = async (
  context: ComparisonContext,
  file: SessionFile,
  type: TypePlan,
  staging: Staging,
  ownSides: readonly OwnSide[],
  missing: MissingResources,
): Promise<void> => {
  const { db, session } = context;
  const [keySlot] = type.slots;
  if (keySlot === undefined) return;
  await loadResourceDelta(context, file, type);
  const current = `UR_Resources r ON ${currentRows(type, "r.")} AND ${equal(`f.${keySlot}`, stored(keySlot))}`;
  const others = type.slots.slice(1);
  if (hasClearedColumn(file.kind, session.type) && others.length > 0) {
    const merged = others.map(
      (slot) => `${slot} = CASE WHEN f.${slot} IS NOT NULL OR f.Cleared LIKE '%,${slot},%' THEN f.${slot} ELSE ${stored(slot)} END`,
    );
    await db.run(`UPDATE f SET ${merged.join(", ")} FROM #File f JOIN ${current} WHERE f.Command = 'merge'`);
  }
  for (const slot of new Set(ownSides.map((side) => side.slot))) {
    await db.run(
      `INSERT INTO #OwnKeyMoved (Type, Slot, FromKey, ToKey)
       SELECT ${type.number}, '${slot}', ${stored(slot)}, CASE WHEN f.Command = 'merge' THEN f.${slot} END FROM #File f JOIN ${current}
       WHERE ${stored(slot)} IS NOT NULL AND (f.Command = 'delete' OR ${unequal(slot)})`,
    );
  }
  await prepareDifferences(db);
  await db.run(
    `INSERT INTO #Diff (Command, N, ResourceId)
     SELECT CASE WHEN f.Command = 'delete' THEN 'delete' WHEN r.Id IS NULL THEN 'insert' ELSE 'update' END,
       CASE WHEN f.Command = 'delete' THEN NULL ELSE f.N END, r.Id
     FROM #File f LEFT JOIN ${current}
     WHERE (f.Command = 'delete' AND r.Id IS NOT NULL) OR (f.Command <> 'delete' AND (${["r.Id IS NULL", ...others.map(unequal)].join(" OR ")}))
     ORDER BY CASE WHEN f.Command = 'delete' THEN 3 WHEN r.Id IS NULL THEN 1 ELSE 2 END, CASE WHEN f.Command = 'delete' THEN r.Id ELSE f.N END`,
  );
  await countMissing(context, type, missing);
  await stageDifferences(context, type, staging, `comparing ${file.mapping}`);
  await clearTemporary(db, "#Diff");
  await clearTemporary(db, "#File");
};

/** Loads an entity type's delta into `#File` (N, its slots in their order, Command, Cleared: the slots that a merge clears as `,C5,C6,`), made anew. */
const loadResourceDelta = async (context: ComparisonContext, file: SessionFile, type: TypePlan): Promise<void> => {
  const slots = fileColumns(type);
  await createTemporary(context.db, "#File", [
    "N bigint NOT NULL PRIMARY KEY",
    ...slots.map(({ name, length }) => `${name} ${columnTypes.text(length)} NULL`),
    `Command ${columnTypes.word} NOT NULL`,
    `Cleared ${columnTypes.text(longestCleared)} NOT NULL`,
  ]);
  const columns: BulkColumn[] = [
    { name: "N", type: "integer", required: true },
    ...slots,
    { name: "Command", type: "word", required: true },
    { name: "Cleared", type: "text", length: longestCleared, required: true },
  ];
  const values = function* (): Generator<Value[]> {
    let n = 0;
    for (const { command, fields, cleared } of readSessionDelta(context, file, type.columns)) {
      yield [n++, ...fields, command, `,${clearedSlots(type, cleared).join(",")},`];
    }
  };
  await load(context, file, "#File", columns, values());
};

/** An update that became an insert found no resource, nor did a delete that became nothing. */
const countMissing = async ({ db }: ComparisonContext, type: TypePlan, missing: MissingResources): Promise<void> => {
  const updates = await db.count(
    "SELECT COUNT(*) FROM #File f JOIN #Diff d ON d.N = f.N WHERE f.Command = 'update' AND d.Command = 'insert'",
  );
  const deletes = await db.count("SELECT COUNT(*) FROM #File WHERE Command = 'delete'");
  missing.add(type, "update", updates);
  missing.add(type, "delete", deletes - (await db.count("SELECT COUNT(*) FROM #Diff WHERE Command = 'delete'")));
};

/** How a row of a link delta is meant: a pair said; a pair, or all pairs of one key, taken away. */
type Meaning = "said" | "pair" | "key1" | "key2";

const meaningOf = ({ command, fields: [key1, key2] }: DeltaRow): Meaning => {
  if (command !== "delete") return "said";
  if (key1 === null) return "key2";
  return key2 === null ? "key1" : "pair";
};

/** The keys by which a row takes claims away. */
const withdrawals = [
  ["pair", ["Key1", "Key2"]],
  ["key1", ["Key1"]],
  ["key2", ["Key2"]],
] as const;

/**
 * Notes which claims a link delta takes away or adds, all that go before all that come (a pair taken away and said again is unchanged). With them the claims of the
 * own keys that the session's resources lose go, or go over to the key that a merge gives. They are resolved afterwards, all together.
 */
export const compareLinkDelta = async (
  context: ComparisonContext,
  file: SessionFile,
  link: LinkPlan,
  ownSides: readonly OwnSide[],
): Promise<void> => {
  const { db } = context;
  const found = await loadLinkDelta(context, file, link);
  context.checkStop(`comparing ${file.mapping}`);
  const rows = (meaning: Meaning): string => `SELECT d.Key1, d.Key2 FROM #LinkDelta d WHERE d.Meaning = '${meaning}'`;
  await prepareSaid(db, found.has("said") ? rows("said") : null);
  const taken = withdrawals.filter(([meaning]) => found.has(meaning));
  const isTaken = (alias: string): string[] =>
    taken.map(([meaning, keys]) => {
      const by = keys.map((key) => equal(`d.${key}`, `${alias}.${key}`)).join(" AND ");
      return `EXISTS (${rows(meaning)} AND ${by})`;
    });
  const moved = ({ type, slot }: OwnSide): string => `#OwnKeyMoved o WHERE o.Type = ${type.number} AND o.Slot = '${slot}'`;
  for (const side of ownSides) await renameClaims(db, side, moved(side), isTaken);
  for (const [meaning, keys] of taken) await touchByWithdrawal(db, link, keys, rows(meaning));
  for (const side of ownSides) {
    const lost = `FROM ${moved(side)} GROUP BY o.FromKey, DATALENGTH(o.FromKey)`;
    await touchByWithdrawal(db, link, [`Key${side.n}`], side.n === 1 ? `SELECT o.FromKey, NULL ${lost}` : `SELECT NULL, o.FromKey ${lost}`);
  }
  await touchBySaid(db, link);
  for (const table of ["#LinkDelta", "#Withdrawn", "#Said"]) await clearTemporary(db, table);
};

/** Loads a link delta into `#LinkDelta` (Meaning, Key1, Key2), made anew. Gives what its rows mean. */
const loadLinkDelta = async (context: ComparisonContext, file: SessionFile, { mapping }: LinkPlan): Promise<ReadonlySet<Meaning>> => {
  await createTemporary(context.db, "#LinkDelta", [
    `Meaning ${columnTypes.word} NOT NULL`,
    `Key1 ${columnTypes.key} NULL`,
    `Key2 ${columnTypes.key} NULL`,
  ]);
  const found = new Set<Meaning>();
  const values = function* (): Generator<Value[]> {
    for (const row of readSessionDelta(context, file, [mapping.column1, mapping.column2])) {
      const meaning = meaningOf(row);
      found.add(meaning);
      yield [meaning, row.fields[0] ?? null, row.fields[1] ?? null];
    }
  };
  await load(
    context,
    file,
    "#LinkDelta",
    [{ name: "Meaning", type: "word", required: true }, keyColumn("Key1"), keyColumn("Key2")],
    values(),
  );
  return found;
};
