import type { RunOptions } from "../synchronization.js";
import type { MaintenanceConnection, MaintenanceDialect } from "./maintenance-dialect.js";
import { othersTurn } from "./others-turn.js";

/** Decisions that nobody waits for. */
const decided = "'started', 'skipped', 'missed', 'failed'";

/** Schedulers and runs write the record under this row: without it one of them and a removal could each wait for a row that the other holds. */
const takeRecord = "UPDATE UM_Sequences SET Value = Value WHERE Name = 'fence'";

/**
 * Removes what schedulers had decided of due times by the moment, but for the last due time of each job, and schedulers that were not seen since, but for the one seen last: what `status` says of a job or a
 * scheduler that has been silent for long stays true. How far each schedule was decided is kept elsewhere (`UJ_Schedules`), so that nothing runs again. Gives how many decisions went, or would go.
 */
export const purgeSchedules = async (
  connection: MaintenanceConnection,
  dialect: MaintenanceDialect,
  { before, batch, dryRun }: { readonly before: string; readonly batch: number; readonly dryRun: boolean },
  { onProgress }: RunOptions,
): Promise<number> => {
  const old = `State IN (${decided}) AND DecidedAt <= '${before}'`;
  let removed = 0;
  for (const [job, last] of await connection.all("SELECT Job, MAX(CAST(DueAt AS varchar(24))) FROM UJ_ScheduledRuns GROUP BY Job")) {
    const own = `Job = ? AND DueAt < ? AND ${old}`;
    if (dryRun) {
      removed += Number(
        (await connection.all(`SELECT COUNT(*) FROM UJ_ScheduledRuns WHERE ${own}`, job ?? null, last ?? null))[0]?.[0] ?? 0,
      );
      continue;
    }
    for (;;) {
      onProgress({ step: "removing decisions of schedulers", rows: removed });
      const page = await connection.all(
        dialect.first(batch, `SELECT DueAt FROM UJ_ScheduledRuns WHERE ${own} ORDER BY DueAt`),
        job ?? null,
        last ?? null,
      );
      const until = page.at(-1)?.[0];
      if (until === undefined) break;
      removed += await connection.transaction(async () => {
        await connection.run(takeRecord);
        return connection.run(`DELETE FROM UJ_ScheduledRuns WHERE ${own} AND DueAt <= ?`, job ?? null, last ?? null, until);
      });
      await othersTurn();
    }
  }
  if (!dryRun) {
    const [[latest] = [null]] = await connection.all("SELECT MAX(CAST(SeenAt AS varchar(24))) FROM UJ_Schedulers");
    await connection.transaction(async () => {
      await connection.run(takeRecord);
      await connection.run("DELETE FROM UJ_Schedulers WHERE SeenAt <= ? AND SeenAt < ?", before, latest ?? "");
    });
  }
  return removed;
};
