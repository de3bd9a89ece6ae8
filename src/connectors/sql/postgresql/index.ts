import pg from "pg";
import Cursor from "pg-cursor";
import type { IsolationLevel } from "../dbms.js";
import {
  batchRows,
  oneLine,
  plainSelect,
  type SqlAccess,
  type SqlColumn,
  type SqlDialect,
  type SqlFault,
  type SqlSession,
} from "../session.js";
import { socketFault } from "../socket.js";
import { binary, instant, localTime } from "../value.js";
import { type PostgresTarget, postgresTarget } from "./target.js";

/** Numbers of types whose text is not passed on as the server writes it. */
const oid = { bool: 16, bytea: 17, timestamp: 1114, timestamptz: 1184 } as const;

/** Texts of values depend on these settings of a session; this makes them the same on every server. */
const session =
  "SET DateStyle = 'ISO, YMD'; SET TimeZone = 'UTC'; SET IntervalStyle = 'iso_8601'; SET bytea_output = 'hex'; SET extra_float_digits = 1; SET lc_monetary = 'C'";

/** Snapshot is what PostgreSQL calls REPEATABLE READ. */
const isolation: Readonly<Record<IsolationLevel, string>> = {
  ReadUncommitted: "READ UNCOMMITTED",
  ReadCommitted: "READ COMMITTED",
  RepeatableRead: "REPEATABLE READ",
  Serializable: "SERIALIZABLE",
  Snapshot: "REPEATABLE READ",
};

/** Every value stays the text that the server wrote. */
const asText = { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig;

const quoted = (part: string): string => `"${part.replaceAll('"', '""')}"`;

class PostgresSession implements SqlSession {
  private problem: Error | null = null;

  constructor(
    private readonly client: pg.Client,
    private readonly target: PostgresTarget,
    private readonly processId: number | null,
    private readonly isReading: boolean,
  ) {
    // A connection that ends while nothing is asked of it: the next question says so.
    client.on("error", (error) => {
      this.problem ??= error;
    });
  }

  async query(text: string) {
    const cursor = this.client.query(new Cursor<unknown[]>(text, [], { rowMode: "array", types: asText }));
    const first = await this.read(cursor);
    const { fields } = first;
    if (fields.length === 0) return null;
    const read = (): Promise<Read> => this.read(cursor);
    return { columns: fields.map(columnOf), batches: batches(first.rows, read) };
  }

  async execute(text: string): Promise<void> {
    await this.client.query(text);
  }

  async select(name: string, columns: readonly string[]): Promise<string> {
    return plainSelect(name, columns, quoted);
  }

  /** Asked for over a connection of its own: this one is waiting for its answer. */
  async cancel(): Promise<void> {
    if (this.processId === null) return;
    const other = await connected(this.target);
    try {
      await other.query("SELECT pg_cancel_backend($1)", [this.processId]);
    } finally {
      await other.end();
    }
  }

  async finish(): Promise<void> {
    await this.client.query(this.isReading ? "ROLLBACK" : "COMMIT");
  }

  async close(): Promise<void> {
    // Where something still runs the connection is cut.
    await this.client.end();
  }

  private read(cursor: Cursor<unknown[]>): Promise<Read> {
    return new Promise((resolve, reject) => {
      const lost = (error?: Error): void => reject(error ?? this.problem ?? Object.assign(new Error("it ended"), { code: "ECONNRESET" }));
      this.client.once("end", lost);
      this.client.once("error", lost);
      cursor.read(batchRows, (error, rows, result) => {
        this.client.off("end", lost);
        this.client.off("error", lost);
        // The driver's types have no null here, the driver does.
        if (error) reject(error);
        else resolve({ rows, fields: (result as { fields?: pg.FieldDef[] } | undefined)?.fields ?? [] });
      });
    });
  }
}

interface Read {
  readonly rows: readonly (readonly unknown[])[];
  readonly fields: readonly pg.FieldDef[];
}

async function* batches(first: Read["rows"], read: () => Promise<Read>): AsyncGenerator<Read["rows"]> {
  for (let rows = first; rows.length > 0; rows = (await read()).rows) yield rows;
}

const columnOf = ({ name, dataTypeID }: pg.FieldDef): SqlColumn => ({
  name,
  text: (value) => {
    const text = String(value);
    switch (dataTypeID) {
      case oid.bool:
        return text === "t" ? "true" : "false";
      case oid.bytea:
        return binary(Buffer.from(text.slice(2), "hex"));
      case oid.timestamp:
        return localTime(text);
      case oid.timestamptz:
        return instant(text);
      default:
        return text;
    }
  },
});

/** A signed-in connection: encrypted as asked for; `preferred` goes on without where the server has no TLS. */
const connected = async ({ configuration, tls, secure }: PostgresTarget): Promise<pg.Client> => {
  const attempt = async (ssl: pg.ClientConfig["ssl"]): Promise<pg.Client> => {
    const client = new pg.Client({ ...configuration, ...(ssl === undefined ? {} : { ssl }) });
    // What comes after a failed connect finds no listener otherwise and would end the process.
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  if (tls === "disabled") return attempt(false);
  try {
    return await attempt(secure);
  } catch (error) {
    if (tls === "preferred" && withoutTls.test(oneLine(error))) return attempt(false);
    throw error;
  }
};

/** The driver has no code for it. */
const withoutTls = /does not support SSL/i;

/** Classes and codes of SQLSTATE, in this order. */
const bySqlState: readonly (readonly [RegExp, SqlFault["kind"]])[] = [
  [/^25006$/, "writes"],
  [/^28|^3D000$/, "login"],
  [/^42501$/, "permission"],
  [/^(42P01|42703|42883|42704|3F000|42P02)$/, "name"],
  [/^(40001|40P01|55P03)$/, "busy"],
  [/^(53300|57P03)$/, "unreachable"],
  [/^(57P01|57P02|08)/, "lost"],
];

const fault = (error: unknown): SqlFault | null => {
  if (!(error instanceof Error)) return null;
  const { code } = error as { code?: unknown };
  const reason = oneLine(error);
  if (typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && (error as { severity?: unknown }).severity !== undefined) {
    return { kind: bySqlState.find(([pattern]) => pattern.test(code))?.[1] ?? "statement", reason };
  }
  const socket = socketFault(error);
  if (socket !== null) return socket;
  if (withoutTls.test(reason)) return { kind: "tls", reason: "the server offers none" };
  if (/timeout expired|connection timeout/i.test(reason)) return { kind: "unreachable", reason: "no answer in time" };
  if (/connection terminated|not queryable|connection ended/i.test(reason)) return { kind: "lost", reason: "it closed the connection" };
  return /password|SASL|authentication/i.test(reason) ? { kind: "login", reason } : null;
};

const open = async (target: PostgresTarget, access: SqlAccess): Promise<SqlSession> => {
  const client = await connected(target);
  try {
    const isReading = access.mode === "read";
    await client.query(session);
    if (target.searchPath !== null) await client.query("SELECT set_config('search_path', $1, false)", [target.searchPath]);
    const { rows } = await client.query<{ pid: unknown }>("SELECT pg_backend_pid() AS pid");
    const level = access.isolation === null ? "" : ` ISOLATION LEVEL ${isolation[access.isolation]}`;
    await client.query(`BEGIN${level} ${isReading ? "READ ONLY" : "READ WRITE"}`);
    return new PostgresSession(client, target, rows[0] === undefined ? null : Number(rows[0].pid), isReading);
  } catch (error) {
    await client.end();
    throw error;
  }
};

/** PostgreSQL. Statements run in a READ ONLY transaction, rows are fetched by a cursor. */
export const postgresqlDialect: SqlDialect = {
  fault,
  connecting: (access) => {
    const target = postgresTarget(access);
    return { server: target.server, open: () => open(target, access) };
  },
};
