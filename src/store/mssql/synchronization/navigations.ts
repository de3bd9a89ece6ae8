import type { Slot } from "../../../model/index.js";
import { openEnd } from "../../open-end.js";
import { countNavigation, currentRows, type LinkPlan, type NavigationCounts, type SlotChanges, type TypePlan } from "../../plan/index.js";
import { numberDiffers } from "../equality.js";
import type { Database } from "./database.js";
import type { StagedRow, Staging } from "./staging.js";
import { clearTemporary, createTemporary, slotLength } from "./temporary-tables.js";

/** Owners looked at at a time. */
const pageSize = 5_000;

/**
 * Fills `#Navigation` with the target of each owner that the select `said` names (columns Owner, Target, CausedBy, Key1, Key2, one row a claim). Where several claims name
 * one owner, the first by the bytes of its keys counts (design §6): an order that only we know, so that these few come here.
 */
export const chooseNavigations = async (db: Database, said: string): Promise<void> => {
  await createTemporary(db, "#Navigation", ["Owner bigint NOT NULL PRIMARY KEY", "Target bigint NULL", "CausedBy bigint NULL"]);
  await db.run(
    `INSERT INTO #Navigation (Owner, Target, CausedBy)
     SELECT s.Owner, MIN(s.Target), MIN(s.CausedBy) FROM (${said}) s GROUP BY s.Owner HAVING COUNT(*) = 1`,
  );
  const chosen = new Map<number, { keys: readonly Buffer[]; row: readonly (number | null)[] }>();
  await db.each(
    `SELECT s.Owner, s.Target, s.CausedBy, s.Key1, s.Key2 FROM (${said}) s
     WHERE s.Owner IN (SELECT m.Owner FROM (${said}) m GROUP BY m.Owner HAVING COUNT(*) > 1)`,
    ([owner, target, cause, key1, key2]) => {
      const keys = [Buffer.from(String(key1)), Buffer.from(String(key2))];
      const former = chosen.get(Number(owner));
      if (former !== undefined && compareKeys(former.keys, keys) <= 0) return;
      chosen.set(Number(owner), {
        keys,
        row: [Number(owner), Number(target), cause === null || cause === undefined ? null : Number(cause)],
      });
    },
  );
  if (chosen.size === 0) return;
  const rows = [...chosen.values()].map(({ row }) => row).sort(([a], [b]) => Number(a) - Number(b));
  await db.bulk(
    "#Navigation",
    [
      { name: "Owner", type: "integer", required: true },
      { name: "Target", type: "integer" },
      { name: "CausedBy", type: "integer" },
    ],
    rows,
  );
};

const compareKeys = (a: readonly Buffer[], b: readonly Buffer[]): number =>
  Buffer.compare(a[0] ?? Buffer.alloc(0), b[0] ?? Buffer.alloc(0)) || Buffer.compare(a[1] ?? Buffer.alloc(0), b[1] ?? Buffer.alloc(0));

/** A stored navigation as a number; one kept in a column of text is the number's text. */
const storedNavigation = (slot: Slot): string => (slotLength(slot) === null ? `r.${slot}` : `CAST(r.${slot} AS bigint)`);

/**
 * Stages the mono-valued navigations that the claims in `#Link` change, side by side, in their owners' own rows. `rebuild`: whoever has one that nothing said loses it.
 */
export const stageNavigations = async (
  db: Database,
  link: LinkPlan,
  staging: Staging,
  counts: NavigationCounts,
  rebuild: boolean,
): Promise<void> => {
  for (const [owner, target] of [
    [2, 1],
    [1, 2],
  ] as const) {
    const { navigation, type } = owner === 1 ? link.side1 : link.side2;
    if (navigation === null) continue;
    await chooseNavigations(
      db,
      `SELECT After${owner} AS Owner, After${target} AS Target, CASE WHEN FromFile = 0 THEN After${target} END AS CausedBy, Key1, Key2
       FROM #Link WHERE Wanted = 1 AND After1 IS NOT NULL AND After2 IS NOT NULL`,
    );
    await db.run(
      `INSERT INTO #Navigation (Owner, Target, CausedBy)
       SELECT t.Before${owner}, NULL, MIN(CASE WHEN t.FromFile = 0 THEN t.Before${target} END) FROM #Link t
       WHERE t.Present = 1 AND t.Before1 IS NOT NULL AND t.Before2 IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM #Navigation n WHERE n.Owner = t.Before${owner}) GROUP BY t.Before${owner}`,
    );
    if (rebuild) {
      // Whoever has one that nothing said: the column belongs to this association alone.
      await db.run(
        `INSERT INTO #Navigation (Owner, Target, CausedBy) SELECT r.Id, NULL, NULL FROM UR_Resources r
         WHERE ${currentRows(type, "r.")} AND r.${navigation} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM #Navigation n WHERE n.Owner = r.Id)`,
      );
    }
    await stageChangedNavigations(db, link, type, navigation, staging, counts);
    await clearTemporary(db, "#Navigation");
  }
};

/** Stages each navigation that changes in the owner's own row, joined with what is staged of it already. */
const stageChangedNavigations = async (
  db: Database,
  link: LinkPlan,
  type: TypePlan,
  navigation: Slot,
  staging: Staging,
  counts: NavigationCounts,
): Promise<void> => {
  const stored = storedNavigation(navigation);
  const [keySlot] = type.slots;
  // A resource by its Id alone: with its type named too, an index over the rows of a type could be walked for each of them.
  const page = `SELECT TOP (${pageSize}) n.Owner, n.Target, n.CausedBy, s.Id, s.Command, s.Changes, ${stored}, r.ValidFrom, r.${keySlot ?? "Id"}, r.Type FROM #Navigation n
    LEFT JOIN UR_ResourceChanges s ON s.TaskInstance = ${staging.task} AND s.ResourceId = n.Owner
    LEFT JOIN UR_Resources r ON r.Id = n.Owner AND r.ValidTo = '${openEnd}'
    WHERE n.Owner > ? AND ((s.Command = 'insert' AND n.Target IS NOT NULL)
      OR ((s.Command IS NULL OR s.Command = 'update') AND r.Id IS NOT NULL AND ${numberDiffers(stored, "n.Target")}))
    ORDER BY n.Owner`;
  for (let last = 0; ; ) {
    const rows = await db.all(page, last);
    const added: StagedRow[] = [];
    const rewritten: [number, SlotChanges][] = [];
    for (const [owner, to, cause, id, command, text, from, version, key, number] of rows) {
      // Under former mappings the claim may have named a resource of another type.
      if (number !== null && Number(number) !== type.number) continue;
      const after = to === null ? null : Number(to);
      const isNew = command === "insert";
      const before = isNew || from === null ? null : Number(from);
      if (id === null) {
        added.push({
          command: "update",
          type,
          key: String(key),
          resource: Number(owner),
          version: String(version),
          changes: { [navigation]: [before, after] },
          causedBy: cause === null ? null : Number(cause),
        });
        countNavigation(counts, link, type, navigation, { before, after, isFirst: true, isNew });
        continue;
      }
      const changes = JSON.parse(String(text)) as SlotChanges;
      const isFirst = !isNew && !Object.keys(changes).some((name) => type.navigationSlots.has(name));
      rewritten.push([Number(id), { ...changes, [navigation]: [before, after] }]);
      countNavigation(counts, link, type, navigation, { before, after, isFirst, isNew });
    }
    await staging.stage(added);
    await staging.rewrite(rewritten);
    const end = rows.at(-1);
    if (end === undefined || rows.length < pageSize) return;
    last = Number(end[0]);
  }
};
