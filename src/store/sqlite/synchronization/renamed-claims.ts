import type { LinkPlan } from "../../plan/index.js";
import { claimIndex } from "./claim-index.js";
import type { Database } from "./database.js";
import { candidates } from "./link-resolution.js";

/** Notes which keys turned-back resources have now and get back; once all of them are staged. */
export const prepareRenamedClaims = (db: Database): void =>
  db.exec(`
    DROP TABLE IF EXISTS temp.KeyBack;
    CREATE TEMP TABLE KeyBack (Type INTEGER, Slot TEXT, Id INTEGER, KeyNow TEXT, KeyThen TEXT, PRIMARY KEY (Type, Slot, Id)) WITHOUT ROWID;
    INSERT INTO temp.KeyBack SELECT Type, Slot, Id, max(CASE Added WHEN 0 THEN Key END), max(CASE Added WHEN 1 THEN Key END)
      FROM temp.KeyMoved GROUP BY Type, Slot, Id;
    DROP TABLE IF EXISTS temp.RenamedClaim;
    CREATE TEMP TABLE RenamedClaim (Mapping INTEGER, Key1 TEXT, Key2 TEXT, R1_Id INTEGER, R2_Id INTEGER, To1 TEXT, To2 TEXT,
      PRIMARY KEY (Mapping, Key1, Key2)) WITHOUT ROWID`);

/**
 * Withdraws the own claims that name turned-back resources by keys which these lose, and whose link the undone run did not open: the link was there before, said by the former keys. To be
 * claimed again with `claimRenamed`, after all that goes has been withdrawn: resources may have exchanged their keys.
 */
export const withdrawRenamed = (db: Database, { number, side1, side2 }: LinkPlan): void => {
  for (const [n, { type, slot }, index] of [
    [1, side1, ""],
    [2, side2, claimIndex.key2],
  ] as const) {
    db.exec(`INSERT OR IGNORE INTO temp.RenamedClaim (Mapping, Key1, Key2, R1_Id, R2_Id) SELECT l.Mapping, l.Key1, l.Key2, l.R1_Id, l.R2_Id
      FROM temp.KeyBack k CROSS JOIN UR_LinkKeys l ${index} ON l.Mapping = ${number} AND l.Key${n} = k.KeyNow AND l.R${n}_Id = k.Id
      WHERE k.Type = ${type.number} AND k.Slot = '${slot}' AND k.KeyThen IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM temp.UndonePair p WHERE p.Mapping = l.Mapping AND p.Wanted = 0 AND p.R1_Id = l.R1_Id AND p.R2_Id = l.R2_Id)`);
  }
  const keyThen = (n: 1 | 2): string => {
    const { type, slot } = n === 1 ? side1 : side2;
    return `coalesce((SELECT k.KeyThen FROM temp.KeyBack k WHERE k.Type = ${type.number} AND k.Slot = '${slot}' AND k.Id = R${n}_Id), Key${n})`;
  };
  db.exec(`UPDATE temp.RenamedClaim SET To1 = ${keyThen(1)}, To2 = ${keyThen(2)} WHERE Mapping = ${number}`);
  db.exec(`INSERT INTO temp.Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2)
    SELECT Mapping, Key1, Key2, 1, 0, 1, R1_Id, R2_Id FROM temp.RenamedClaim WHERE Mapping = ${number} ON CONFLICT DO UPDATE SET Wanted = 0`);
};

/** Claims the withdrawn ones by the former keys. One that waits for its other side goes on waiting; where it would make a link it is left out, as that link was not there before. */
export const claimRenamed = (db: Database, { number, side1, side2 }: LinkPlan): void => {
  const said = ([1, 2] as const).map(
    (n) => `(c.R${n}_Id IS NOT NULL OR (SELECT count(*) FROM (${candidates(n === 1 ? side1 : side2, `c.To${n}`)})) <> 1)`,
  );
  db.exec(`INSERT INTO temp.Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2)
    SELECT c.Mapping, c.To1, c.To2, l.Mapping IS NOT NULL, 1, 1, l.R1_Id, l.R2_Id FROM temp.RenamedClaim c
    LEFT JOIN UR_LinkKeys l ON l.Mapping = c.Mapping AND l.Key1 = c.To1 AND l.Key2 = c.To2
    WHERE c.Mapping = ${number} AND ${said.join(" AND ")} ON CONFLICT DO UPDATE SET Wanted = 1`);
};
