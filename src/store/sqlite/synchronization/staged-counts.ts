import type { ConnectorMappings } from "../../../model/index.js";
import type { Population } from "../../../sync/index.js";
import { openEnd } from "../../open-end.js";
import {
  basesOf,
  type ClosingNavigation,
  closingNavigations,
  composeCounts,
  countsByNumber,
  currentRows,
  type NavigationCounts,
  navigationPopulation,
  type RepositoryPlan,
  type StagedCounts,
  type StagedSet,
} from "../../plan/index.js";
import { claimIndex } from "./claim-index.js";
import type { Database } from "./database.js";

/**
 * Counts the staged rows of a task instance by scope, with the base of each (design §8). `emptyFiles`: the session's own mappings whose file has no rows. Bases are
 * the open resources and links before anything is applied.
 */
export const countStaged = (
  db: Database,
  plan: RepositoryPlan,
  connector: ConnectorMappings,
  navigations: NavigationCounts,
  emptyFiles: ReadonlySet<string>,
  task: number,
): StagedCounts => {
  const byType = countsByNumber(
    db.all("SELECT Type, Command, count(*) FROM UR_ResourceChanges WHERE TaskInstance = ? GROUP BY Type, Command", task),
  );
  const byMapping = countsByNumber(
    db.all("SELECT Mapping, Command, count(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = ? GROUP BY Mapping, Command", task),
  );
  const set: StagedSet = { plan, connector, byType, byMapping, navigations, emptyFiles };
  const bases = basesOf(set);
  const types = new Map<number, number>();
  for (const type of bases.types) types.set(type.number, db.count(`SELECT count(*) FROM UR_Resources WHERE ${currentRows(type)}`));
  const links = new Map<number, number>();
  for (const { number } of bases.links) {
    links.set(number, db.count(`SELECT count(*) FROM UR_ResourceLinks WHERE Mapping = ${number} AND ValidTo = '${openEnd}'`));
  }
  return composeCounts(set, { types, links }, navigationPopulations(db, set, task));
};

/** Navigations kept in a column: cleared ones, and those that close with their owner. */
const navigationPopulations = (db: Database, set: StagedSet, task: number): Population[] =>
  closingNavigations(set).flatMap((closing) => {
    const { type, navigation, cleared, owners } = closing;
    const withOwners =
      owners === 0
        ? 0
        : db.count(
            `SELECT count(*) FROM UR_ResourceChanges c JOIN UR_Resources r ON r.Id = c.ResourceId AND r.ValidTo = '${openEnd}'
             WHERE c.TaskInstance = ? AND c.Command = 'delete' AND c.Type = ${type.number} AND r.${navigation} IS NOT NULL`,
            task,
          );
    const closed = cleared + withOwners;
    if (closed === 0) return [];
    return [navigationPopulation(set, closing, closed, openNavigations(db, closing, closed + 1))];
  });

/**
 * How many resources have a navigation, `enough` at most: one more than would close is enough to know that some stay. Nearly always the claims show as many; all resources are
 * looked at only where they do not.
 */
const openNavigations = (db: Database, { link, type, navigation }: ClosingNavigation, enough: number): number => {
  const owner = link.side1.type === type && link.side1.navigation === navigation ? "R1_Id" : "R2_Id";
  const claimed = db.count(
    `SELECT count(*) FROM (SELECT DISTINCT ${owner} FROM UR_LinkKeys WHERE Mapping = ${link.number} AND R1_Id IS NOT NULL AND R2_Id IS NOT NULL LIMIT ?)`,
    enough,
  );
  if (claimed >= enough) return enough;
  return db.count(
    `SELECT count(*) FROM (SELECT 1 FROM UR_Resources WHERE ${currentRows(type)} AND ${navigation} IS NOT NULL LIMIT ?)`,
    enough,
  );
};

/** Unresolved links of the connector's mappings as they are now, or as they will be once the staged claims are applied. */
export const countOrphans = (db: Database, plan: RepositoryPlan, connector: string, staged: number | null): number => {
  let orphans = 0;
  for (const link of plan.links) {
    if (link.connector !== connector) continue;
    orphans += db.count(`SELECT count(*) FROM UR_LinkKeys ${claimIndex.unresolved} WHERE Mapping = ? AND Reason IS NOT NULL`, link.number);
    if (staged === null) continue;
    orphans += db.count(
      `SELECT count(*) FILTER (WHERE c.Reason IS NOT NULL) - count(*) FILTER (WHERE l.Reason IS NOT NULL)
       FROM UR_LinkKeyChanges c LEFT JOIN UR_LinkKeys l ON l.Mapping = c.Mapping AND l.Key1 = c.Key1 AND l.Key2 = c.Key2
       WHERE c.TaskInstance = ? AND c.Mapping = ?`,
      staged,
      link.number,
    );
  }
  return orphans;
};
