import type { SessionManifest } from "../../../model/index.js";
import {
  currentRows,
  type LinkPlan,
  pairSeparator,
  type RepositoryPlan,
  readSetAside,
  saysLinks,
  type TypePlan,
} from "../../plan/index.js";
import { equal } from "../equality.js";
import type { Database } from "./database.js";
import { columnTypes, createTemporary, keyColumn } from "./temporary-tables.js";

/**
 * Rows that prepare set aside still stand for their keys (design §5): nothing stored under such a key is updated or deleted, nor a link that the
 * row could have said.
 */
export interface RowsSetAside {
  /** Condition that a resource, by its key, is not protected; null where none of its type is. `key`: a column. */
  unprotectedResource(type: TypePlan, key: string): string | null;
  /** Condition that a stored claim (`alias` of UR_LinkKeys) is not protected; null where none of its mapping is. */
  unprotectedLink(link: LinkPlan, alias: string): string | null;
}

/** Characters of a key that the repository can hold: nothing is stored under a longer one. */
const longestKey = 442;

/**
 * Reads the session's `.rejected.csv` files into `#AsideResource` (Type, Key, Id: null where nothing is stored under the key) and `#AsidePair` (Mapping, Key1, Key2).
 * Throws SYNC_FILE_CHANGED when one is not what the manifest says.
 */
export const rowsSetAside = async (db: Database, plan: RepositoryPlan, session: SessionManifest, folder: string): Promise<RowsSetAside> => {
  const setAside = readSetAside(session, folder);
  const keys: [number, string][] = [];
  const types = new Set<TypePlan>();
  for (const [identifier, ofType] of setAside.resources) {
    const type = plan.types.get(identifier);
    if (type === undefined) continue;
    types.add(type);
    for (const key of ofType) if (key.length <= longestKey) keys.push([type.number, key]);
  }
  const pairs: [number, string, string][] = [];
  const links = new Set<LinkPlan>();
  for (const link of plan.links) {
    if (link.connector !== session.connector) continue;
    for (const pair of setAside.pairs.get(link.mapping.identifier) ?? []) {
      links.add(link);
      const [key1 = "", key2 = ""] = pair.split(pairSeparator);
      if (key1.length <= longestKey && key2.length <= longestKey) pairs.push([link.number, key1, key2]);
    }
  }
  if (types.size > 0) await loadResources(db, types, keys);
  if (links.size > 0) await loadPairs(db, pairs);
  const rowSaid = (link: LinkPlan, { type }: LinkPlan["side1"], id: string): string[] =>
    saysLinks(setAside, link, type) ? [`NOT EXISTS (SELECT 1 FROM #AsideResource a WHERE a.Type = ${type.number} AND a.Id = ${id})`] : [];
  return {
    unprotectedResource: (type, key) =>
      types.has(type) ? `NOT EXISTS (SELECT 1 FROM #AsideResource a WHERE a.Type = ${type.number} AND ${equal("a.[Key]", key)})` : null,
    unprotectedLink: (link, alias) => {
      const conditions = [...rowSaid(link, link.side1, `${alias}.R1_Id`), ...rowSaid(link, link.side2, `${alias}.R2_Id`)];
      if (links.has(link)) {
        conditions.push(
          `NOT EXISTS (SELECT 1 FROM #AsidePair p WHERE p.Mapping = ${link.number} AND ${equal("p.Key1", `${alias}.Key1`)} AND ${equal("p.Key2", `${alias}.Key2`)})`,
        );
      }
      return conditions.length === 0 ? null : conditions.join(" AND ");
    },
  };
};

const loadResources = async (db: Database, types: ReadonlySet<TypePlan>, keys: readonly [number, string][]): Promise<void> => {
  await createTemporary(db, "#AsideResource", ["Type int NOT NULL", `[Key] ${columnTypes.key} NOT NULL`, "Id bigint NULL"]);
  await db.bulk(
    "#AsideResource",
    [
      { name: "Type", type: "int", required: true },
      { ...keyColumn("Key"), required: true },
    ],
    keys,
  );
  for (const type of types) {
    const [keySlot] = type.slots;
    if (keySlot === undefined) continue;
    await db.run(
      `UPDATE a SET Id = r.Id FROM #AsideResource a JOIN UR_Resources r ON ${currentRows(type, "r.")} AND ${equal(`r.${keySlot}`, "a.[Key]")}
       WHERE a.Type = ${type.number}`,
    );
  }
};

const loadPairs = async (db: Database, pairs: readonly [number, string, string][]): Promise<void> => {
  await createTemporary(db, "#AsidePair", ["Mapping int NOT NULL", `Key1 ${columnTypes.key} NOT NULL`, `Key2 ${columnTypes.key} NOT NULL`]);
  await db.bulk(
    "#AsidePair",
    [
      { name: "Mapping", type: "int", required: true },
      { ...keyColumn("Key1"), required: true },
      { ...keyColumn("Key2"), required: true },
    ],
    pairs,
  );
};
