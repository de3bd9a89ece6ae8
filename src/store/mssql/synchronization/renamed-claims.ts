import type { LinkPlan } from "../../plan/index.js";
import { equal } from "../equality.js";
import type { Database } from "./database.js";
import { findSide, into, prepareWanted, untouched } from "./link-resolution.js";
import { clearTemporary, columnTypes, createTemporary } from "./temporary-tables.js";

/** Fills `#KeyBack1` or `#KeyBack2` with the keys that turned-back resources of a side have now and get back; once all of them are staged. */
const findKeysBack = async (db: Database, { side1, side2 }: LinkPlan, n: 1 | 2): Promise<void> => {
  const { type, slot } = n === 1 ? side1 : side2;
  await createTemporary(db, `#KeyBack${n}`, ["Id bigint NOT NULL", `KeyNow ${columnTypes.key} NULL`, `KeyThen ${columnTypes.key} NULL`]);
  await db.run(
    `INSERT INTO #KeyBack${n} (Id, KeyNow, KeyThen)
     SELECT k.Id, MAX(CASE WHEN k.Added = 0 THEN k.[Key] END), MAX(CASE WHEN k.Added = 1 THEN k.[Key] END) FROM #KeyMoved k
     WHERE k.Type = ${type.number} AND k.Slot = '${slot}' GROUP BY k.Id`,
  );
};

/**
 * Withdraws the own claims that name turned-back resources by keys which these lose, and whose link the undone run did not open: the link was there before, said by the former keys. To be
 * claimed again with `claimRenamed`, after all that goes has been withdrawn: resources may have exchanged their keys. Gives how many there are, in `#RenamedClaim`.
 */
export const withdrawRenamed = async (db: Database, link: LinkPlan): Promise<number> => {
  await createTemporary(db, "#RenamedClaim", [
    "T int IDENTITY(1,1) PRIMARY KEY",
    ...["Key1", "Key2"].map((key) => `${key} ${columnTypes.key} NOT NULL`),
    "R1_Id bigint NULL",
    "R2_Id bigint NULL",
    ...["To1", "To2"].map((key) => `${key} ${columnTypes.key} NOT NULL`),
  ]);
  for (const n of [1, 2] as const) await findKeysBack(db, link, n);
  let found = 0;
  for (const n of [1, 2] as const) {
    found += await db.run(
      `INSERT INTO #RenamedClaim (Key1, Key2, R1_Id, R2_Id, To1, To2)
       SELECT l.Key1, l.Key2, l.R1_Id, l.R2_Id, COALESCE(k1.KeyThen, l.Key1), COALESCE(k2.KeyThen, l.Key2) FROM #KeyBack${n} k
       JOIN UR_LinkKeys l ON l.Mapping = ${link.number} AND ${equal(`l.Key${n}`, "k.KeyNow")} AND l.R${n}_Id = k.Id
       LEFT JOIN #KeyBack1 k1 ON k1.Id = l.R1_Id LEFT JOIN #KeyBack2 k2 ON k2.Id = l.R2_Id
       WHERE k.KeyThen IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM #UndonePair p WHERE p.Mapping = ${link.number} AND p.Wanted = 0 AND p.R1_Id = l.R1_Id AND p.R2_Id = l.R2_Id)
         AND NOT EXISTS (SELECT 1 FROM #RenamedClaim c WHERE ${equal("c.Key1", "l.Key1")} AND ${equal("c.Key2", "l.Key2")})`,
    );
  }
  for (const table of ["#KeyBack1", "#KeyBack2"]) await clearTemporary(db, table);
  if (found === 0) return 0;
  await db.run(`${into} SELECT ${link.number}, l.Key1, l.Key2, 1, 0, 1, l.R1_Id, l.R2_Id FROM #RenamedClaim l WHERE ${untouched(link)}`);
  return found;
};

/** Claims the withdrawn ones by the former keys. One that waits for its other side goes on waiting; where it would make a link it is left out, as that link was not there before. */
export const claimRenamed = async (db: Database, link: LinkPlan): Promise<void> => {
  await prepareWanted(db);
  await db.run("INSERT INTO #Wanted (T, Key1, Key2) SELECT c.T, c.To1, c.To2 FROM #RenamedClaim c");
  await findSide(db, link, 1);
  await findSide(db, link, 2);
  const said = [1, 2].map((n) => `(c.R${n}_Id IS NOT NULL OR (SELECT COUNT(*) FROM #Found${n} x WHERE x.T = c.T) <> 1)`);
  await createTemporary(db, "#ClaimBack", [`Key1 ${columnTypes.key} NOT NULL`, `Key2 ${columnTypes.key} NOT NULL`]);
  await db.run(
    `INSERT INTO #ClaimBack (Key1, Key2) SELECT c.To1, c.To2 FROM #RenamedClaim c WHERE ${said.join(" AND ")}
     GROUP BY c.To1, DATALENGTH(c.To1), c.To2, DATALENGTH(c.To2)`,
  );
  const sameKeys = (alias: string): string => `${equal(`${alias}.Key1`, "c.Key1")} AND ${equal(`${alias}.Key2`, "c.Key2")}`;
  await db.run(`UPDATE t SET Wanted = 1 FROM #Touched t JOIN #ClaimBack c ON ${sameKeys("t")} WHERE t.Mapping = ${link.number}`);
  await db.run(
    `${into} SELECT ${link.number}, c.Key1, c.Key2, CASE WHEN l.Mapping IS NULL THEN 0 ELSE 1 END, 1, 1, l.R1_Id, l.R2_Id FROM #ClaimBack c
     LEFT JOIN UR_LinkKeys l ON l.Mapping = ${link.number} AND ${sameKeys("l")}
     WHERE NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = ${link.number} AND ${sameKeys("t")})`,
  );
  for (const table of ["#Wanted", "#Found1", "#Found2", "#ClaimBack", "#RenamedClaim"]) await clearTemporary(db, table);
};
