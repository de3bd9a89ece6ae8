import { SluiceError } from "../../../errors/index.js";
import type { Clock, SessionFile, TaskInstanceId } from "../../../model/index.js";
import { openEnd } from "../../open-end.js";
import {
  currentRows,
  eachRecord,
  type LinkPlan,
  type LinkSide,
  openSortedFile,
  sortedFileOf,
  type TypePlan,
  watched,
} from "../../plan/index.js";
import { applyStaged, claimsByKey2, linksByR2, withoutIndex } from "./apply.js";
import { claimIndex } from "./claim-index.js";
import type { Database, Statement } from "./database.js";
import { ensureKeyIndexes } from "./key-index.js";
import { prepareTouched, stageLinks } from "./link-resolution.js";
import { transactionTime } from "./sequence.js";
import type { ComparisonContext } from "./session-comparison.js";
import { countOrphans } from "./staged-counts.js";
import { Staging } from "./staging.js";

export interface InitialCounts {
  readonly inserted: number;
  readonly updated: number;
  readonly linksInserted: number;
  readonly orphans: number;
}

/** Rows a statement: the fixed price of a call is shared by as many; more gained nothing. */
const rowsPerInsert = 8;

/** Entity types and links that the session's connector loads. */
const ownOf = ({ plan, session }: ComparisonContext): { readonly types: readonly TypePlan[]; readonly links: readonly LinkPlan[] } => ({
  types: [...plan.types.values()].filter((type) => type.connector === session.connector),
  links: plan.links.filter((link) => link.connector === session.connector),
});

/** Refuses a connector that holds anything: Initial inserts, it does not compare (connectors §2.1, §2.6). Throws SYNC_NOT_EMPTY. */
export const requireEmpty = (context: ComparisonContext): void => {
  const { types, links } = ownOf(context);
  const refuse = (scope: string, count: number): void => {
    if (count > 0) throw new SluiceError("SYNC_NOT_EMPTY", { connector: context.session.connector, scope, count });
  };
  for (const type of types) refuse(type.identifier, context.db.count(`SELECT count(*) FROM UR_Resources WHERE ${currentRows(type)}`));
  for (const link of links)
    refuse(link.mapping.identifier, context.db.count("SELECT count(*) FROM UR_LinkKeys WHERE Mapping = ?", link.number));
};

const loadResources = (
  context: ComparisonContext,
  file: SessionFile,
  type: TypePlan,
  staging: Staging,
  by: number,
  now: string,
): number => {
  const { db } = context;
  const row = `(?, ${type.number}, '${now}', '${openEnd}', ${by}, ${type.slots.map(() => "?").join(", ")})`;
  const insertOf = (rows: number): Statement =>
    db.prepare(
      `INSERT INTO UR_Resources (Id, Type, ValidFrom, ValidTo, ChangedBy, ${type.slots.join(", ")}) VALUES ${Array(rows).fill(row).join(", ")}`,
    );
  const insert = insertOf(rowsPerInsert);
  let values: (string | number | null)[] = [];
  const rowLength = 1 + type.slots.length;
  const forget = db.prepare("DELETE FROM UR_RetiredKeys WHERE Type = ? AND Key = ?");
  const anyRetired = db.get("SELECT 1 FROM UR_RetiredKeys WHERE Type = ? LIMIT 1", type.number) !== null;
  const source = openSortedFile(context.folder, file, type.columns);
  try {
    eachRecord(watched(source, file.rows, `loading ${file.mapping}`, context), (fields) => {
      const key = fields[0] ?? "";
      values.push(anyRetired ? staging.idFor(type, key) : staging.nextId(), ...fields);
      if (anyRetired) forget.run(type.number, key);
      if (values.length < rowsPerInsert * rowLength) return;
      insert.run(...values);
      values = [];
    });
    if (values.length > 0) insertOf(values.length / rowLength).run(...values);
  } finally {
    source.close();
  }
  ensureKeyIndexes(db, type);
  return file.rows;
};

/** The resource that a key names, null where there is none or several. */
const lookUp = (side: LinkSide, key: string): string =>
  `(SELECT CASE count(*) WHEN 1 THEN min(r.Id) END FROM UR_Resources r WHERE ${currentRows(side.type, "r.")} AND r.${side.slot} = ${key})`;
const reason = (side: LinkSide, key: string, id: string, n: 1 | 2): string =>
  `CASE WHEN ${id} IS NULL THEN CASE WHEN EXISTS (SELECT 1 FROM UR_Resources r WHERE ${currentRows(side.type, "r.")} AND r.${side.slot} = ${key})
     THEN '${n} ambiguous' ELSE '${n} missing' END END`;

/** Reads a link file into temp.Claim, whose rows are numbered in the order of key 1 and key 2. */
const readClaims = (context: ComparisonContext, file: SessionFile, link: LinkPlan): void => {
  const { db } = context;
  db.exec("DROP TABLE IF EXISTS temp.Claim");
  db.exec("CREATE TEMP TABLE Claim (Id INTEGER PRIMARY KEY, Key1 TEXT NOT NULL, Key2 TEXT NOT NULL)");
  const insert = db.prepare("INSERT INTO temp.Claim (Key1, Key2) VALUES (?, ?)");
  const source = openSortedFile(context.folder, file, [link.mapping.column1, link.mapping.column2]);
  try {
    eachRecord(watched(source, file.rows, `loading ${file.mapping}`, context), ([key1, key2]) => {
      insert.run(key1 ?? "", key2 ?? "");
    });
  } finally {
    source.close();
  }
};

/**
 * Finds what the claims name, key 2 in the order of that key and then both back in the order of the claims: looked up claim by claim, each key 2 would be anywhere in an index
 * of which the cache holds a small part.
 */
const resolveClaims = ({ db, checkStop }: ComparisonContext, link: LinkPlan): void => {
  const step = `resolving ${link.mapping.identifier}`;
  db.exec("DROP TABLE IF EXISTS temp.Named2");
  db.exec("DROP TABLE IF EXISTS temp.Named");
  db.exec("CREATE TEMP TABLE Named2 (Claim INTEGER PRIMARY KEY, R2_Id INTEGER)");
  db.exec("CREATE TEMP TABLE Named (Claim INTEGER PRIMARY KEY, R1_Id INTEGER, R2_Id INTEGER)");
  checkStop(step);
  db.exec("CREATE INDEX temp.ClaimByKey2 ON Claim (Key2)");
  checkStop(step);
  db.exec(
    `INSERT INTO temp.Named2 SELECT c.Id, ${lookUp(link.side2, "c.Key2")} FROM temp.Claim c INDEXED BY ClaimByKey2 WHERE c.Key2 >= '' ORDER BY c.Id`,
  );
  db.exec("DROP INDEX temp.ClaimByKey2");
  checkStop(step);
  db.exec(`INSERT INTO temp.Named SELECT c.Id, ${lookUp(link.side1, "c.Key1")}, n.R2_Id
    FROM temp.Claim c CROSS JOIN temp.Named2 n ON n.Claim = c.Id ORDER BY c.Id`);
  db.exec("DROP TABLE temp.Named2");
};

/** Loads the claims of a link file and what they resolve to, set by set. Gives the link rows made. */
const loadLinks = (context: ComparisonContext, file: SessionFile, link: LinkPlan, by: number, now: string): number => {
  const { db, checkStop } = context;
  readClaims(context, file, link);
  resolveClaims(context, link);
  const why = [reason(link.side1, "c.Key1", "n.R1_Id", 1), reason(link.side2, "c.Key2", "n.R2_Id", 2)].join(", ");
  withoutIndex(db, claimsByKey2, file.rows, () =>
    db.exec(`INSERT INTO UR_LinkKeys (Mapping, Key1, Key2, R1_Id, R2_Id, Reason)
      SELECT ${link.number}, c.Key1, c.Key2, n.R1_Id, n.R2_Id, CASE WHEN n.R1_Id IS NULL OR n.R2_Id IS NULL THEN concat_ws(', ', ${why}) END
      FROM temp.Claim c CROSS JOIN temp.Named n ON n.Claim = c.Id ORDER BY c.Id`),
  );
  db.exec("DROP TABLE temp.Claim");
  checkStop(`loading ${file.mapping}`);
  const inserted = !link.isLinkRow
    ? 0
    : withoutIndex(db, linksByR2, file.rows, () =>
        db.run(
          `INSERT INTO UR_ResourceLinks (Mapping, R1_Id, R2_Id, ValidFrom, ValidTo, ChangedBy)
           SELECT ?, R1_Id, R2_Id, '${now}', '${openEnd}', ${by} FROM temp.Named
           WHERE R1_Id IS NOT NULL AND R2_Id IS NOT NULL ORDER BY R1_Id, R2_Id`,
          link.number,
        ),
      );
  db.exec("DROP TABLE temp.Named");
  return inserted;
};

/** Writes navigations into rows that this load made itself; no version is closed, as none was ever seen. */
const fillNavigations = (db: Database, link: LinkPlan): void => {
  for (const [side, owner, target] of [
    [link.side2, "R2_Id", "R1_Id"],
    [link.side1, "R1_Id", "R2_Id"],
  ] as const) {
    if (side.navigation === null) continue;
    db.exec("DROP TABLE IF EXISTS temp.Filled");
    db.exec("CREATE TEMP TABLE Filled (Owner INTEGER PRIMARY KEY, Target INTEGER)");
    db.exec(`INSERT OR IGNORE INTO temp.Filled SELECT ${owner}, ${target} FROM UR_LinkKeys
      WHERE Mapping = ${link.number} AND R1_Id IS NOT NULL AND R2_Id IS NOT NULL ORDER BY Key1, Key2`);
    db.exec(
      `UPDATE UR_Resources SET ${side.navigation} = f.Target FROM temp.Filled f WHERE UR_Resources.Id = f.Owner AND UR_Resources.ValidTo = '${openEnd}'`,
    );
    db.exec("DROP TABLE temp.Filled");
  }
};

/**
 * Initial mode, connectors §2.1: plain inserts into an empty connector, in one transaction, without thresholds. Claims of other connectors that waited for
 * these resources are healed as in every mode.
 * Throws SYNC_NOT_EMPTY when the connector holds resources or links already.
 */
export const loadInitially = (context: ComparisonContext, task: TaskInstanceId, clock: Clock): InitialCounts => {
  const { db, plan, session } = context;
  const { types, links } = ownOf(context);
  requireEmpty(context);

  const staging = new Staging(db, task);
  prepareTouched(db);
  const now = transactionTime(db, clock);
  let inserted = 0;
  for (const type of types) {
    const file = sortedFileOf(session, "entityType", type.identifier);
    inserted += loadResources(context, file, type, staging, task, now);
  }
  staging.keepIds();

  const ownTypes = new Set(types.map((type) => type.number));
  let linksInserted = 0;
  const elsewhere: LinkPlan[] = [];
  for (const link of links) {
    const file = sortedFileOf(session, "association", link.mapping.identifier);
    linksInserted += loadLinks(context, file, link, task, now);
    if (link.isLinkRow) continue;
    const isOwn = [link.side1, link.side2].every((side) => side.navigation === null || ownTypes.has(side.type.number));
    if (isOwn) fillNavigations(db, link);
    else elsewhere.push(link);
  }

  const healed = heal(context, staging, types, elsewhere, task, clock);
  return {
    inserted,
    updated: healed.updated,
    linksInserted: linksInserted + healed.linksInserted,
    orphans: countOrphans(db, plan, session.connector, null),
  };
};

/**
 * Resolves what was waiting: unresolved claims of any connector whose key came with this load, and navigations of this load whose owner was there before
 * (`elsewhere`: their claims are treated as if they had just been resolved).
 */
const heal = (
  context: ComparisonContext,
  staging: Staging,
  types: readonly TypePlan[],
  elsewhere: readonly LinkPlan[],
  task: TaskInstanceId,
  clock: Clock,
): { updated: number; linksInserted: number } => {
  const { db, plan, session } = context;
  const own = plan.links.filter((link) => link.connector === session.connector).map((link) => link.number);
  // Its own are among them: they are looked at once more for the reasons that only stageLinks finds.
  const waiting = db.count(`SELECT count(*) FROM UR_LinkKeys ${claimIndex.unresolved} WHERE Reason IS NOT NULL`);
  if (waiting === 0 && elsewhere.length === 0) return { updated: 0, linksInserted: 0 };

  const into = "INSERT OR IGNORE INTO temp.Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2)";
  for (const link of plan.links) {
    if (own.includes(link.number)) continue;
    for (const [side, key] of [
      [link.side1, "Key1"],
      [link.side2, "Key2"],
    ] as const) {
      if (!types.includes(side.type)) continue;
      db.exec(`${into} SELECT l.Mapping, l.Key1, l.Key2, 1, 1, 0, l.R1_Id, l.R2_Id FROM UR_LinkKeys l ${claimIndex.unresolved}
        WHERE l.Mapping = ${link.number} AND l.Reason IS NOT NULL
          AND EXISTS (SELECT 1 FROM UR_Resources r WHERE ${currentRows(side.type, "r.")} AND r.${side.slot} = l.${key})`);
    }
  }
  for (const link of elsewhere) {
    db.exec(`${into} SELECT l.Mapping, l.Key1, l.Key2, 1, 1, 1, NULL, NULL FROM UR_LinkKeys l WHERE l.Mapping = ${link.number}`);
  }
  stageLinks(db, plan, session.connector, staging, task);
  const updated = db.count("SELECT count(*) FROM UR_ResourceChanges WHERE TaskInstance = ?", task);
  const linksInserted = db.count("SELECT count(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = ? AND Command = 'insert'", task);
  applyStaged(db, plan, task, task, clock, context.checkStop);
  return { updated, linksInserted };
};
