import type { WorkerMain, WorkerTools } from "../../sync/index.js";
import { isMaintained, type LongStatement, type UpkeepOutcome, type UpkeepRequest } from "../maintenance/index.js";
import { openConnection } from "./connection.js";
import { storeFailure } from "./failure.js";
import { isSynchronizing } from "./maintenance.js";
import { Database } from "./synchronization/database.js";

export type MaintenanceWork =
  | { readonly kind: "statements"; readonly path: string; readonly statements: readonly LongStatement[] }
  | { readonly kind: "upkeep"; readonly path: string; readonly request: UpkeepRequest };

/** Seconds that a thread waits for a program of others that holds the writer; one of ours may take as long as it needs. */
const writerWaitSeconds = 300;
/** Milliseconds of one wait inside SQLite, after which the thread looks whether it is to stop. */
const waitMs = 500;
/** Rows of an index that ANALYZE looks at: enough to tell a selective index from another, a moment's work on any table. */
const analysisLimit = 1_000;
/** Free pages given back at a time where the file was made to allow it. */
const vacuumPages = 1_000;

/** Runs in a thread of its own, with a connection of its own: building an index takes as long as its rows. */
const work: WorkerMain<MaintenanceWork, UpkeepOutcome | undefined> = (input, tools) => {
  const connection = openConnection(input.path, { busyTimeoutMs: waitMs });
  try {
    const since = performance.now();
    const db = new Database(connection, (error) => {
      tools.checkStop("waiting for the database");
      tools.onProgress({ step: "waiting for the database", rows: 0 });
      if (performance.now() - since > writerWaitSeconds * 1_000 && !isSynchronizing(connection)) throw error;
    });
    if (input.kind === "upkeep") return upkeep(db, input.request, tools);
    input.statements.forEach(({ step, sql }, index) => {
      tools.checkStop(step);
      tools.onProgress({ step, rows: index, of: input.statements.length });
      db.transaction(() => db.exec(sql));
    });
    return undefined;
  } catch (error) {
    throw storeFailure(error, input.path, writerWaitSeconds);
  } finally {
    connection.close();
  }
};

export default work;

/**
 * What MaintainIndexesTask means on SQLite. The file has no fragmentation of single indexes to measure; what grows are free pages, which the next writes use. Statistics: ANALYZE of tables whose rows changed in
 * number by the threshold since they were counted. Offline, with enough pages: VACUUM rewrites the file, every table and index in order, where the free share reaches RebuildThreshold; else
 * REINDEX with AllIndexes. Where the file was made with auto_vacuum = INCREMENTAL, free pages are given back from ReorganizeThreshold on without rewriting.
 */
const upkeep = (db: Database, request: UpkeepRequest, { checkStop, onProgress }: WorkerTools): UpkeepOutcome => {
  const done = { rebuilt: [] as string[], reorganized: [] as string[], statistics: [] as string[], notes: [] as string[] };
  const tables = db
    .all("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name")
    .map(([name]) => String(name))
    .filter((name) => isMaintained(name, request.allIndexes));
  const step = (text: string): void => {
    checkStop(text);
    onProgress({ step: text, rows: 0 });
  };

  const pages = db.count("PRAGMA page_count");
  const free = db.count("PRAGMA freelist_count");
  const freeShare = pages === 0 ? 0 : (free * 100) / pages;
  const isLarge = pages >= request.pageCount;
  const givesBack = db.count("PRAGMA auto_vacuum") === 2;
  if (isLarge && request.offline && freeShare >= request.rebuildThreshold) {
    step("rewriting the file (VACUUM)");
    db.exec("VACUUM");
    done.rebuilt.push("the file");
  } else if (isLarge && request.offline && request.allIndexes) {
    for (const table of tables) {
      step(`rebuilding the indexes of ${table}`);
      db.transaction(() => db.exec(`REINDEX ${table}`));
      done.rebuilt.push(table);
    }
  } else if (isLarge && givesBack && freeShare >= request.reorganizeThreshold) {
    for (let left = free; left > 0; left -= vacuumPages) {
      step("giving free pages back");
      db.exec(`PRAGMA incremental_vacuum(${vacuumPages})`);
    }
    done.reorganized.push("the file");
  } else if (isLarge && freeShare >= request.reorganizeThreshold) {
    done.notes.push(
      `${Math.round(freeShare)} % of the file is free and will be used by what is written next; Offline with RebuildThreshold ${request.rebuildThreshold} rewrites it when that is reached`,
    );
  }

  db.exec(`PRAGMA analysis_limit = ${analysisLimit}`);
  for (const table of tables) {
    step(`counting ${table}`);
    const rows = db.count(`SELECT COUNT(*) FROM ${table}`);
    const counted = rowsWhenAnalyzed(db, table);
    if (rows === 0 || (counted !== null && Math.abs(rows - counted) * 100 < request.updateStatsThreshold * Math.max(counted, 1))) continue;
    step(`updating the statistics of ${table}`);
    db.transaction(() => db.exec(`ANALYZE ${table}`));
    done.statistics.push(table);
  }
  return done;
};

/** Rows that a table had when it was last analysed, or null. The first number of each of its statistics; a filtered index counts its own rows only. */
const rowsWhenAnalyzed = (db: Database, table: string): number | null => {
  if (db.count("SELECT COUNT(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'") === 0) return null;
  const counts = db.all("SELECT stat FROM sqlite_stat1 WHERE tbl = ?", table).map(([stat]) => Number.parseInt(String(stat), 10));
  return counts.length === 0 ? null : Math.max(...counts);
};
