import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DatabaseSync } from "@photostructure/sqlite";
import { SluiceError } from "../../../errors/index.js";
import { confinedPath } from "../../confined-path.js";
import { badConnectionString, type Keywords, readKeywords } from "../keywords.js";
import {
  batchRows,
  oneLine,
  plainSelect,
  SeveralResults,
  type SqlAccess,
  type SqlColumn,
  type SqlDialect,
  type SqlFault,
  type SqlSession,
} from "../session.js";
import { isSeveralStatements } from "../statement-words.js";
import { binary } from "../value.js";

/** How long a writer of another program is waited for (ms). */
const busyTimeoutMs = 10_000;

const keywords: Keywords<"file"> = {
  schemes: [],
  known: { file: "datasource filename database" },
  withoutEffect:
    "mode cache version foreignkeys recursivetriggers defaulttimeout commandtimeout pooling readonly journalmode synchronous failifmissing vfs",
  refused: {},
};

/** The file of `sqlite:<path>`, `Data Source=<path>;…`, a `file:` address or a bare path. */
const fileOf = ({ source, connectionString, workspace, folders }: SqlAccess): string => {
  const text = connectionString.trim();
  const path = /^sqlite:/i.test(text)
    ? text.slice("sqlite:".length).replace(/^\/\/(?=\/)/, "")
    : text.includes("=")
      ? (readKeywords(source, text, keywords).get("file") ?? "")
      : text;
  if (path === "" || /^:memory:/i.test(path)) return badConnectionString(source, "it names no file: write sqlite:<path>");
  const plain = /^file:\/\//i.test(path) ? fileURLToPath(path) : path;
  return folders.length === 0 ? resolve(workspace, plain) : confinedPath(`the database of ${source}`, plain, workspace, folders);
};

type Database = InstanceType<typeof DatabaseSync>;
type Statement = ReturnType<Database["prepare"]>;

class SqliteSession implements SqlSession {
  /** Statements whose rows are being read: the driver ends the rows of one that became garbage. */
  private readonly reading = new Set<Statement>();

  constructor(
    private readonly database: Database,
    private readonly isReading: boolean,
  ) {}

  async query(text: string) {
    // Only its first statement would run, the others would be passed over without a word.
    if (isSeveralStatements(text)) throw new SeveralResults();
    const statement = this.database.prepare(text);
    const columns = statement.columns();
    if (columns.length === 0) return null;
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    return { columns: columns.map(({ name, type }) => columnOf(name, type)), batches: this.batches(statement) };
  }

  private async *batches(statement: Statement): AsyncGenerator<readonly (readonly unknown[])[]> {
    this.reading.add(statement);
    let batch: unknown[][] = [];
    for (const row of statement.iterate() as Iterable<unknown[]>) {
      batch.push(row);
      if (batch.length < batchRows) continue;
      yield batch;
      batch = [];
      // Whoever wants this to end is heard in between.
      await new Promise((next) => setImmediate(next));
    }
    if (batch.length > 0) yield batch;
    this.reading.delete(statement);
  }

  async execute(text: string): Promise<void> {
    this.database.exec(text);
  }

  async select(name: string, columns: readonly string[]): Promise<string> {
    return plainSelect(name, columns, (part) => `"${part.replaceAll('"', '""')}"`);
  }

  async cancel(): Promise<void> {
    // Between two rows nothing runs.
  }

  async finish(): Promise<void> {
    this.database.exec(this.isReading ? "ROLLBACK" : "COMMIT");
  }

  async close(): Promise<void> {
    if (this.database.isOpen) this.database.close();
  }
}

/** A value has the type it was stored with, whatever its column says; only a column declared as truth makes 0 and 1 false and true. */
const columnOf = (name: string, type: string | null): SqlColumn => {
  const isTruth = /^bool(ean)?$/i.test(type ?? "");
  return {
    name,
    text: (value) => {
      if (value instanceof Uint8Array) return binary(value);
      if (isTruth && (value === 0n || value === 1n)) return value === 1n ? "true" : "false";
      return String(value);
    },
  };
};

/** SQLite says in English words what it also has numbers for, which the driver does not always pass on. */
const meanings: readonly (readonly [RegExp, SqlFault["kind"]])[] = [
  [/no such (table|column|function|module)|has no column/i, "name"],
  [/readonly database|attempt to write/i, "writes"],
  [/database (table )?is locked|busy/i, "busy"],
  [/unable to open|disk I\/O|not a database|malformed/i, "unreachable"],
];

const fault = (error: unknown): SqlFault | null => {
  const { code } = error as { code?: unknown };
  if (typeof code !== "string" || !code.startsWith("ERR_SQLITE")) return null;
  const reason = oneLine(error);
  return { kind: meanings.find(([pattern]) => pattern.test(reason))?.[1] ?? "statement", reason };
};

/** Files of SQLite. They are opened read-only, and no other file can be attached. */
export const sqliteDialect: SqlDialect = {
  fault,
  connecting: (access) => {
    const file = fileOf(access);
    const isReading = access.mode === "read";
    return {
      server: file,
      open: async () => {
        if (!existsSync(file)) throw new SluiceError("SRC_FILE_MISSING", { file }, { place: { file } });
        const database = new DatabaseSync(file, {
          readOnly: isReading,
          timeout: busyTimeoutMs,
          enableDoubleQuotedStringLiterals: false,
          limits: { attach: 0 },
        });
        try {
          database.exec(isReading ? "PRAGMA query_only = ON; BEGIN" : "BEGIN IMMEDIATE");
        } catch (error) {
          database.close();
          throw error;
        }
        return new SqliteSession(database, isReading);
      },
    };
  },
};
