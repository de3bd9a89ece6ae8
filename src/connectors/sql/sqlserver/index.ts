import { Request } from "tedious";
import { readConnectionString } from "../../../model/index.js";
import { errorCodes, errorNumbers, errorText, ServerConnection, type SqlServerTarget, sqlServerTarget } from "../../../sqlserver/index.js";
import type { IsolationLevel } from "../dbms.js";
import { badConnectionString } from "../keywords.js";
import {
  plainSelect,
  quotedTable,
  SeveralResults,
  type SqlAccess,
  type SqlDialect,
  type SqlFault,
  type SqlResult,
  type SqlSession,
} from "../session.js";
import { socketFault } from "../socket.js";
import { changingKeyword } from "../statement-words.js";
import { type ColumnMetadata, columnOf, isLongDecimal } from "./column.js";
import { RowQueue } from "./row-queue.js";

const isolation: Readonly<Record<IsolationLevel, string>> = {
  ReadUncommitted: "READ UNCOMMITTED",
  ReadCommitted: "READ COMMITTED",
  RepeatableRead: "REPEATABLE READ",
  Serializable: "SERIALIZABLE",
  Snapshot: "SNAPSHOT",
};

const quoted = (part: string): string => `[${part.replaceAll("]", "]]")}]`;

/** A statement that would write, told before it was sent. */
class WritingStatement extends Error {}

/** How long a request that was asked to end is waited for (ms). */
const attentionMs = 5_000;

/** A request whose answer is not read to its end. */
interface RunningRequest {
  readonly ended: Promise<void>;
  readonly drop: () => void;
}

class SqlServerSession implements SqlSession {
  private running: RunningRequest | null = null;

  constructor(
    private readonly connection: ServerConnection,
    private readonly isReading: boolean,
  ) {}

  query(text: string): Promise<SqlResult | null> {
    const keyword = this.isReading ? changingKeyword(text) : null;
    if (keyword !== null) throw new WritingStatement(`it holds ${keyword}`);
    return new Promise((resolve, reject) => {
      let isAnswered = false;
      let ended = (): void => {};
      const request = new Request(text, (error) => {
        this.running = null;
        ended();
        queue.end(error ?? (results > 1 ? new SeveralResults() : null));
        if (isAnswered) return;
        if (error === null || error === undefined) resolve(null);
        else reject(error);
      });
      const queue = new RowQueue(request);
      let results = 0;
      request.on("columnMetadata", (columns) => {
        results++;
        if (results > 1) return;
        isAnswered = true;
        resolve({ columns: (columns as unknown as readonly ColumnMetadata[]).map(columnOf), batches: queue.batches() });
      });
      request.on("row", (cells: readonly { readonly value: unknown }[]) => {
        if (results === 1) queue.add(cells.map(({ value }) => value));
      });
      this.running = {
        ended: new Promise((done) => {
          ended = done;
        }),
        drop: () => queue.drop(),
      };
      this.connection.execSqlBatch(request);
    });
  }

  async execute(text: string): Promise<void> {
    // As sqlcmd has it, GO on a line of its own ends a batch.
    for (const batch of text.split(/^[ \t]*GO[ \t]*;?[ \t]*$/im)) {
      if (batch.trim() === "") continue;
      const ended = run(this.connection, batch);
      this.running = { ended: ended.catch(() => undefined), drop: () => undefined };
      await ended;
      this.running = null;
    }
  }

  /** Long decimals are made text by the server: the driver would round them. */
  async select(name: string, columns: readonly string[]): Promise<string> {
    const found = await columnsOf(this.connection, plainSelect(name, columns, quoted).replace(/^SELECT/, "SELECT TOP 0"));
    const list = columns.map((column, i) =>
      found[i] !== undefined && isLongDecimal(found[i])
        ? `CONVERT(nvarchar(50), ${quoted(column)}, 2) AS ${quoted(column)}`
        : quoted(column),
    );
    return `SELECT ${list.join(", ")} FROM ${quotedTable(name, quoted)}`;
  }

  /** Waits until the server has heard it: a connection that is closed before sends nothing, and the driver fails over the rest of an answer. */
  async cancel(): Promise<void> {
    const { running } = this;
    if (running === null) return;
    running.drop();
    this.connection.cancel();
    let timer: NodeJS.Timeout | null = null;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, attentionMs);
    });
    await Promise.race([running.ended, enough]);
    if (timer !== null) clearTimeout(timer);
    this.running = null;
  }

  async finish(): Promise<void> {
    await run(this.connection, `IF @@TRANCOUNT > 0 ${this.isReading ? "ROLLBACK" : "COMMIT"}`);
  }

  async close(): Promise<void> {
    await this.cancel();
    this.connection.close();
  }
}

const run = (connection: ServerConnection, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    connection.execSqlBatch(new Request(text, (error) => (error === null || error === undefined ? resolve() : reject(error))));
  });

const columnsOf = (connection: ServerConnection, text: string): Promise<readonly ColumnMetadata[]> =>
  new Promise((resolve, reject) => {
    let found: readonly ColumnMetadata[] = [];
    const request = new Request(text, (error) => (error === null || error === undefined ? resolve(found) : reject(error)));
    request.on("columnMetadata", (columns) => {
      found = columns as unknown as readonly ColumnMetadata[];
    });
    connection.execSqlBatch(request);
  });

/** By the server's number (`sys.messages`); the first of this list that is among those sent. */
const byNumber: readonly (readonly [SqlFault["kind"], readonly number[]])[] = [
  // Cannot open the database; not there; no user in it; default database; wrong login; untrusted domain; disabled; locked out; expired; to be changed.
  ["login", [4060, 911, 916, 4064, 18456, 18452, 18470, 18486, 18487, 18488, 18461]],
  // On an object, a column, in a database, on the server; VIEW STATE; to do this.
  ["permission", [229, 230, 262, 297, 300, 371]],
  // Object, column, multi-part name, procedure, schema not there; invalid use of a name.
  ["name", [208, 207, 4104, 2812, 2760, 195, 1088]],
  // The database, a copy, or the transaction is only read.
  ["writes", [3906, 3908, 978]],
  // Deadlock victim; lock wait timeout; snapshot conflict.
  ["busy", [1205, 1222, 3960]],
  // Single-user mode; restoring; offline; starting; too busy.
  ["unreachable", [924, 927, 942, 945, 979, 17142, 40613]],
  // The session was killed; the connection is broken.
  ["lost", [596, 233]],
];

const lostCodes: ReadonlySet<string> = new Set(["ECLOSE", "ECONNCLOSED", "EINVALIDSTATE"]);

const fault = (error: unknown): SqlFault | null => {
  if (error instanceof WritingStatement) return { kind: "writes", reason: error.message };
  const numbers = errorNumbers(error);
  const codes = errorCodes(error);
  for (const [kind, known] of byNumber) {
    const number = known.find((each) => numbers.includes(each));
    if (number !== undefined) return { kind, reason: errorText(error, number) };
  }
  if (codes.includes("EENCRYPT")) return { kind: "tls", reason: "the server offers no encryption; Encrypt=Optional goes without" };
  if (codes.includes("EINSTLOOKUP")) {
    return { kind: "unreachable", reason: "the instance is not known to its SQL Server Browser on UDP port 1434, or that does not answer" };
  }
  const socket = socketFault(error);
  if (socket !== null) return socket;
  if (codes.includes("ELOGIN") || codes.includes("EFEDAUTH")) return { kind: "login", reason: errorText(error) };
  if (codes.includes("ETIMEOUT")) return { kind: "unreachable", reason: "no answer in time" };
  if (codes.some((code) => lostCodes.has(code))) return { kind: "lost", reason: "it closed the connection" };
  if (codes.includes("ESOCKET")) return { kind: "unreachable", reason: errorText(error) };
  return numbers.length > 0 ? { kind: "statement", reason: errorText(error, numbers[0]) } : null;
};

const open = async ({ configuration }: SqlServerTarget, access: SqlAccess): Promise<SqlSession> => {
  const connection = new ServerConnection({
    ...configuration,
    // The caller has a time limit of its own; text and binary values are taken whole, however long.
    options: { ...configuration.options, requestTimeout: 0, useUTC: true, textsize: 2_147_483_647 },
  });
  await new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
  try {
    const level = access.isolation === null ? "" : `SET TRANSACTION ISOLATION LEVEL ${isolation[access.isolation]}; `;
    await run(connection, `SET XACT_ABORT ON; ${level}BEGIN TRANSACTION`);
    return new SqlServerSession(connection, access.mode === "read");
  } catch (error) {
    connection.close();
    throw error;
  }
};

/** SQL Server. Statements that write are refused where that can be told; all run in a transaction that is rolled back. */
export const sqlServerDialect: SqlDialect = {
  fault,
  connecting: (access) => {
    const { values, problem } = readConnectionString(access.connectionString, "source");
    const target = sqlServerTarget(values ?? badConnectionString(access.source, problem));
    return { server: target.server, open: () => open(target, access) };
  },
};
