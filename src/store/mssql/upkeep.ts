import { SluiceError } from "../../errors/index.js";
import { isMaintained, type UpkeepOutcome, type UpkeepRequest } from "../maintenance/index.js";
import type { RunOptions } from "../synchronization.js";
import type { MssqlCapabilities } from "./capabilities.js";
import { capabilitiesOf } from "./database-capabilities.js";
import { errorNumber } from "./failure.js";
import { quoteName } from "./quoted.js";
import type { Database } from "./synchronization/database.js";

/** An index as the server tells its state. */
export interface FragmentedIndex {
  readonly table: string;
  readonly index: string;
  /** Percent. */
  readonly fragmentation: number;
  readonly pages: number;
}

/** Statistics as the server tells their state. */
export interface Statistic {
  readonly table: string;
  readonly statistic: string;
  readonly rows: number;
  /** Rows changed since it was computed. */
  readonly changed: number;
}

/** One statement of upkeep and what it is for. */
interface UpkeepStatement {
  readonly kind: "rebuild" | "reorganize" | "statistics";
  /** `table.index`. */
  readonly name: string;
  readonly sql: string;
  /** What a person should know of it. */
  readonly note?: string;
}

type Edition = Pick<MssqlCapabilities, "edition" | "onlineIndexRebuild">;

/** What is done to which index: nothing to small ones and those below both thresholds. Pure. */
export const indexUpkeep = (
  indexes: readonly FragmentedIndex[],
  request: UpkeepRequest,
  { edition, onlineIndexRebuild }: Edition,
): readonly UpkeepStatement[] =>
  indexes.flatMap(({ table, index, fragmentation, pages }): UpkeepStatement[] => {
    if (!isMaintained(table, request.allIndexes) || pages < request.pageCount || fragmentation < request.reorganizeThreshold) return [];
    const name = `${table}.${index}`;
    const alter = `ALTER INDEX ${quoteName(index)} ON ${quoteName(table)}`;
    if (fragmentation < request.rebuildThreshold) return [{ kind: "reorganize", name, sql: `${alter} REORGANIZE` }];
    if (request.offline) return [{ kind: "rebuild", name, sql: `${alter} REBUILD` }];
    if (onlineIndexRebuild) return [{ kind: "rebuild", name, sql: `${alter} REBUILD WITH (ONLINE = ON)` }];
    const note = `${name} was reorganized: ${edition} rebuilds with the table locked, which Offline allows`;
    return [{ kind: "reorganize", name, sql: `${alter} REORGANIZE`, note }];
  });

/** Which statistics are computed again; those of a rebuilt index are new. Pure. */
export const statisticsUpkeep = (
  statistics: readonly Statistic[],
  request: UpkeepRequest,
  rebuilt: ReadonlySet<string>,
): readonly UpkeepStatement[] =>
  statistics.flatMap(({ table, statistic, rows, changed }): UpkeepStatement[] => {
    const name = `${table}.${statistic}`;
    const isDue = changed > 0 && changed * 100 >= request.updateStatsThreshold * rows;
    if (!isDue || rebuilt.has(name) || !isMaintained(table, request.allIndexes)) return [];
    return [{ kind: "statistics", name, sql: `UPDATE STATISTICS ${quoteName(table)} ${quoteName(statistic)}` }];
  });

/**
 * What MaintainIndexesTask means on SQL Server (jobs-and-tasks §2.2). Indexes of PageCount pages and more: from RebuildThreshold percent of fragmentation on REBUILD, ONLINE where the edition can and the task is not
 * Offline; from ReorganizeThreshold on, or where a rebuild would lock the table although the task is not Offline, REORGANIZE. Statistics of which UpdateStatsThreshold percent of the rows changed are computed again. Each
 * statement stands alone: what is done stays done at a stop. What this server does not tell or do becomes a note.
 */
export const maintainIndexes = async (db: Database, request: UpkeepRequest, options: RunOptions): Promise<UpkeepOutcome> => {
  const done = { rebuilt: [] as string[], reorganized: [] as string[], statistics: [] as string[], notes: [] as string[] };
  const step = (text: string): void => {
    if (options.signal.aborted) throw new SluiceError("DB_MAINTENANCE_STOPPED", { step: text });
    options.onProgress({ step: text, rows: done.rebuilt.length + done.reorganized.length + done.statistics.length });
  };
  const run = async (statements: readonly UpkeepStatement[]): Promise<void> => {
    for (const { kind, name, sql, note } of statements) {
      step(`${doing[kind]} ${name}`);
      await db.batch(sql);
      (kind === "rebuild" ? done.rebuilt : kind === "reorganize" ? done.reorganized : done.statistics).push(name);
      if (note !== undefined) done.notes.push(note);
    }
  };
  const capabilities = await capabilitiesOf(db);
  step("looking at indexes");
  const indexes = await asked(() => fragmentedIndexes(db));
  if (typeof indexes !== "string") await run(indexUpkeep(indexes, request, capabilities));
  else
    done.notes.push(
      `fragmentation cannot be read here, so no index was rebuilt (VIEW DATABASE STATE is needed; the server said: ${indexes})`,
    );
  step("looking at statistics");
  const statistics = await asked(() => changedStatistics(db));
  if (typeof statistics !== "string") await run(statisticsUpkeep(statistics, request, new Set(done.rebuilt)));
  else {
    const refused = await updateAll(db, request, step, done.statistics);
    done.notes.push(
      refused === null
        ? "how much changed since statistics were computed cannot be read here, so all were computed again"
        : `statistics can neither be read nor updated here (the server said: ${refused})`,
    );
  }
  return done;
};

const doing = { rebuild: "rebuilding", reorganize: "reorganizing", statistics: "updating the statistics" } as const;

/** The answer, or what the server said where it has no such view or does not permit it: capability `tellsIndexState`. */
const asked = async <T>(ask: () => Promise<T>): Promise<T | string> => {
  try {
    return await ask();
  } catch (error) {
    if (errorNumber(error) === null) throw error;
    return (error as Error).message.replace(/\s+/g, " ");
  }
};

const fragmentedIndexes = async (db: Database): Promise<readonly FragmentedIndex[]> => {
  const rows = await db.all(
    `SELECT o.name, i.name, MAX(s.avg_fragmentation_in_percent), SUM(s.page_count)
     FROM sys.dm_db_index_physical_stats(DB_ID(), NULL, NULL, NULL, 'LIMITED') s
     JOIN sys.indexes i ON i.object_id = s.object_id AND i.index_id = s.index_id
     JOIN sys.objects o ON o.object_id = i.object_id
     WHERE i.name IS NOT NULL AND i.is_disabled = 0 AND o.type = 'U' AND o.schema_id = SCHEMA_ID() AND s.alloc_unit_type_desc = 'IN_ROW_DATA'
     GROUP BY o.name, i.name`,
  );
  return rows.map(([table, index, fragmentation, pages]) => ({
    table: String(table),
    index: String(index),
    fragmentation: Number(fragmentation),
    pages: Number(pages),
  }));
};

const changedStatistics = async (db: Database): Promise<readonly Statistic[]> => {
  const rows = await db.all(
    `SELECT o.name, s.name, p.rows, p.modification_counter
     FROM sys.stats s JOIN sys.objects o ON o.object_id = s.object_id CROSS APPLY sys.dm_db_stats_properties(s.object_id, s.stats_id) p
     WHERE o.type = 'U' AND o.schema_id = SCHEMA_ID()`,
  );
  return rows.map(([table, statistic, count, changed]) => ({
    table: String(table),
    statistic: String(statistic),
    rows: Number(count),
    changed: Number(changed),
  }));
};

/** Computes the statistics of every table again; gives what the server said where it refuses. */
const updateAll = async (db: Database, request: UpkeepRequest, step: (text: string) => void, updated: string[]): Promise<string | null> => {
  const tables = (await db.all("SELECT name FROM sys.tables WHERE schema_id = SCHEMA_ID() ORDER BY name")).map(([name]) => String(name));
  for (const table of tables.filter((name) => isMaintained(name, request.allIndexes))) {
    step(`updating the statistics of ${table}`);
    const refused = await asked(() => db.batch(`UPDATE STATISTICS ${quoteName(table)}`));
    if (typeof refused === "string") return refused;
    updated.push(table);
  }
  return null;
};
