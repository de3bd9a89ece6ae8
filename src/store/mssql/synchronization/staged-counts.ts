import type { ConnectorMappings } from "../../../model/index.js";
import type { Population } from "../../../sync/index.js";
import { openEnd } from "../../open-end.js";
import {
  basesOf,
  closingNavigations,
  composeCounts,
  countsByNumber,
  currentRows,
  type NavigationCounts,
  navigationPopulation,
  type RepositoryPlan,
  type StagedCounts,
  type StagedSet,
  type TypePlan,
} from "../../plan/index.js";
import { equal } from "../equality.js";
import type { Database } from "./database.js";

/**
 * Counts the staged rows of a task instance by scope, with the base of each (design §8). `emptyFiles`: the session's own mappings whose file has no rows. Bases are
 * the open resources and links before anything is applied.
 */
export const countStaged = async (
  db: Database,
  plan: RepositoryPlan,
  connector: ConnectorMappings,
  navigations: NavigationCounts,
  emptyFiles: ReadonlySet<string>,
  task: number,
): Promise<StagedCounts> => {
  const byType = countsByNumber(
    await db.all("SELECT Type, Command, COUNT(*) FROM UR_ResourceChanges WHERE TaskInstance = ? GROUP BY Type, Command", task),
  );
  const byMapping = countsByNumber(
    await db.all("SELECT Mapping, Command, COUNT(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = ? GROUP BY Mapping, Command", task),
  );
  const set: StagedSet = { plan, connector, byType, byMapping, navigations, emptyFiles };
  const bases = basesOf(set);
  const types = new Map<number, number>();
  for (const type of bases.types) types.set(type.number, await openResources(db, type));
  const links = new Map<number, number>();
  for (const { number } of bases.links) {
    links.set(number, await db.count(`SELECT COUNT(*) FROM UR_ResourceLinks WHERE Mapping = ${number} AND ValidTo = '${openEnd}'`));
  }
  return composeCounts(set, { types, links }, await navigationPopulations(db, set, task));
};

const openResources = (db: Database, type: TypePlan): Promise<number> =>
  db.count(`SELECT COUNT(*) FROM UR_Resources WHERE ${currentRows(type)}`);

/** Navigations kept in a column: cleared ones, and those that close with their owner. */
const navigationPopulations = async (db: Database, set: StagedSet, task: number): Promise<Population[]> => {
  const populations: Population[] = [];
  for (const closing of closingNavigations(set)) {
    const { type, navigation, cleared, owners } = closing;
    const withOwners =
      owners === 0
        ? 0
        : await db.count(
            `SELECT COUNT(*) FROM UR_ResourceChanges c JOIN UR_Resources r ON r.Id = c.ResourceId AND r.ValidTo = '${openEnd}'
             WHERE c.TaskInstance = ? AND c.Command = 'delete' AND c.Type = ${type.number} AND r.${navigation} IS NOT NULL`,
            task,
          );
    const closed = cleared + withOwners;
    if (closed === 0) continue;
    // One more than would close is enough to know that some stay.
    const open = await db.count(
      `SELECT COUNT(*) FROM (SELECT TOP (${closed + 1}) r.Id FROM UR_Resources r WHERE ${currentRows(type, "r.")} AND r.${navigation} IS NOT NULL) x`,
    );
    populations.push(navigationPopulation(set, closing, closed, open));
  }
  return populations;
};

/** Unresolved links of the connector's mappings as they are now, or as they will be once the staged claims are applied. */
export const countOrphans = async (db: Database, plan: RepositoryPlan, connector: string, staged: number | null): Promise<number> => {
  let orphans = 0;
  for (const link of plan.links) {
    if (link.connector !== connector) continue;
    orphans += await db.count("SELECT COUNT(*) FROM UR_LinkKeys WHERE Mapping = ? AND Reason IS NOT NULL", link.number);
    if (staged === null) continue;
    orphans += await db.count(
      `SELECT SUM(CASE WHEN c.Reason IS NOT NULL THEN 1 ELSE 0 END) - SUM(CASE WHEN l.Reason IS NOT NULL THEN 1 ELSE 0 END)
       FROM UR_LinkKeyChanges c LEFT JOIN UR_LinkKeys l ON l.Mapping = c.Mapping AND l.Reason IS NOT NULL
         AND ${equal("l.Key1", "c.Key1")} AND ${equal("l.Key2", "c.Key2")}
       WHERE c.TaskInstance = ? AND c.Mapping = ?`,
      staged,
      link.number,
    );
  }
  return orphans;
};
