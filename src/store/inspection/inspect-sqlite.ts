import { existsSync, statSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";
import { openEnd } from "../open-end.js";
import { migrationNames } from "../schema/migrations.js";
import { storeFailure } from "../sqlite/failure.js";
import { type Ask, type DatabaseInspection, nothingSeen } from "./inspection.js";
import { readRecordFacts } from "./record-facts.js";

/** Faults that the check lists at most: one is enough to restore. */
const listedFaults = 5;

/**
 * Looks at a database file that is there, without changing anything. Never throws: what goes wrong is `failure`, beside what was seen before.
 *
 * Where no write-ahead log stands beside the database, SQLite is told that the file does not change: it would make a log otherwise, and leave it. Where somebody wrote
 * meanwhile, what was seen may be a mixture: then it is looked at once more, as any reader does.
 */
export const inspectSqlite = async (path: string): Promise<DatabaseInspection> => {
  const stamp = (): string => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return existsSync(`${path}-wal`) ? "in use" : `${stat?.size} ${stat?.mtimeMs}`;
  };
  const before = stamp();
  if (before === "in use") return look(path, false);
  const seen = await look(path, true);
  return stamp() === before ? seen : look(path, false);
};

const look = async (path: string, isQuiet: boolean): Promise<DatabaseInspection> => {
  let seen = nothingSeen(path, null);
  let connection: DatabaseSyncInstance | null = null;
  try {
    const place = pathToFileURL(path);
    if (isQuiet) place.searchParams.set("immutable", "1");
    const db = new DatabaseSync(place, { readOnly: true });
    connection = db;
    const ask: Ask = async (sql) => db.prepare(sql).all() as Record<string, unknown>[];
    const pragma = (name: string): number => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() as object)[0]);
    const tables = await ask("SELECT name AS Name FROM sqlite_schema WHERE type = 'table'");
    seen = { ...seen, isReachable: true, size: pragma("page_count") * pragma("page_size") };
    const faults = (db.prepare(`PRAGMA quick_check(${listedFaults})`).all() as object[]).map((row) => String(Object.values(row)[0]));
    seen = { ...seen, damage: faults.filter((fault) => fault !== "ok") };
    if (!tables.some(({ Name }) => Name === "UM_Migrations")) return seen;
    const applied = (await ask("SELECT Name AS Name FROM UM_Migrations")).map(({ Name }) => String(Name));
    const known = migrationNames();
    const schema = { missing: known.filter((name) => !applied.includes(name)), unknown: applied.filter((name) => !known.includes(name)) };
    seen = { ...seen, schema };
    if (schema.missing.length > 0 || schema.unknown.length > 0) return seen;
    const [count] = await ask(`SELECT count(*) AS Resources FROM UR_Resources WHERE ValidTo = '${openEnd}'`);
    seen = { ...seen, resources: Number(count?.Resources ?? 0) };
    return { ...seen, records: await readRecordFacts(ask) };
  } catch (error) {
    return { ...seen, failure: storeFailure(error, path, 0) };
  } finally {
    connection?.close();
  }
};
