import type { Population } from "../../../sync/index.js";
import { mostRowsLookedAt, type RepositoryPlan, StandingRows } from "../../plan/index.js";
import type { Database } from "./database.js";

/** The message of a block with what stands out in its staged rows (design §8): at most the first 200,000 of them are read, without what a deletion takes along. */
export const explainBlock = async (
  db: Database,
  plan: RepositoryPlan,
  message: string,
  populations: readonly Population[],
  task: number,
): Promise<string> => {
  const rows = new StandingRows(plan);
  await db.each(
    `SELECT TOP (${mostRowsLookedAt}) Type, Command, [Key], Changes FROM UR_ResourceChanges WHERE TaskInstance = ${task} AND CausedBy IS NULL ORDER BY Id`,
    (row) => rows.add(row),
  );
  return rows.explain(
    message,
    populations,
    await db.count("SELECT COUNT(*) FROM UR_ResourceChanges WHERE TaskInstance = ? AND CausedBy IS NULL", task),
  );
};
