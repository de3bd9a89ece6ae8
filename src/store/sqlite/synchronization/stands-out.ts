import type { Population } from "../../../sync/index.js";
import { mostRowsLookedAt, type RepositoryPlan, StandingRows } from "../../plan/index.js";
import { inOrderOfId } from "./apply.js";
import type { Database } from "./database.js";

/** Rows read at once: some megabytes. */
const pageRows = 2_000;

/** The message of a block with what stands out in its staged rows (design §8): at most the first 200,000 of them are read, without what a deletion takes along. */
export const explainBlock = (
  db: Database,
  plan: RepositoryPlan,
  message: string,
  populations: readonly Population[],
  task: number,
): string => {
  const rows = new StandingRows(plan);
  const page = db.prepare(
    `SELECT Type, Command, Key, Changes, Id FROM UR_ResourceChanges ${inOrderOfId} WHERE TaskInstance = ? AND Id > ? AND CausedBy IS NULL ORDER BY Id LIMIT ?`,
  );
  let last = 0;
  for (let looked = 0; looked < mostRowsLookedAt; ) {
    const read = page.all(task, last, Math.min(pageRows, mostRowsLookedAt - looked));
    for (const row of read) rows.add(row);
    looked += read.length;
    last = Number(read.at(-1)?.[4] ?? 0);
    if (read.length === 0) break;
  }
  return rows.explain(
    message,
    populations,
    db.count("SELECT count(*) FROM UR_ResourceChanges WHERE TaskInstance = ? AND CausedBy IS NULL", task),
  );
};
