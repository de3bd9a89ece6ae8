import type { LinkPlan, OwnSide } from "../../plan/index.js";
import { equal } from "../equality.js";
import type { Database } from "./database.js";
import { into, untouched } from "./link-resolution.js";
import { clearTemporary, columnTypes, createTemporary } from "./temporary-tables.js";

/** Condition that `#Said` names the stored claim `l`. */
const saidAgain = `EXISTS (SELECT 1 FROM #Said s WHERE ${equal("s.Key1", "l.Key1")} AND ${equal("s.Key2", "l.Key2")})`;

const pairColumns = (nullable: string): string[] => ["Key1", "Key2"].map((key) => `${key} ${columnTypes.key} ${nullable}`);

/** Fills `#Said` (Key1, Key2), made anew, with the claims that a delta adds: what a select gives; null: none. They are what no withdrawal takes away. */
export const prepareSaid = async (db: Database, said: string | null): Promise<void> => {
  await createTemporary(db, "#Said", pairColumns("NOT NULL"));
  if (said !== null) await db.run(`INSERT INTO #Said (Key1, Key2) ${said}`);
};

/**
 * Adds to `#Said` the stored claims whose own key a resource changes for another, under that other key. `moved`: rows `o` of FromKey and ToKey. Of several resources that
 * leave one key nobody knows whose its claims were: they just go. `isTaken`: conditions under which the delta takes away a claim (columns Key1, Key2 of an alias).
 */
export const renameClaims = async (
  db: Database,
  { link, n }: OwnSide,
  moved: string,
  isTaken: (alias: string) => string[],
): Promise<void> => {
  await createTemporary(db, "#Renamed", [`FromKey ${columnTypes.key} NOT NULL`, `ToKey ${columnTypes.key} NOT NULL`]);
  const renamed = await db.run(
    `INSERT INTO #Renamed (FromKey, ToKey) SELECT o.FromKey, MIN(o.ToKey) FROM ${moved}
     GROUP BY o.FromKey, DATALENGTH(o.FromKey) HAVING COUNT(*) = 1 AND COUNT(o.ToKey) = 1`,
  );
  if (renamed === 0) return;
  const [key1, key2] = n === 1 ? ["x.ToKey", "l.Key2"] : ["l.Key1", "x.ToKey"];
  const stays = [`EXISTS (SELECT 1 FROM #Said s WHERE ${equal("s.Key1", "c.Key1")} AND ${equal("s.Key2", "c.Key2")})`, ...isTaken("c")];
  await db.run(
    `INSERT INTO #Said (Key1, Key2) SELECT c.Key1, c.Key2 FROM (
       SELECT ${key1} AS Key1, ${key2} AS Key2 FROM #Renamed x JOIN UR_LinkKeys l ON l.Mapping = ${link.number} AND ${equal(`l.Key${n}`, "x.FromKey")}) c
     WHERE ${stays.map((condition) => `NOT ${condition}`).join(" AND ")}
     GROUP BY c.Key1, DATALENGTH(c.Key1), c.Key2, DATALENGTH(c.Key2)`,
  );
  await clearTemporary(db, "#Renamed");
};

/** Adds the stored claims that a delta takes away: those with the keys `by` of a row that the select `withdrawn` (Key1, Key2) gives. Each row is there once. */
export const touchByWithdrawal = async (db: Database, link: LinkPlan, by: readonly string[], withdrawn: string): Promise<void> => {
  // In a table of their own, for the plan's sake: a join with all of a table is planned by how large that is, one with a condition on it by a guess.
  await createTemporary(db, "#Withdrawn", pairColumns("NULL"));
  if ((await db.run(`INSERT INTO #Withdrawn (Key1, Key2) ${withdrawn}`)) === 0) return;
  await db.run(
    `${into} SELECT l.Mapping, l.Key1, l.Key2, 1, 0, 1, l.R1_Id, l.R2_Id FROM #Withdrawn w
     JOIN UR_LinkKeys l ON l.Mapping = ${link.number} AND ${by.map((key) => equal(`l.${key}`, `w.${key}`)).join(" AND ")}
     WHERE NOT ${saidAgain} AND ${untouched(link)}`,
  );
};

/** Adds the claims of `#Said` that are not stored. */
export const touchBySaid = async (db: Database, link: LinkPlan): Promise<void> => {
  await db.run(
    `${into} SELECT ${link.number}, s.Key1, s.Key2, 0, 1, 1, NULL, NULL FROM #Said s
     LEFT JOIN UR_LinkKeys l ON l.Mapping = ${link.number} AND ${equal("l.Key1", "s.Key1")} AND ${equal("l.Key2", "s.Key2")}
     WHERE l.Mapping IS NULL`,
  );
};
