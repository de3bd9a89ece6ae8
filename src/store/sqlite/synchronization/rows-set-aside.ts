import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { SluiceError } from "../../../errors/index.js";
import type { SessionFile, SessionManifest } from "../../../model/index.js";
import type { Database } from "./database.js";
import { currentRows } from "./key-index.js";
import type { LinkPlan, TypePlan } from "./repository-plan.js";

/**
 * Rows that prepare set aside still stand for their keys (design §5): nothing stored under such a key is updated or deleted, nor a link that the
 * row could have said.
 */
export interface RowsSetAside {
  protectsResource(type: TypePlan, key: string): boolean;
  protectsLink(link: LinkPlan, key1: string, key2: string): boolean;
}

/** Without this file nothing would be protected: one that is gone or is not the one announced ends the run. Throws SYNC_FILE_CHANGED. */
const read = (folder: string, file: SessionFile): string[][] => {
  const path = join(folder, file.name);
  const bytes = existsSync(path) ? readFileSync(path) : null;
  if (bytes === null || createHash("sha256").update(bytes).digest("hex") !== file.sha256) {
    throw new SluiceError("SYNC_FILE_CHANGED", { rows: file.rows, found: 0 }, { place: { file: path } });
  }
  return parse(bytes, { from: 2, relax_column_count: true, bom: true }) as string[][];
};

/** The links that a row could have said: each line of a value names one resource (connectors §1.8). */
const pairsOf = (value1: string, value2: string): string[] =>
  value1.split(/\r\n|\n|\r/).flatMap((key1) => value2.split(/\r\n|\n|\r/).map((key2) => `${key1}\u001f${key2}`));

/**
 * Reads the session's `.rejected.csv` files: key first for an entity type, both keys first for an association.
 * Throws SYNC_FILE_CHANGED when one is not what the manifest says.
 */
export const rowsSetAside = (db: Database, session: SessionManifest, folder: string): RowsSetAside => {
  const resources = new Map<string, Set<string>>();
  const pairs = new Map<string, Set<string>>();
  for (const file of session.files) {
    if (file.content !== "rejected" || file.rows === 0) continue;
    const rows = read(folder, file);
    if (file.kind === "entityType") resources.set(file.mapping, new Set(rows.map(([key = ""]) => key)));
    else pairs.set(file.mapping, new Set(rows.flatMap(([key1 = "", key2 = ""]) => pairsOf(key1, key2))));
  }
  const ids = new Map<string, Set<number>>();
  const idsOf = (type: TypePlan): Set<number> => {
    const known = ids.get(type.identifier);
    if (known !== undefined) return known;
    const found = new Set<number>();
    for (const key of resources.get(type.identifier) ?? []) {
      const row = db.get(`SELECT Id FROM UR_Resources WHERE ${currentRows(type)} AND ${type.slots[0] ?? "Id"} = ?`, key);
      if (row !== null) found.add(Number(row[0]));
    }
    ids.set(type.identifier, found);
    return found;
  };
  const sameTable = (link: LinkPlan, type: TypePlan): boolean =>
    type.mapping !== null &&
    type.mapping.table.toLowerCase() === link.mapping.table.toLowerCase() &&
    (resources.get(type.identifier)?.size ?? 0) > 0;
  return {
    protectsResource: (type, key) => resources.get(type.identifier)?.has(key) ?? false,
    protectsLink: (link, key1, key2) => {
      if (pairs.get(link.mapping.identifier)?.has(`${key1}\u001f${key2}`) === true) return true;
      const byRow1 = sameTable(link, link.side1.type);
      const byRow2 = sameTable(link, link.side2.type);
      if (!byRow1 && !byRow2) return false;
      const row = db.get("SELECT R1_Id, R2_Id FROM UR_LinkKeys WHERE Mapping = ? AND Key1 = ? AND Key2 = ?", link.number, key1, key2);
      if (row === null) return false;
      return (byRow1 && idsOf(link.side1.type).has(Number(row[0]))) || (byRow2 && idsOf(link.side2.type).has(Number(row[1])));
    },
  };
};
