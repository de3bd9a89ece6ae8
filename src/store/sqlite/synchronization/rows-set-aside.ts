import type { SessionManifest } from "../../../model/index.js";
import { currentRows, type LinkPlan, pairSeparator, readSetAside, saysLinks, type TypePlan } from "../../plan/index.js";
import type { Database } from "./database.js";

/**
 * Rows that prepare set aside still stand for their keys (design §5): nothing stored under such a key is updated or deleted, nor a link that the
 * row could have said.
 */
export interface RowsSetAside {
  protectsResource(type: TypePlan, key: string): boolean;
  protectsLink(link: LinkPlan, key1: string, key2: string): boolean;
}

/**
 * Reads the session's `.rejected.csv` files: key first for an entity type, both keys first for an association.
 * Throws SYNC_FILE_CHANGED when one is not what the manifest says.
 */
export const rowsSetAside = (db: Database, session: SessionManifest, folder: string): RowsSetAside => {
  const setAside = readSetAside(session, folder);
  const { resources, pairs } = setAside;
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
  return {
    protectsResource: (type, key) => resources.get(type.identifier)?.has(key) ?? false,
    protectsLink: (link, key1, key2) => {
      if (pairs.get(link.mapping.identifier)?.has(`${key1}${pairSeparator}${key2}`) === true) return true;
      const byRow1 = saysLinks(setAside, link, link.side1.type);
      const byRow2 = saysLinks(setAside, link, link.side2.type);
      if (!byRow1 && !byRow2) return false;
      const row = db.get("SELECT R1_Id, R2_Id FROM UR_LinkKeys WHERE Mapping = ? AND Key1 = ? AND Key2 = ?", link.number, key1, key2);
      if (row === null) return false;
      return (byRow1 && idsOf(link.side1.type).has(Number(row[0]))) || (byRow2 && idsOf(link.side2.type).has(Number(row[1])));
    },
  };
};
