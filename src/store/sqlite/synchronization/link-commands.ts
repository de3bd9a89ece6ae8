import type { LinkPlan, OwnSide } from "../../plan/index.js";
import { claimIndex } from "./claim-index.js";
import type { Database } from "./database.js";

/** Claims are found by key 1 in their primary key, by key 2 in the index made for it. */
const indexOf = { 1: "", 2: claimIndex.key2 } as const;

const columns = "(Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2)";
/** Claims that go; one that came before in the same session goes too. */
const withdraw = (from: string): string =>
  `INSERT INTO temp.Touched ${columns} SELECT l.Mapping, l.Key1, l.Key2, 1, 0, 1, l.R1_Id, l.R2_Id FROM ${from} ON CONFLICT DO UPDATE SET Wanted = 0`;
/** A claim that comes, whether it is stored or not; one that went before stays. */
const claim = (key1: string, key2: string, from: string, mapping: string): string =>
  `INSERT INTO temp.Touched ${columns} SELECT ${mapping}, ${key1}, ${key2}, s.Mapping IS NOT NULL, 1, 1, s.R1_Id, s.R2_Id
   FROM ${from} LEFT JOIN UR_LinkKeys s ON s.Mapping = ${mapping} AND s.Key1 = ${key1} AND s.Key2 = ${key2} WHERE true ON CONFLICT DO UPDATE SET Wanted = 1`;

/** Holds which of a mapping's own keys resources lose, and the keys that their claims go over to (`ownSidesOf`). */
export const prepareOwnKeys = (db: Database): void =>
  db.exec(`
    DROP TABLE IF EXISTS temp.OwnKeyMoved;
    CREATE TEMP TABLE OwnKeyMoved (Mapping INTEGER NOT NULL, N INTEGER NOT NULL, FromKey TEXT NOT NULL, ToKey TEXT, PRIMARY KEY (Mapping, N, FromKey)) WITHOUT ROWID`);

/** Of several resources that leave one key nobody knows which its claims were of: they go. Statement arguments: mapping, which key of its claims, from, to or null. */
export const rememberOwnKey = (db: Database) =>
  db.prepare("INSERT INTO temp.OwnKeyMoved (Mapping, N, FromKey, ToKey) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET ToKey = NULL");

/**
 * Takes away the claims of the keys that resources lose, and gives those of a renamed resource their new key. Runs before the commands of the mapping's own delta.
 * True where claims went over.
 */
export const moveOwnClaims = (db: Database, { link, n }: OwnSide): boolean => {
  const { number } = link;
  const stored = `temp.OwnKeyMoved m CROSS JOIN UR_LinkKeys l ${indexOf[n]} ON l.Mapping = ${number} AND l.Key${n} = m.FromKey`;
  const moved = `m.Mapping = ${number} AND m.N = ${n}`;
  db.exec(withdraw(`${stored} WHERE ${moved}`));
  if (db.get(`SELECT 1 FROM temp.OwnKeyMoved m WHERE ${moved} AND m.ToKey IS NOT NULL LIMIT 1`) === null) return false;
  const [key1, key2] = n === 1 ? ["r.ToKey", "r.Key2"] : ["r.Key1", "r.ToKey"];
  const renamed = `(SELECT l.Key1, l.Key2, m.ToKey FROM ${stored} WHERE ${moved} AND m.ToKey IS NOT NULL) r`;
  db.exec(claim(key1, key2, renamed, String(number)));
  return true;
};

/** The commands of an association's delta, in their order: deletes of a pair or of all claims of one key, then inserts. */
export interface LinkCommands {
  /** One of the keys may be null. */
  remove(key1: string | null, key2: string | null): void;
  add(key1: string, key2: string): void;
}

/** `hasMoved`: claims went over to other keys before, which the stored ones do not show. */
export const linkCommands = (db: Database, { number }: LinkPlan, hasMoved: boolean): LinkCommands => {
  const by = (condition: string, index = ""): ((...keys: string[]) => void) => {
    const stored = db.prepare(withdraw(`UR_LinkKeys l ${index} WHERE l.Mapping = ${number} AND ${condition}`));
    const moved = hasMoved ? db.prepare(`UPDATE temp.Touched AS l SET Wanted = 0 WHERE l.Mapping = ${number} AND ${condition}`) : null;
    return (...keys) => {
      stored.run(...keys);
      moved?.run(...keys);
    };
  };
  if (hasMoved) db.exec("CREATE INDEX IF NOT EXISTS temp.TouchedKey2 ON Touched (Mapping, Key2)");
  const pair = by("l.Key1 = ? AND l.Key2 = ?");
  const all1 = by("l.Key1 = ?", indexOf[1]);
  const all2 = by("l.Key2 = ?", indexOf[2]);
  const insert = db.prepare(claim("?1", "?2", "(SELECT 1)", String(number)));
  return {
    remove: (key1, key2) => {
      if (key1 !== null && key2 !== null) pair(key1, key2);
      else if (key1 !== null) all1(key1);
      else if (key2 !== null) all2(key2);
    },
    add: (key1, key2) => void insert.run(key1, key2),
  };
};
