import type { RunOptions } from "../synchronization.js";
import type { MaintenanceConnection, MaintenanceDialect } from "./maintenance-dialect.js";
import { othersTurn } from "./others-turn.js";

/**
 * Removes changes that were applied by instances which had ended by the moment. A synchronization with DoNotDeleteChanges leaves them for SetRecentlyModifiedFlagTask (design §6); where no task of the configuration
 * consumes them they would grow for ever. History stays: it does not need them. Gives how many went, or would go.
 */
export const purgeAppliedChanges = async (
  connection: MaintenanceConnection,
  dialect: MaintenanceDialect,
  { before, batch, dryRun }: { readonly before: string; readonly batch: number; readonly dryRun: boolean },
  { onProgress }: RunOptions,
): Promise<number> => {
  let removed = 0;
  for (const table of ["UR_ResourceChanges", "UR_ResourceLinkChanges", "UR_LinkKeyChanges"]) {
    const where = `c.State = 'applied' AND NOT EXISTS (SELECT 1 FROM UJ_TaskInstances t JOIN UJ_JobInstances j ON j.Id = t.JobInstance
      WHERE t.Id = c.TaskInstance AND (j.EndDate IS NULL OR j.EndDate > '${before}' OR j.State IN ('Waiting', 'InProgress', 'Blocked')))`;
    if (dryRun) {
      removed += Number((await connection.all(`SELECT COUNT(*) FROM ${table} c WHERE ${where}`))[0]?.[0] ?? 0);
      continue;
    }
    const old = dialect.first(batch, `SELECT c.Id FROM ${table} c WHERE ${where} ORDER BY c.Id`);
    for (;;) {
      onProgress({ step: "removing changes that were applied", rows: removed });
      // A look first: nearly always there is nothing, and nobody has to wait for that.
      if ((await connection.all(old)).length === 0) break;
      removed += await connection.transaction(() => connection.run(`DELETE FROM ${table} WHERE Id IN (${old})`));
      await othersTurn();
    }
  }
  return removed;
};
