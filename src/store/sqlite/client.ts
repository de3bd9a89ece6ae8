import { createRequire } from "node:module";
import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import { openConnection } from "./connection.js";

const require = createRequire(import.meta.url);
/** knex offers no public entry to its dialect classes; the version of knex is pinned exactly for this path. */
const BetterSqlite3Client = require("knex/lib/dialects/better-sqlite3/index.js") as new (
  configuration: object,
) => {
  connectionSettings: { filename: string; readOnly?: boolean };
};

interface KnexQuery {
  sql: string;
  bindings?: unknown[];
  response?: unknown;
  context?: { lastID: unknown; changes: unknown };
}

/**
 * knex over @photostructure/sqlite: node:sqlite's interface, prebuilt for every platform on Node 20 and 22, so that `npm ci`
 * needs no compiler. Its own knex package wants the driver's 2.x line, which refuses Node 20; these lines are what it does.
 */
export class SqliteClient extends BetterSqlite3Client {
  _driver(): unknown {
    return require("@photostructure/sqlite");
  }

  async acquireRawConnection(): Promise<DatabaseSyncInstance> {
    const { filename, readOnly } = this.connectionSettings;
    return openConnection(filename, { readOnly: readOnly ?? false });
  }

  async destroyRawConnection(connection: DatabaseSyncInstance): Promise<void> {
    connection.close();
  }

  async _query(connection: DatabaseSyncInstance, query: KnexQuery): Promise<KnexQuery> {
    const statement: StatementSyncInstance = connection.prepare(query.sql);
    const bindings = (query.bindings ?? []).map(toSqlite);
    if (statement.columns().length > 0) {
      query.response = statement.all(...bindings);
      return query;
    }
    const result = statement.run(...bindings);
    query.response = result;
    query.context = { lastID: result.lastInsertRowid, changes: result.changes };
    return query;
  }
}

const toSqlite = (value: unknown): string | number | bigint | null | Uint8Array => {
  if (value === undefined || value === null) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "string" || typeof value === "number" || typeof value === "bigint" || value instanceof Uint8Array) return value;
  throw new TypeError(`a ${typeof value} cannot be bound`);
};
