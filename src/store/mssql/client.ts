import { createRequire } from "node:module";
import type { Connection, Request } from "tedious";
import * as tedious from "tedious";
import { keepText, ServerConnection } from "../../sqlserver/index.js";
import { bindingOf } from "./binding.js";
import { mssqlFailure } from "./failure.js";

const require = createRequire(import.meta.url);

interface Cell {
  value: unknown;
  readonly metadata: { colName: string; readonly type: { readonly name: string } };
}

interface KnexQuery {
  readonly method?: string;
  readonly returning?: unknown;
  readonly response?: readonly (readonly Cell[])[];
}

/** A connection as knex's pool keeps it. */
type PooledConnection = Connection & { readonly state?: { readonly name: string } };

/** knex offers no public entry to its dialect classes; the version of knex is pinned exactly for this path. */
const KnexMssqlClient = require("knex/lib/dialects/mssql/index.js") as new (
  configuration: object,
) => {
  readonly pool?: { readonly used: readonly { readonly resource: PooledConnection }[] };
  destroy(callback?: () => void): Promise<void>;
  readonly config: { readonly userParams?: { readonly database?: string } };
  connectionSettings: object;
  acquireConnection(): Promise<PooledConnection>;
  query(connection: PooledConnection, query: unknown): Promise<unknown>;
  _query(connection: PooledConnection, query: unknown): Promise<unknown>;
  processResponse(query: KnexQuery, runner: unknown): unknown;
  validateConnection(connection: PooledConnection): boolean;
  destroyRawConnection(connection: PooledConnection): Promise<void>;
  releaseConnection(connection: PooledConnection): Promise<void>;
  _assignBindings(request: Request, bindings: readonly unknown[] | undefined): void;
  _typeForBinding(value: unknown): [unknown, unknown];
};
const KnexTransaction = require("knex/lib/dialects/mssql/transaction.js") as new (
  ...parameters: readonly unknown[]
) => {
  readonly client: MssqlClient;
  rollback(connection: PooledConnection, error: unknown): Promise<unknown>;
  _evaluateContainer(configuration: unknown, container: unknown): Promise<unknown>;
};

/** What is asked of each connection: the request that runs, and those that wait for it, in their order. */
interface Requests {
  running: Request | null;
  readonly waiting: Request[];
  /** What comes now comes too late. */
  isRollingBack: boolean;
}

const requests = new WeakMap<Connection, Requests>();

const requestsOf = (connection: Connection): Requests => {
  const known = requests.get(connection) ?? { running: null, waiting: [], isRollingBack: false };
  requests.set(connection, known);
  return known;
};

/** The server takes 2,100 parameters, of which two are the statement and the list of their types. */
const mostParameters = 2_098;

/** How long a statement that still runs at the end may take (ms): nobody waits for what it gives. */
const farewellMs = 2_000;

const driver = { ...tedious, Connection: ServerConnection };

/** Ends what was asked and has not begun, so that whoever waits for it hears of it. */
const refuseWaiting = (connection: Connection, why: string, code: string): void => {
  for (const request of requestsOf(connection).waiting.splice(0)) {
    (request.callback as (error: Error) => void)(new tedious.RequestError(why, code));
  }
};

const refuseLate = (connection: Connection): void =>
  refuseWaiting(connection, "the transaction was rolled back before the statement was sent", "ECANCEL");

/**
 * knex's client for SQL Server with what it does wrong put right. Its own queue of waiting requests is one for all connections of the process, so that a statement of
 * a transaction could be run by another connection, outside that transaction, even on another database: here each connection has its own, first in, first out.
 */
export class MssqlClient extends KnexMssqlClient {
  _driver(): typeof driver {
    return driver;
  }

  _generateConnection(): object {
    return this.connectionSettings;
  }

  transaction(...parameters: readonly unknown[]): object {
    return new MssqlTransaction(this, ...parameters);
  }

  /** An error of the driver under the name that a person is told, the error itself its cause; any other error as it is. */
  named(error: unknown): unknown {
    return mssqlFailure(error, this.config.userParams?.database ?? "");
  }

  override async query(connection: PooledConnection, query: unknown): Promise<unknown> {
    try {
      return await super.query(connection, query);
    } catch (error) {
      throw this.named(error);
    }
  }

  override async _query(connection: PooledConnection, query: unknown): Promise<unknown> {
    try {
      return await super._query(connection, query);
    } catch (error) {
      keepText(error);
      throw error;
    }
  }

  /** The pool waits for statements that run: of a server that does not answer they would run into their time limits. */
  override async destroy(callback?: () => void): Promise<void> {
    const hangUp = setTimeout(() => {
      for (const { resource } of this.pool?.used ?? []) resource.close();
    }, farewellMs);
    try {
      await super.destroy(callback);
    } finally {
      clearTimeout(hangUp);
    }
  }

  /** Connects where no connection is free. */
  override async acquireConnection(): Promise<PooledConnection> {
    try {
      return await super.acquireConnection();
    } catch (error) {
      throw this.named(error);
    }
  }

  _enqueueRequest(request: Request, connection: PooledConnection): void {
    const known = requestsOf(connection);
    known.waiting.push(request);
    if (known.isRollingBack) refuseLate(connection);
    else this._chomp(connection);
  }

  _chomp(connection: PooledConnection): void {
    if (connection.state?.name === "Final") refuseWaiting(connection, "the connection ended before the statement was sent", "ECLOSE");
    const known = requestsOf(connection);
    if (known.running !== null || connection.state?.name !== "LoggedIn") return;
    const request = known.waiting.shift();
    if (request === undefined) return;
    known.running = request;
    request.once("requestCompleted", () => {
      known.running = null;
      // The driver calls back before the connection takes the next one.
      process.nextTick(() => this._chomp(connection));
    });
    connection.execSql(request);
  }

  /** A stream would fill the memory: knex does not wait for its reader here. Long readings go page by page. */
  _stream(): never {
    throw new Error("statements on SQL Server are read in pages, not streamed");
  }

  /** Cut off by the server's limit a statement would mean something else, or fail with a number that says nothing. */
  override _assignBindings(request: Request, bindings: readonly unknown[] | undefined): void {
    if ((bindings?.length ?? 0) > mostParameters)
      throw new Error(`a statement on SQL Server takes ${mostParameters} values, not ${bindings?.length}`);
    super._assignBindings(request, bindings);
  }

  /** Times are text in every table, and a number of 64 bits or a Date would change on its way. */
  override _typeForBinding(value: unknown): [unknown, unknown] {
    if (value instanceof Date) throw new TypeError("times are bound as text: a Date would be rounded to 1/300 s");
    return bindingOf(value) ?? super._typeForBinding(value);
  }

  /**
   * Numbers of 64 bits come as text: ours stay far below 2^53. Columns that a statement gives back have the names asked for, and the count of changed rows is the only
   * column there is, whatever a server calls them.
   */
  override processResponse(query: KnexQuery, runner: unknown): unknown {
    const rows = query?.response ?? [];
    const wide = (rows[0] ?? []).flatMap(({ metadata }, index) => (/^(BigInt|IntN)$/.test(metadata.type.name) ? [index] : []));
    for (const row of rows) {
      for (const index of wide) {
        const cell = row[index];
        if (typeof cell?.value === "string") cell.value = Number(cell.value);
      }
    }
    if (query?.returning !== undefined) {
      const asked = new Map([query.returning].flat().map((name) => [String(name).toLowerCase(), String(name)]));
      for (const { metadata } of rows.flat()) metadata.colName = asked.get(metadata.colName.toLowerCase()) ?? metadata.colName;
    }
    if (query?.returning === "@@rowcount" && (query.method === "update" || query.method === "del" || query.method === "counter")) {
      return Number(query.response?.[0]?.[0]?.value ?? 0);
    }
    return super.processResponse(query, runner);
  }

  override validateConnection(connection: PooledConnection): boolean {
    return super.validateConnection(connection) && connection.state?.name === "LoggedIn" && !connection.inTransaction;
  }

  /** A connection that still holds a transaction, as after a commit that failed, is closed: the server rolls back, and nobody inherits it or its locks. */
  override releaseConnection(connection: PooledConnection): Promise<void> {
    if (connection.inTransaction) connection.close();
    return super.releaseConnection(connection);
  }

  /** knex waits for an end that has been. */
  override async destroyRawConnection(connection: PooledConnection): Promise<void> {
    if (connection.state?.name !== "Final") await super.destroyRawConnection(connection);
  }
}

/**
 * knex's transaction, which cannot roll back while one of its statements runs, as when another of them failed, and then gives its connection back to the pool within
 * the transaction. Here the one that runs is cancelled and those that wait are refused first.
 */
class MssqlTransaction extends KnexTransaction {
  /** Begin and commit are no statements to knex: what goes wrong with them gets its name here. What the work within throws stays as it is. */
  override async _evaluateContainer(configuration: unknown, container: unknown): Promise<unknown> {
    try {
      return await super._evaluateContainer(configuration, container);
    } catch (error) {
      throw this.client.named(error);
    }
  }

  override async rollback(connection: PooledConnection, error: unknown): Promise<unknown> {
    const known = requestsOf(connection);
    known.isRollingBack = true;
    refuseLate(connection);
    try {
      const { running } = known;
      if (running !== null) {
        await new Promise<void>((resolve) => {
          running.once("requestCompleted", () => process.nextTick(resolve));
          // Not while it is being sent: some servers hang up then.
          setImmediate(() => known.running === running && connection.cancel());
        });
      }
      // Gone: the server has rolled back, and knex need not ask for it.
      if (connection.state?.name === "Final") connection.inTransaction = false;
      return await super.rollback(connection, error);
    } finally {
      known.isRollingBack = false;
    }
  }
}
