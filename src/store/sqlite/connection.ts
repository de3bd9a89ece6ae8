import { DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";

/** How long a statement may wait inside SQLite for another writer before it gives up (ms). Longer waits are ours, off the event loop (`retry.ts`). */
const busyTimeoutMs = 50;

/**
 * Opens a connection as every part of Sluice uses it: WAL (readers never wait for the writer), full synchronisation at each
 * commit (a job's record must survive a power cut), foreign keys on.
 */
export const openConnection = (filename: string, options: { readOnly?: boolean; busyTimeoutMs?: number } = {}): DatabaseSyncInstance => {
  const db = new DatabaseSync(filename, { readOnly: options.readOnly ?? false, timeout: options.busyTimeoutMs ?? busyTimeoutMs });
  if (!(options.readOnly ?? false)) {
    db.exec("PRAGMA journal_mode = WAL");
    db.exec("PRAGMA synchronous = FULL");
  }
  // 16 MiB of page cache: enough for the inner nodes of every index of a million rows.
  db.exec("PRAGMA cache_size = -16384");
  return db;
};
