import type { RunOptions } from "../synchronization.js";
import { withConnection } from "./connected.js";
import { usualBatch } from "./history-purge.js";
import type { MaintenanceDialect } from "./maintenance-dialect.js";

/**
 * The clean-up of MaintainIndexesTask (jobs-and-tasks §2.2, left out by NoNormalizationCheck). The reference says no more than "data clean-up". Here nothing that a source said is ever rewritten: values
 * are compared exactly and every version names what changed it, so a task of upkeep that "normalized" them would make changes that nobody staged and no history tells. What it may remove is what nothing can
 * read any more: staged rows of task instances that neither run nor wait for a decision, which a resume would refuse. Rows kept for the dirty flag (`applied`) stay. Gives how many went.
 */
export const removeLeftovers = (dialect: MaintenanceDialect, options: RunOptions): Promise<number> =>
  withConnection(dialect, options, async (connection) => {
    let removed = 0;
    for (const table of ["UR_ResourceChanges", "UR_ResourceLinkChanges", "UR_LinkKeyChanges"]) {
      const leftover = dialect.first(
        usualBatch,
        `SELECT c.Id FROM ${table} c WHERE c.State = 'staged'
           AND NOT EXISTS (SELECT 1 FROM UJ_TaskInstances t WHERE t.Id = c.TaskInstance AND t.State IN ('Blocked', 'InProgress')) ORDER BY c.Id`,
      );
      for (;;) {
        options.onProgress({ step: "removing staged rows that nobody waits for", rows: removed });
        // A look first: nearly always there is nothing, and nobody has to wait for that.
        if ((await connection.all(leftover)).length === 0) break;
        removed += await connection.transaction(() => connection.run(`DELETE FROM ${table} WHERE Id IN (${leftover})`));
      }
    }
    return removed;
  });
