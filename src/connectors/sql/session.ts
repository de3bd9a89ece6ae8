import type { Dbms, IsolationLevel } from "./dbms.js";

/** Which database, and how it is used. Plain data: it is handed to a thread. */
export interface SqlAccess {
  /** What errors call it: `connection HR`. */
  readonly source: string;
  readonly dbms: Dbms;
  readonly connectionString: string;
  /** Absolute: relative paths of files start there. */
  readonly workspace: string;
  /** Absolute folders that a database file may lie in; empty: anywhere. */
  readonly folders: readonly string[];
  /** Null: the server's own. */
  readonly isolation: IsolationLevel | null;
  /** `read`: nothing is written, whatever the statement says. `write`: one transaction, committed at the end. */
  readonly mode: "read" | "write";
}

/** A column of a result. */
export interface SqlColumn {
  readonly name: string;
  /** The text of a value that is not null. Throws UnreadableValue. */
  readonly text: (value: unknown) => string;
}

/** Rows come in batches, as fast as they are taken; null and undefined are null. */
export interface SqlResult {
  readonly columns: readonly SqlColumn[];
  readonly batches: AsyncIterable<readonly (readonly unknown[])[]>;
}

/** An open connection, in its transaction. Errors are the driver's own. */
export interface SqlSession {
  /** Runs a statement and gives its one result; null where it gives none. A second result throws SeveralResults, at the latest when the first one was read. */
  query(statement: string): Promise<SqlResult | null>;
  /** Runs statements that give no rows; what rows they give is dropped. */
  execute(statements: string): Promise<void>;
  /** A SELECT of these columns of a table; `name` may have a schema before a dot. */
  select(name: string, columns: readonly string[]): Promise<string>;
  /** Ends what runs on the server. May fail. */
  cancel(): Promise<void>;
  /** Ends the transaction: `write` commits, `read` writes nothing. */
  finish(): Promise<void>;
  /** Gives the connection back, however it is. Never fails. */
  close(): Promise<void>;
}

/** A database that can be connected to. */
export interface SqlConnecting {
  /** What messages call it: host and port, or a file. */
  readonly server: string;
  /** Connects, signs in, and begins the transaction. */
  open(): Promise<SqlSession>;
}

/** What an error of a driver means. */
export interface SqlFault {
  readonly kind: "unreachable" | "login" | "tls" | "name" | "permission" | "writes" | "busy" | "lost" | "statement";
  /** What the server said, on one line. */
  readonly reason: string;
}

/** What differs between systems. */
export interface SqlDialect {
  /** Reads the connection string. Throws SRC_SQL_CONNECTION_STRING and other errors of settings. */
  connecting(access: SqlAccess): SqlConnecting;
  /** Null: the error is not the driver's. */
  fault(error: unknown): SqlFault | null;
}

/** Rows that are taken at a time: a few hundred keep driver and disk busy and the memory flat. */
export const batchRows = 500;

/** A value has no exact text. */
export class UnreadableValue extends Error {}
/** A statement gives more than one result. */
export class SeveralResults extends Error {}

/** A table's name with every part quoted: `dbo.Users` is a table in a schema. */
export const quotedTable = (name: string, quote: (part: string) => string): string => name.split(".").map(quote).join(".");

/** `SELECT a, b FROM t`. */
export const plainSelect = (name: string, columns: readonly string[], quote: (part: string) => string): string =>
  `SELECT ${columns.map(quote).join(", ")} FROM ${quotedTable(name, quote)}`;

/** What a driver says, on one line. */
export const oneLine = (error: unknown): string =>
  (error instanceof Error && error.message !== "" ? error.message : String((error as { code?: unknown })?.code ?? error))
    .replace(/\s+/g, " ")
    .trim();
