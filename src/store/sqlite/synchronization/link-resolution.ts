import type { Slot } from "../../../model/index.js";
import { openEnd } from "../../open-end.js";
import {
  countNavigation,
  currentRows,
  type LinkPlan,
  type LinkSide,
  type NavigationCounts,
  NearKeys,
  noNavigations,
  type RepositoryPlan,
  type TypePlan,
} from "../../plan/index.js";
import { claimIndex } from "./claim-index.js";
import type { Database } from "./database.js";
import type { Staging } from "./staging.js";

/**
 * Links, design §6 and §7.6: `Touched` holds every stored or new claim of a source that this session could change: those its files add or remove,
 * and those of any connector whose keys come or go with the staged resources. Each is resolved against the repository as it will be; what differs from
 * what it resolved to before becomes staged link rows, navigations and claims.
 */
export const prepareTouched = (db: Database): void => {
  db.exec(`
    DROP TABLE IF EXISTS temp.Touched;
    CREATE TEMP TABLE Touched (
      Mapping INTEGER NOT NULL, Key1 TEXT NOT NULL, Key2 TEXT NOT NULL,
      Present INTEGER NOT NULL, Wanted INTEGER NOT NULL, FromFile INTEGER NOT NULL,
      Before1 INTEGER, Before2 INTEGER, After1 INTEGER, After2 INTEGER, Reason TEXT,
      PRIMARY KEY (Mapping, Key1, Key2)) WITHOUT ROWID`);
};

/** Claims that the session's files add or remove. Statement arguments: mapping, key 1, key 2. */
export const touchByFile = (db: Database) => ({
  added: db.prepare("INSERT INTO temp.Touched (Mapping, Key1, Key2, Present, Wanted, FromFile) VALUES (?, ?, ?, 0, 1, 1)"),
  removed: db.prepare(
    `INSERT INTO temp.Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2)
     SELECT Mapping, Key1, Key2, 1, 0, 1, R1_Id, R2_Id FROM UR_LinkKeys WHERE Mapping = ? AND Key1 = ? AND Key2 = ?`,
  ),
});

const select = "SELECT l.Mapping, l.Key1, l.Key2, 1, 1, 0, l.R1_Id, l.R2_Id FROM";
const into = "INSERT OR IGNORE INTO temp.Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2)";

/** Claims are found by key 1 in their primary key, by key 2 in the index made for it. */
const indexOf = { 1: "", 2: claimIndex.key2 } as const;

/** Adds the stored claims, of whatever connector, that name a key which comes or goes. */
export const touchByKeys = (db: Database, plan: RepositoryPlan): void => {
  const moved = (side: LinkSide): string => `k.Type = ${side.type.number} AND k.Slot = '${side.slot}'`;
  for (const link of plan.links) {
    for (const [n, side] of [
      [1, link.side1],
      [2, link.side2],
    ] as const) {
      db.exec(`${into} ${select} temp.KeyMoved k CROSS JOIN UR_LinkKeys l ${indexOf[n]} ON l.Mapping = ${link.number} AND l.Key${n} = k.Key
        WHERE ${moved(side)}`);
    }
  }
};

/** Adds all of a mapping's claims. */
const touchAll = (db: Database, link: LinkPlan): void => db.exec(`${into} ${select} UR_LinkKeys l WHERE l.Mapping = ${link.number}`);

/** Adds a mapping's unresolved claims. */
export const touchUnresolved = (db: Database, link: LinkPlan): void =>
  db.exec(`${into} ${select} UR_LinkKeys l ${claimIndex.unresolved} WHERE l.Mapping = ${link.number} AND l.Reason IS NOT NULL`);

/** SQL that counts and finds the resources whose look-up slot will hold a key once the staged rows are applied. */
export const candidates = (side: LinkSide, key: string): string => `
  SELECT r.Id AS Id FROM UR_Resources r WHERE ${currentRows(side.type, "r.")} AND r.${side.slot} = ${key}
    AND NOT EXISTS (SELECT 1 FROM temp.KeyMoved k
      WHERE k.Type = ${side.type.number} AND k.Slot = '${side.slot}' AND k.Key = ${key} AND k.Id = r.Id AND k.Added = 0)
  UNION ALL
  SELECT k.Id FROM temp.KeyMoved k WHERE k.Type = ${side.type.number} AND k.Slot = '${side.slot}' AND k.Key = ${key} AND k.Added = 1`;

/**
 * Adds the other stored claims of owners whose mono-valued navigation may change. Prepare leaves one claim an owner, but a row that was set aside keeps its former
 * one beside it: which of them counts is known only when all of them are looked at.
 */
const touchByOwner = (db: Database, link: LinkPlan): void => {
  const owners = ([1, 2] as const).filter((n) => (n === 1 ? link.side1 : link.side2).navigation !== null);
  for (let added = owners.length; added > 0; ) {
    added = 0;
    for (const n of owners) {
      added += db.run(
        `${into} ${select} temp.Touched t CROSS JOIN UR_LinkKeys l ${indexOf[n]} ON l.Mapping = t.Mapping AND l.Key${n} = t.Key${n} WHERE t.Mapping = ?`,
        link.number,
      );
    }
  }
};

/** Fills `After1`, `After2` and `Reason` of a mapping's wanted claims. */
export const resolveTouched = (db: Database, link: LinkPlan): void => {
  const one = (side: LinkSide, key: string): string => `(SELECT CASE count(*) WHEN 1 THEN min(Id) END FROM (${candidates(side, key)}))`;
  const why = (side: LinkSide, key: string, after: string, n: 1 | 2): string =>
    `CASE WHEN ${after} IS NULL THEN CASE WHEN EXISTS (${candidates(side, key)}) THEN '${n} ambiguous' ELSE '${n} missing' END END`;
  db.exec(`UPDATE temp.Touched SET After1 = ${one(link.side1, "Touched.Key1")}, After2 = ${one(link.side2, "Touched.Key2")}
    WHERE Mapping = ${link.number} AND Wanted = 1`);
  db.exec(`UPDATE temp.Touched SET Reason = concat_ws(', ', ${why(link.side1, "Touched.Key1", "After1", 1)}, ${why(link.side2, "Touched.Key2", "After2", 2)})
    WHERE Mapping = ${link.number} AND Wanted = 1 AND (After1 IS NULL OR After2 IS NULL)`);
};

/** Names the near misses among the missing keys (design §6, orphans): differs only in case, in blanks, in Unicode form. */
const explainMissing = (db: Database, link: LinkPlan): void => {
  for (const [n, side] of [
    [1, link.side1],
    [2, link.side2],
  ] as const) {
    const missing = db.all(
      `SELECT DISTINCT Key${n} FROM temp.Touched WHERE Mapping = ? AND Wanted = 1 AND After${n} IS NULL AND Reason LIKE '%${n} missing%' LIMIT 10000`,
      link.number,
    );
    if (missing.length === 0) continue;
    const near = new NearKeys(missing.map(([key]) => String(key)));
    lookForNear(db, side.type, side.slot, near);
    for (const { key, reason } of near.reasons()) {
      db.run(
        `UPDATE temp.Touched SET Reason = replace(Reason, '${n} missing', ?) WHERE Mapping = ? AND Key${n} = ?`,
        `${n} ${reason}`,
        link.number,
        key,
      );
    }
  }
};

/** Scans the current values of a slot once, in pages. */
const lookForNear = (db: Database, type: TypePlan, slot: Slot, near: NearKeys): void => {
  const page = db.prepare(`SELECT ${slot} FROM UR_Resources WHERE ${currentRows(type)} AND ${slot} > ? ORDER BY ${slot} LIMIT 5000`);
  for (let after = ""; ; ) {
    const rows = page.all(after);
    for (const [value] of rows) near.lookAt(String(value));
    const last = rows.at(-1);
    if (last === undefined) break;
    after = String(last[0]);
  }
  for (const [value] of db.all("SELECT Key FROM temp.KeyMoved WHERE Type = ? AND Slot = ? AND Added = 1", type.number, slot))
    near.lookAtStaged(String(value));
};

/**
 * Indexes that find a claim by what it resolved to, or resolves to now. They hold the flag that is asked for as well: without it SQLite, which has no statistics of a
 * temporary table, holds the primary key's first column for the better choice and walks all claims of the mapping for each of them.
 */
const indexTouched = (db: Database): void => {
  db.exec("CREATE INDEX IF NOT EXISTS temp.TouchedBefore ON Touched (Mapping, Before1, Before2, Present)");
  db.exec("CREATE INDEX IF NOT EXISTS temp.TouchedAfter ON Touched (Mapping, After1, After2, Wanted)");
};

const stageLinkRows = (db: Database, link: LinkPlan, task: number): void => {
  const pair = (side: "Before" | "After"): string => `t.${side}1 IS NOT NULL AND t.${side}2 IS NOT NULL`;
  const cause = (column: string, command: string): string =>
    `(SELECT c.ResourceId FROM UR_ResourceChanges c WHERE c.TaskInstance = ${task} AND c.ResourceId IN (t.${column}1, t.${column}2)
      ORDER BY c.Command = '${command}' DESC, c.ResourceId LIMIT 1)`;
  const insert = (command: "insert" | "delete", column: "Before" | "After", condition: string): void =>
    db.exec(`INSERT INTO UR_ResourceLinkChanges (TaskInstance, State, Command, Mapping, R1_Id, R2_Id, Key1, Key2, CausedBy)
      SELECT ${task}, 'staged', '${command}', t.Mapping, t.${column}1, t.${column}2, t.Key1, t.Key2,
        CASE WHEN t.FromFile = 0 THEN ${cause(column, command)} END
      FROM temp.Touched t WHERE t.Mapping = ${link.number} AND ${pair(column)} AND ${condition} ORDER BY t.Key1, t.Key2`);
  const same = (mine: "Before" | "After", other: "Before" | "After", flag: string): string =>
    `NOT EXISTS (SELECT 1 FROM temp.Touched o WHERE o.Mapping = t.Mapping AND o.${other}1 = t.${mine}1 AND o.${other}2 = t.${mine}2 AND o.${flag} = 1)`;
  if (db.get("SELECT 1 FROM temp.Touched WHERE Mapping = ? AND Present = 1 LIMIT 1", link.number) === null) {
    insert("insert", "After", "t.Wanted = 1");
    return;
  }
  indexTouched(db);
  insert("delete", "Before", `t.Present = 1 AND ${same("Before", "After", "Wanted")}`);
  insert("insert", "After", `t.Wanted = 1 AND ${same("After", "Before", "Present")}`);
};

/** Stages link rows by what is open now instead of by what the claims resolved to before; nothing is taken for granted. */
const rebuildLinkRows = (db: Database, link: LinkPlan, task: number): void => {
  indexTouched(db);
  const said = (n: 1 | 2): string =>
    `coalesce((SELECT t.Key${n} FROM temp.Touched t WHERE t.Mapping = l.Mapping AND t.Before1 = l.R1_Id AND t.Before2 = l.R2_Id LIMIT 1), CAST(l.R${n}_Id AS TEXT))`;
  const wanted = link.isLinkRow
    ? "EXISTS (SELECT 1 FROM temp.Touched t WHERE t.Mapping = l.Mapping AND t.After1 = l.R1_Id AND t.After2 = l.R2_Id AND t.Wanted = 1)"
    : "0";
  const into = "INSERT INTO UR_ResourceLinkChanges (TaskInstance, State, Command, Mapping, R1_Id, R2_Id, Key1, Key2)";
  db.exec(`${into} SELECT ${task}, 'staged', 'delete', l.Mapping, l.R1_Id, l.R2_Id, ${said(1)}, ${said(2)}
    FROM UR_ResourceLinks l WHERE l.Mapping = ${link.number} AND l.ValidTo = '${openEnd}' AND NOT ${wanted}`);
  if (!link.isLinkRow) return;
  db.exec(`${into} SELECT ${task}, 'staged', 'insert', t.Mapping, t.After1, t.After2, t.Key1, t.Key2
    FROM temp.Touched t WHERE t.Mapping = ${link.number} AND t.Wanted = 1 AND t.After1 IS NOT NULL AND t.After2 IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM UR_ResourceLinks l WHERE l.Mapping = t.Mapping AND l.R1_Id = t.After1 AND l.R2_Id = t.After2 AND l.ValidTo = '${openEnd}')
    ORDER BY t.Key1, t.Key2`);
};

/** Rows read at a time where staged rows are written in between. */
const pageSize = 1_000;

const stageNavigations = (db: Database, link: LinkPlan, staging: Staging, counts: NavigationCounts, rebuild: boolean): void => {
  for (const [owner, target] of [
    [2, 1],
    [1, 2],
  ] as const) {
    const side = owner === 1 ? link.side1 : link.side2;
    const { navigation, type } = side;
    if (navigation === null) continue;
    db.exec("DROP TABLE IF EXISTS temp.Navigation");
    db.exec("CREATE TEMP TABLE Navigation (Owner INTEGER PRIMARY KEY, Target INTEGER, CausedBy INTEGER)");
    db.exec(`INSERT OR IGNORE INTO temp.Navigation SELECT After${owner}, After${target}, CASE WHEN FromFile = 0 THEN After${target} END
      FROM temp.Touched WHERE Mapping = ${link.number} AND Wanted = 1 AND After1 IS NOT NULL AND After2 IS NOT NULL ORDER BY Key1, Key2`);
    db.exec(`INSERT OR IGNORE INTO temp.Navigation SELECT Before${owner}, NULL, CASE WHEN FromFile = 0 THEN Before${target} END
      FROM temp.Touched WHERE Mapping = ${link.number} AND Present = 1 AND Before1 IS NOT NULL AND Before2 IS NOT NULL ORDER BY Key1, Key2`);
    if (rebuild) {
      // Whoever has one that nothing said: the column belongs to this association alone.
      db.exec(
        `INSERT OR IGNORE INTO temp.Navigation SELECT Id, NULL, NULL FROM UR_Resources WHERE ${currentRows(type)} AND ${navigation} IS NOT NULL`,
      );
    }
    const page = db.prepare(`SELECT Owner, Target, CausedBy FROM temp.Navigation WHERE Owner > ? ORDER BY Owner LIMIT ${pageSize}`);
    for (let after = 0; ; ) {
      const rows = page.all(after);
      for (const [id, to, cause] of rows) {
        const toId = to === null ? null : Number(to);
        const staged = staging.stageNavigation(type, Number(id), navigation, toId, cause === null ? null : Number(cause));
        if (staged !== null) countNavigation(counts, link, type, navigation, staged);
      }
      const last = rows.at(-1);
      if (last === undefined) break;
      after = Number(last[0]);
    }
  }
};

/**
 * Without a look for near keys an unresolved claim's reason would fall back to `missing`, and be staged though nothing changed: the former reason stays as long as
 * the same sides are missing.
 */
const keepReasons = (db: Database): void =>
  db.exec(`UPDATE temp.Touched AS t SET Reason = coalesce((SELECT l.Reason FROM UR_LinkKeys l
      WHERE l.Mapping = t.Mapping AND l.Key1 = t.Key1 AND l.Key2 = t.Key2 AND l.Reason NOT LIKE '%ambiguous%'), t.Reason)
    WHERE t.Present = 1 AND t.Wanted = 1 AND t.Before1 IS t.After1 AND t.Before2 IS t.After2 AND t.Reason NOT LIKE '%ambiguous%'`);

const stageClaims = (db: Database, task: number): void =>
  db.exec(`INSERT INTO UR_LinkKeyChanges (TaskInstance, State, Command, Mapping, Key1, Key2, R1_Before, R2_Before, R1_After, R2_After, Reason)
    SELECT ${task}, 'staged', CASE WHEN Present = 0 THEN 'add' WHEN Wanted = 0 THEN 'remove' ELSE 'resolve' END,
      t.Mapping, t.Key1, t.Key2, t.Before1, t.Before2, t.After1, t.After2, nullif(t.Reason, '')
    FROM temp.Touched t LEFT JOIN UR_LinkKeys l ON t.Present = 1 AND l.Mapping = t.Mapping AND l.Key1 = t.Key1 AND l.Key2 = t.Key2
    WHERE t.Present <> t.Wanted OR t.Before1 IS NOT t.After1 OR t.Before2 IS NOT t.After2 OR l.Reason IS NOT nullif(t.Reason, '')
    ORDER BY t.Mapping, t.Key1, t.Key2`);

/**
 * Which claims of the session's own connector are looked at beside those that its files name and those whose keys come or go. `keys`: no others, so that the cost
 * follows the changes; `unresolved`: those that resolve to nothing are tried again, with a look for near keys; `all`: its mappings are others than those
 * that its links were loaded with, so that nothing is taken for granted.
 */
export type LinkScope = "keys" | "unresolved" | "all";

/**
 * Stages everything that links need of a session whose resource changes and file claims are staged; design §6, §7.6.
 * Takes the session's connector. Gives what its navigations count.
 */
export const stageLinks = (
  db: Database,
  plan: RepositoryPlan,
  connector: string,
  staging: Staging,
  task: number,
  scope: LinkScope = "unresolved",
): NavigationCounts => {
  touchByKeys(db, plan);
  if (scope !== "keys") {
    for (const link of plan.links) if (link.connector === connector) (scope === "all" ? touchAll : touchUnresolved)(db, link);
  }
  const counts = noNavigations();
  for (const link of plan.links) {
    const isRebuilt = scope === "all" && link.connector === connector;
    if (!isRebuilt && db.get("SELECT 1 FROM temp.Touched WHERE Mapping = ? LIMIT 1", link.number) === null) continue;
    touchByOwner(db, link);
    resolveTouched(db, link);
    if (scope !== "keys") explainMissing(db, link);
    if (isRebuilt) rebuildLinkRows(db, link, task);
    else if (link.isLinkRow) stageLinkRows(db, link, task);
    if (!link.isLinkRow) stageNavigations(db, link, staging, counts, isRebuilt);
  }
  if (scope === "keys") keepReasons(db);
  stageClaims(db, task);
  return counts;
};
