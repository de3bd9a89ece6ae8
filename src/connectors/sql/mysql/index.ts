import type { Readable } from "node:stream";
import mysql, { type Connection, type FieldPacket } from "mysql2";
import type { IsolationLevel } from "../dbms.js";
import {
  batchRows,
  oneLine,
  plainSelect,
  SeveralResults,
  type SqlAccess,
  type SqlColumn,
  type SqlDialect,
  type SqlFault,
  type SqlResult,
  type SqlSession,
} from "../session.js";
import { socketFault } from "../socket.js";
import { binary, instant, localTime } from "../value.js";
import { type MysqlTarget, mysqlTarget } from "./target.js";

/** MySQL has no SNAPSHOT; its REPEATABLE READ reads one moment. */
const isolation: Readonly<Record<IsolationLevel, string>> = {
  ReadUncommitted: "READ UNCOMMITTED",
  ReadCommitted: "READ COMMITTED",
  RepeatableRead: "REPEATABLE READ",
  Serializable: "SERIALIZABLE",
  Snapshot: "REPEATABLE READ",
};

/** Named exports of a CommonJS module are not all found by Node. */
const { createConnection, Types } = mysql;

const quoted = (part: string): string => `\`${part.replaceAll("`", "``")}\``;

/** Runs one statement whose rows nobody reads. */
const run = (connection: Connection, sql: string): Promise<void> =>
  new Promise((resolve, reject) => connection.query(sql, (error) => (error === null ? resolve() : reject(error))));

class MysqlSession implements SqlSession {
  constructor(
    private readonly connection: Connection,
    private readonly target: MysqlTarget,
    private readonly isReading: boolean,
  ) {}

  query(text: string): Promise<SqlResult | null> {
    // Bytes as they come: what they are in text says the column.
    const query = this.connection.query({ sql: text, rowsAsArray: true, typeCast: false });
    const stream = query.stream({ highWaterMark: batchRows });
    return new Promise((resolve, reject) => {
      let isAnswered = false;
      let results = 0;
      const failed = (error: unknown): void => {
        if (isAnswered) stream.destroy(error as Error);
        else reject(error);
      };
      // A procedure answers its SELECT and then that it is done, which has no fields.
      stream.on("fields", (fields: readonly FieldPacket[] | undefined) => {
        if (fields === undefined) return;
        results++;
        if (results > 1) return failed(new SeveralResults());
        isAnswered = true;
        resolve({ columns: fields.map(columnOf), batches: batches(stream) });
      });
      stream.once("error", failed);
      // A connection that ends is told to itself only, not to the query that runs on it.
      this.connection.on("error", failed);
      stream.once("close", () => this.connection.off("error", failed));
      stream.once("end", () => {
        if (!isAnswered) resolve(null);
      });
      // Without fields nobody reads it to its end.
      stream.once("result", () => {
        if (!isAnswered) stream.resume();
      });
    });
  }

  async execute(text: string): Promise<void> {
    await run(this.connection, text);
  }

  async select(name: string, columns: readonly string[]): Promise<string> {
    return plainSelect(name, columns, quoted);
  }

  /** Asked for over a connection of its own: this one is waiting for its answer. */
  async cancel(): Promise<void> {
    const { threadId } = this.connection;
    if (!Number.isInteger(threadId)) return;
    const other = await connected(this.target, false);
    try {
      await run(other, `KILL QUERY ${threadId}`);
    } finally {
      other.destroy();
    }
  }

  async finish(): Promise<void> {
    await run(this.connection, this.isReading ? "ROLLBACK" : "COMMIT");
  }

  async close(): Promise<void> {
    this.connection.destroy();
  }
}

async function* batches(stream: Readable): AsyncGenerator<readonly (readonly unknown[])[]> {
  let batch: unknown[][] = [];
  for await (const row of stream as AsyncIterable<unknown>) {
    // What a procedure says at its end is no row.
    if (!Array.isArray(row)) continue;
    batch.push(row);
    if (batch.length < batchRows) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** The character set of bytes that are no text. */
const binaryCharset = 63;
const bytesOf: ReadonlySet<number> = new Set([
  Types.TINY_BLOB,
  Types.MEDIUM_BLOB,
  Types.LONG_BLOB,
  Types.BLOB,
  Types.VAR_STRING,
  Types.STRING,
  Types.VARCHAR,
]);

const columnOf = (field: FieldPacket): SqlColumn => {
  const { name, characterSet } = field as { name: string; characterSet: number };
  const type = field.columnType ?? field.type;
  const isTruth = type === Types.TINY && field.columnLength === 1;
  const text = (value: unknown): string => {
    const bytes = value as Buffer;
    if (type === Types.BIT) return bitText(bytes, field.columnLength ?? 0);
    if (type === Types.GEOMETRY || (bytesOf.has(type ?? -1) && characterSet === binaryCharset)) return binary(bytes);
    const written = bytes.toString("utf8");
    if (type === Types.TIMESTAMP) return instant(`${written}Z`);
    if (type === Types.DATETIME) return localTime(written);
    // BOOLEAN is TINYINT(1).
    if (isTruth && (written === "0" || written === "1")) return written === "1" ? "true" : "false";
    return written;
  };
  return { name, text };
};

/** BIT(1) is a truth, a longer one the number that its bits make. */
const bitText = (bytes: Buffer, length: number): string => {
  const number = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  return length === 1 ? String(number === 1n) : String(number);
};

const connected = async ({ configuration, tls, secure }: MysqlTarget, isSeveral: boolean): Promise<Connection> => {
  const attempt = (isSecure: boolean): Promise<Connection> =>
    new Promise((resolve, reject) => {
      const connection = createConnection({ ...configuration, multipleStatements: isSeveral, ...(isSecure ? { ssl: secure } : {}) });
      // What comes after a failed connect, or while nothing is asked of it, finds no listener otherwise and would end the process.
      connection.on("error", () => undefined);
      connection.connect((error) => {
        if (error === null) return resolve(connection);
        connection.destroy();
        reject(error);
      });
    });
  if (tls === "disabled") return attempt(false);
  try {
    return await attempt(true);
  } catch (error) {
    if (tls === "preferred" && (error as { code?: unknown }).code === withoutTls) return attempt(false);
    throw error;
  }
};

const withoutTls = "HANDSHAKE_NO_SSL_SUPPORT";

/** Numbers of the server's errors. */
const byNumber: readonly (readonly [SqlFault["kind"], readonly number[]])[] = [
  // Access denied for the user, to the database; unknown database; without password; account locked; password expired.
  ["login", [1045, 1044, 1049, 1698, 3118, 1862, 1820]],
  // On a table, a column, a routine; needs a privilege.
  ["permission", [1142, 1143, 1370, 1227]],
  // Table, column, function, procedure not there.
  ["name", [1146, 1054, 1305, 1630, 1051, 1109]],
  // In a read-only transaction; the server is read-only.
  ["writes", [1792, 1290, 1836]],
  // Deadlock; lock wait timeout.
  ["busy", [1213, 1205]],
  // Too many connections; host blocked or not allowed.
  ["unreachable", [1040, 1129, 1130, 1203]],
  // Server shutdown; the connection was killed.
  ["lost", [1053, 1927, 1152]],
];

const fault = (error: unknown): SqlFault | null => {
  if (!(error instanceof Error)) return null;
  const { errno, code, sqlState } = error as { errno?: unknown; code?: unknown; sqlState?: unknown };
  const reason = oneLine(error);
  if (code === withoutTls) return { kind: "tls", reason: "the server offers none" };
  if (code === "HANDSHAKE_SSL_ERROR") return { kind: "tls", reason };
  if (typeof errno === "number" && errno >= 1000 && (sqlState !== undefined || errno < 4000)) {
    return { kind: byNumber.find(([, numbers]) => numbers.includes(errno))?.[0] ?? "statement", reason };
  }
  const socket = socketFault(error);
  if (socket !== null) return socket;
  return typeof code === "string" && /^(PROTOCOL_|HANDSHAKE_)/.test(code) ? { kind: "lost", reason } : null;
};

const open = async (target: MysqlTarget, access: SqlAccess): Promise<SqlSession> => {
  const isReading = access.mode === "read";
  const connection = await connected(target, !isReading);
  try {
    await run(connection, "SET time_zone = '+00:00'");
    if (access.isolation !== null) await run(connection, `SET SESSION TRANSACTION ISOLATION LEVEL ${isolation[access.isolation]}`);
    // For the session as well: a statement that ends the transaction by itself, such as DROP TABLE, would write otherwise (MariaDB).
    if (isReading) await run(connection, "SET SESSION TRANSACTION READ ONLY");
    await run(connection, isReading ? "START TRANSACTION READ ONLY" : "START TRANSACTION");
    return new MysqlSession(connection, target, isReading);
  } catch (error) {
    connection.destroy();
    throw error;
  }
};

/** MySQL and MariaDB. Statements run in a READ ONLY transaction, rows are taken as they come. */
export const mysqlDialect: SqlDialect = {
  fault,
  connecting: (access) => {
    const target = mysqlTarget(access);
    return { server: target.server, open: () => open(target, access) };
  },
};
