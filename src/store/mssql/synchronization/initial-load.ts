import { SluiceError } from "../../../errors/index.js";
import type { Clock, SessionFile, TaskInstanceId } from "../../../model/index.js";
import { openEnd } from "../../open-end.js";
import { equal } from "../equality.js";
import { applyStaged, versionColumns } from "./apply.js";
import { RecordRows } from "./bulk-rows.js";
import type { Database } from "./database.js";
import { currentRows, ensureKeyIndexes } from "./key-index.js";
import { prepareTouched, stageLinks, touchStored } from "./link-resolution.js";
import { chooseNavigations } from "./navigations.js";
import type { LinkPlan, LinkSide, TypePlan } from "./repository-plan.js";
import { keepNumber, lastNumber, transactionTime } from "./sequence.js";
import { type ComparisonContext, loadClaims, loadResourceFile, openSortedFile, sortedFileOf, watched } from "./session-comparison.js";
import { countOrphans } from "./staged-counts.js";
import { Staging } from "./staging.js";
import { clearTemporary, slotColumn, slotLength } from "./temporary-tables.js";

export interface InitialCounts {
  readonly inserted: number;
  readonly updated: number;
  readonly linksInserted: number;
  readonly orphans: number;
}

const ownTypes = ({ plan, session }: ComparisonContext): TypePlan[] =>
  [...plan.types.values()].filter((type) => type.connector === session.connector);
const ownLinks = ({ plan, session }: ComparisonContext): LinkPlan[] => plan.links.filter((link) => link.connector === session.connector);

/** Refuses a connector that holds anything: Initial inserts, it does not compare (connectors §2.1, §2.6). Throws SYNC_NOT_EMPTY. */
export const requireEmpty = async (context: ComparisonContext): Promise<void> => {
  const { db, session } = context;
  const refuse = (scope: string, count: number): void => {
    if (count > 0) throw new SluiceError("SYNC_NOT_EMPTY", { connector: session.connector, scope, count });
  };
  for (const type of ownTypes(context))
    refuse(type.identifier, await db.count(`SELECT COUNT(*) FROM UR_Resources WHERE ${currentRows(type)}`));
  for (const link of ownLinks(context))
    refuse(link.mapping.identifier, await db.count(`SELECT COUNT(*) FROM UR_LinkKeys WHERE Mapping = ${link.number}`));
};

/** Loads a type's file, its Ids following `lastId`. Gives the last one used. */
const loadResources = async (context: ComparisonContext, type: TypePlan, by: number, now: string, lastId: number): Promise<number> => {
  const { db, session, folder } = context;
  const file = sortedFileOf(session, "entityType", type.identifier);
  const step = `loading ${file.mapping}`;
  const retired = await db.get(`SELECT TOP (1) 1 AS One FROM UR_RetiredKeys WHERE Type = ${type.number}`);
  // Slots of numbers hold what a file says as text: the server makes numbers of it.
  if (retired !== null || file.rows === 0 || type.slots.some((slot) => slotLength(slot) === null)) {
    await loadResourceFile(context, file, type, step);
    return insertKnown(db, type, by, now, lastId);
  }
  const source = openSortedFile(folder, file, type.columns);
  try {
    const rows = new RecordRows(watched(source, file.rows, step, context), [{ from: lastId + 1 }, type.number, now, openEnd, by]);
    await db.bulk("UR_Resources", [...versionColumns, ...type.slots.map((slot) => slotColumn(slot))], rows);
    return lastId + file.rows;
  } finally {
    source.close();
  }
};

/** Inserts the rows of #File: under its former Id where a key was known (design §6, identity), under the next number else. */
const insertKnown = async (db: Database, type: TypePlan, by: number, now: string, lastId: number): Promise<number> => {
  const [keySlot = "C4"] = type.slots;
  const known = `#File f LEFT JOIN UR_RetiredKeys k ON k.Type = ${type.number} AND ${equal("k.[Key]", `f.${keySlot}`)}`;
  const fresh = await db.count(`SELECT COUNT(*) FROM ${known} WHERE k.Id IS NULL`);
  const place = "ROW_NUMBER() OVER (PARTITION BY CASE WHEN k.Id IS NULL THEN 0 ELSE 1 END ORDER BY f.N)";
  await db.run(
    `INSERT INTO UR_Resources (Id, Type, ValidFrom, ValidTo, ChangedBy, ${type.slots.join(", ")})
     SELECT CASE WHEN k.Id IS NULL THEN ${lastId} + ${place} ELSE k.Id END, ${type.number}, '${now}', '${openEnd}', ${by},
       ${type.slots.map((slot) => `f.${slot}`).join(", ")} FROM ${known}`,
  );
  await db.run(`DELETE k FROM UR_RetiredKeys k JOIN #File f ON ${equal("k.[Key]", `f.${keySlot}`)} WHERE k.Type = ${type.number}`);
  await clearTemporary(db, "#File");
  return lastId + fresh;
};

/** The resources that a key of a claim names: their number and one of them, a row a key. */
const named = ({ type, slot }: LinkSide): string =>
  `(SELECT r.${slot} AS K, DATALENGTH(r.${slot}) AS Bytes, COUNT(*) AS N, MIN(r.Id) AS Id FROM UR_Resources r
    WHERE ${currentRows(type, "r.")} AND r.${slot} IS NOT NULL GROUP BY r.${slot}, DATALENGTH(r.${slot}))`;

/** Loads the claims of a link file and what they resolve to, set by set. Gives the link rows made. */
const loadLinks = async (context: ComparisonContext, file: SessionFile, link: LinkPlan, by: number, now: string): Promise<number> => {
  const { db } = context;
  await loadClaims(context, file, link);
  const why = (side: "a" | "b", n: 1 | 2): string =>
    `CASE WHEN ${side}.N = 1 THEN '' WHEN ${side}.N > 1 THEN '${n} ambiguous' ELSE '${n} missing' END`;
  await db.run(
    `INSERT INTO UR_LinkKeys (Mapping, Key1, Key2, R1_Id, R2_Id, Reason)
     SELECT ${link.number}, c.Key1, c.Key2, CASE WHEN a.N = 1 THEN a.Id END, CASE WHEN b.N = 1 THEN b.Id END,
       NULLIF(${why("a", 1)} + CASE WHEN a.N = 1 OR b.N = 1 THEN '' ELSE ', ' END + ${why("b", 2)}, '')
     FROM #Claim c
     LEFT JOIN ${named(link.side1)} a ON a.K = c.Key1 AND a.Bytes = DATALENGTH(c.Key1)
     LEFT JOIN ${named(link.side2)} b ON b.K = c.Key2 AND b.Bytes = DATALENGTH(c.Key2)`,
  );
  await clearTemporary(db, "#Claim");
  if (!link.isLinkRow) return 0;
  return db.run(
    `INSERT INTO UR_ResourceLinks (Mapping, R1_Id, R2_Id, ValidFrom, ValidTo, ChangedBy)
     SELECT Mapping, R1_Id, R2_Id, '${now}', '${openEnd}', ${by} FROM UR_LinkKeys
     WHERE Mapping = ${link.number} AND R1_Id IS NOT NULL AND R2_Id IS NOT NULL ORDER BY R1_Id, R2_Id`,
  );
};

/** Writes navigations into rows that this load made itself; no version is closed, as none was ever seen. */
const fillNavigations = async (db: Database, link: LinkPlan): Promise<void> => {
  for (const [{ navigation }, owner, target] of [
    [link.side2, "R2_Id", "R1_Id"],
    [link.side1, "R1_Id", "R2_Id"],
  ] as const) {
    if (navigation === null) continue;
    await chooseNavigations(
      db,
      `SELECT ${owner} AS Owner, ${target} AS Target, NULL AS CausedBy, Key1, Key2 FROM UR_LinkKeys
       WHERE Mapping = ${link.number} AND R1_Id IS NOT NULL AND R2_Id IS NOT NULL`,
    );
    await db.run(
      `UPDATE r SET ${navigation} = n.Target FROM UR_Resources r JOIN #Navigation n ON n.Owner = r.Id WHERE r.ValidTo = '${openEnd}'`,
    );
    await clearTemporary(db, "#Navigation");
  }
};

/**
 * Initial mode, connectors §2.1: plain inserts into an empty connector, in one transaction, without thresholds. Claims of other connectors that waited for
 * these resources are healed as in every mode.
 * Throws SYNC_NOT_EMPTY when the connector holds resources or links already.
 */
export const loadInitially = async (context: ComparisonContext, task: TaskInstanceId, clock: Clock): Promise<InitialCounts> => {
  const { db, plan, session } = context;
  const types = ownTypes(context);
  const links = ownLinks(context);
  await requireEmpty(context);

  const now = await transactionTime(db, clock);
  let inserted = 0;
  let lastId = await lastNumber(db, "resource");
  for (const type of types) {
    lastId = await loadResources(context, type, task, now, lastId);
    inserted += sortedFileOf(session, "entityType", type.identifier).rows;
  }
  if (inserted > 0) await keepNumber(db, "resource", lastId);

  const loaded = new Set(types.map((type) => type.number));
  let linksInserted = 0;
  const elsewhere: LinkPlan[] = [];
  for (const link of links) {
    const file = sortedFileOf(session, "association", link.mapping.identifier);
    linksInserted += await loadLinks(context, file, link, task, now);
    if (link.isLinkRow) continue;
    const isOwn = [link.side1, link.side2].every((side) => side.navigation === null || loaded.has(side.type.number));
    if (isOwn) await fillNavigations(db, link);
    else elsewhere.push(link);
  }

  for (const type of types) await ensureKeyIndexes(db, type);
  const healed = await heal(context, types, elsewhere, task, clock);
  return {
    inserted,
    updated: healed.updated,
    linksInserted: linksInserted + healed.linksInserted,
    orphans: await countOrphans(db, plan, session.connector, null),
  };
};

/**
 * Resolves what was waiting: unresolved claims of any connector whose key came with this load, and navigations of this load whose owner was there before
 * (`elsewhere`: their claims are treated as if they had just been resolved).
 */
const heal = async (
  context: ComparisonContext,
  types: readonly TypePlan[],
  elsewhere: readonly LinkPlan[],
  task: TaskInstanceId,
  clock: Clock,
): Promise<{ updated: number; linksInserted: number }> => {
  const { db, plan, session } = context;
  // Its own are among them: they are looked at once more for the reasons that only stageLinks finds.
  const waiting = await db.get("SELECT TOP (1) 1 AS One FROM UR_LinkKeys WHERE Reason IS NOT NULL");
  if (waiting === null && elsewhere.length === 0) return { updated: 0, linksInserted: 0 };

  const staging = await Staging.open(db, task);
  await prepareTouched(db);
  for (const link of plan.links) {
    if (link.connector === session.connector) continue;
    for (const [side, key] of [
      [link.side1, "l.Key1"],
      [link.side2, "l.Key2"],
    ] as const) {
      if (!types.includes(side.type)) continue;
      const come = `EXISTS (SELECT 1 FROM UR_Resources r WHERE ${currentRows(side.type, "r.")} AND ${equal(`r.${side.slot}`, key)})`;
      await touchStored(db, link, `l.Reason IS NOT NULL AND ${come}`);
    }
  }
  for (const link of elsewhere) await touchStored(db, link, "1 = 1", true);
  await stageLinks(db, plan, session.connector, staging, task);
  const updated = await db.count("SELECT COUNT(*) FROM UR_ResourceChanges WHERE TaskInstance = ?", task);
  const linksInserted = await db.count("SELECT COUNT(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = ? AND Command = 'insert'", task);
  await applyStaged(db, plan, task, task, clock, context.checkStop);
  return { updated, linksInserted };
};
