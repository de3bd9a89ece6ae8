import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { SluiceError } from "../../errors/index.js";
import type { OnProgress } from "../../model/index.js";
import { canonicalRow, manifestPath, OutputFile, writeManifest } from "../../sync/index.js";
import type { Dbms } from "./dbms.js";
import {
  SeveralResults,
  type SqlColumn,
  type SqlDialect,
  type SqlFault,
  type SqlResult,
  type SqlSession,
  UnreadableValue,
} from "./session.js";
import type { SqlOutcome, SqlStatement, SqlWork } from "./work.js";

/** Loaded when they are used: each driver takes a while. */
const dialects: Readonly<Record<Dbms, () => Promise<SqlDialect>>> = {
  SQLServer: async () => (await import("./sqlserver/index.js")).sqlServerDialect,
  PostgreSQL: async () => (await import("./postgresql/index.js")).postgresqlDialect,
  MySQL: async () => (await import("./mysql/index.js")).mysqlDialect,
  SQLite: async () => (await import("./sqlite/index.js")).sqliteDialect,
};

/** How long a server is asked to end a statement before its connection is cut (ms). */
const cancelMs = 5_000;

interface Tools {
  /** Aborted with the error that is thrown then. */
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/**
 * Does what is asked of a database. Files that were there before go first; the new ones get their names when all of them are whole, and none
 * is left after a failure (design §5). Memory does not grow with the rows (design §7.10).
 * @throws SRC_SQL_…, SRC_FILE_MISSING, SRC_PATH_OUTSIDE, SRC_WRITE_FAILED, the signal's reason
 */
export const runSql = async (work: SqlWork, tools: Tools): Promise<SqlOutcome> => {
  const outputs = work.statements.flatMap((statement) => (statement.kind === "command" ? [] : [statement.output]));
  const removeOutput = (): void => {
    for (const path of outputs) for (const file of [path, manifestPath(path)]) rmSync(file, { force: true });
  };
  for (const path of outputs) mkdirSync(dirname(path), { recursive: true });
  removeOutput();
  try {
    return await new SqlRun(await dialects[work.access.dbms](), work, tools).run();
  } catch (error) {
    removeOutput();
    throw error;
  }
};

/** A file whose rows are all written, and not yet its name. */
interface Written {
  readonly output: OutputFile;
  readonly rows: number;
}

class SqlRun {
  private server = "";
  private rows = 0;
  private readonly written: Written[] = [];

  constructor(
    private readonly dialect: SqlDialect,
    private readonly work: SqlWork,
    private readonly tools: Tools,
  ) {}

  async run(): Promise<SqlOutcome> {
    const { work, tools } = this;
    try {
      const session = await this.open();
      try {
        for (const statement of work.statements) await this.runWithin(session, statement);
        await this.named(raced(session.finish(), tools.signal));
      } finally {
        await session.close();
      }
      for (const { output, rows } of this.written) this.finish(output, rows);
      return { rows: this.rows, files: this.written.map(({ output }) => output.path) };
    } finally {
      for (const { output } of this.written) output.discard();
    }
  }

  private async open(): Promise<SqlSession> {
    const { access } = this.work;
    const connecting = this.dialect.connecting(access);
    this.server = connecting.server;
    const opening = connecting.open();
    try {
      return await raced(opening, this.tools.signal);
    } catch (error) {
      // It may come yet.
      opening.then(
        (session) => session.close(),
        () => undefined,
      );
      throw this.meaningOf(error, true);
    }
  }

  /** Runs one statement within its time. */
  private async runWithin(session: SqlSession, statement: SqlStatement): Promise<void> {
    const { access, timeoutSeconds } = this.work;
    const limit = new AbortController();
    const timer =
      timeoutSeconds === null
        ? null
        : setTimeout(
            () => limit.abort(new SluiceError("SRC_SQL_TIMEOUT", { source: access.source, seconds: timeoutSeconds })),
            timeoutSeconds * 1000,
          );
    const signal = AbortSignal.any([this.tools.signal, limit.signal]);
    try {
      await this.named(this.runStatement(session, statement, signal));
    } catch (error) {
      if (signal.aborted) await atMost(session.cancel(), cancelMs);
      throw error;
    } finally {
      if (timer !== null) clearTimeout(timer);
    }
  }

  private async runStatement(session: SqlSession, statement: SqlStatement, signal: AbortSignal): Promise<void> {
    if (statement.kind === "command") return raced(session.execute(statement.text), signal);
    const text = statement.kind === "table" ? await raced(session.select(statement.table, statement.columns), signal) : statement.text;
    const result = await raced(session.query(text), signal);
    if (result === null) throw new SluiceError("SRC_SQL_NO_RESULT", { source: this.work.access.source });
    await this.write(result, statement.output, signal);
  }

  private async write({ columns, batches }: SqlResult, path: string, signal: AbortSignal): Promise<void> {
    const { tools, work } = this;
    this.checkNames(columns);
    const output = new OutputFile(path);
    const before = this.rows;
    const iterator = batches[Symbol.asyncIterator]();
    try {
      output.appendText(canonicalRow(columns.map(({ name }) => name)));
      for (;;) {
        const { value, done } = await raced(iterator.next(), signal);
        if (done === true) break;
        output.appendText(value.map((row) => this.line(columns, row, ++this.rows - before)).join(""));
        tools.onProgress({ step: work.step, rows: this.rows });
      }
      this.written.push({ output, rows: this.rows - before });
    } catch (error) {
      output.discard();
      throw error;
    }
  }

  private line(columns: readonly SqlColumn[], row: readonly unknown[], number: number): string {
    return canonicalRow(
      columns.map((column, i) => {
        const value = row[i];
        if (value === null || value === undefined) return "";
        try {
          const text = column.text(value);
          if (!text.isWellFormed()) throw new UnreadableValue("half a character (an unpaired surrogate), which no UTF-8 file can hold");
          return text;
        } catch (error) {
          if (!(error instanceof UnreadableValue)) throw error;
          const { source } = this.work.access;
          throw new SluiceError("SRC_SQL_VALUE", { source, row: number, column: column.name, problem: error.message }, { cause: error });
        }
      }),
    );
  }

  private checkNames(columns: readonly SqlColumn[]): void {
    const { source } = this.work.access;
    const seen = new Set<string>();
    for (const [i, { name }] of columns.entries()) {
      if (name === "") throw new SluiceError("SRC_SQL_COLUMN", { source, position: i + 1, problem: "has no name" });
      if (seen.has(name)) {
        throw new SluiceError("SRC_SQL_COLUMN", { source, position: i + 1, problem: `has the name "${name}", as one before it` });
      }
      seen.add(name);
    }
  }

  private finish(output: OutputFile, rows: number): void {
    const { manifest } = this.work;
    output.finish(({ bytes, sha256 }) => {
      if (manifest === null) return;
      const { jobInstance, taskInstance, startedAt } = manifest;
      // The manifest is there before its file: a file without one is taken for another program's.
      writeManifest(output.path, {
        format: 1,
        jobInstance,
        taskInstance,
        rows,
        bytes,
        sha256,
        source: this.server,
        sourceSize: 0,
        sourceModified: startedAt,
      });
    });
  }

  private async named<T>(promise: Promise<T>): Promise<T> {
    try {
      return await promise;
    } catch (error) {
      throw this.meaningOf(error, false);
    }
  }

  /** The error for a person; what is neither ours nor the driver's stays as it is. */
  private meaningOf(error: unknown, isOpening: boolean): unknown {
    if (error instanceof SluiceError) return error;
    const { source } = this.work.access;
    if (error instanceof SeveralResults) return new SluiceError("SRC_SQL_RESULTS", { source }, { cause: error });
    const fault = this.dialect.fault(error);
    return fault === null ? error : this.faultError(isOpening && fault.kind === "lost" ? { ...fault, kind: "unreachable" } : fault, error);
  }

  private faultError({ kind, reason }: SqlFault, cause: unknown): SluiceError {
    const { source } = this.work.access;
    const { server, rows } = this;
    switch (kind) {
      case "unreachable":
        return new SluiceError("SRC_SQL_UNREACHABLE", { source, server, reason }, { cause });
      case "login":
        return new SluiceError("SRC_SQL_LOGIN", { source, server, reason }, { cause });
      case "tls":
        return new SluiceError("SRC_SQL_TLS", { source, server, reason }, { cause });
      case "name":
        return new SluiceError("SRC_SQL_NAME", { source, reason }, { cause });
      case "permission":
        return new SluiceError("SRC_SQL_PERMISSION", { source, reason }, { cause });
      case "writes":
        return new SluiceError("SRC_SQL_WRITES", { source, reason }, { cause });
      case "busy":
        return new SluiceError("SRC_SQL_BUSY", { source, reason }, { cause });
      case "lost":
        return new SluiceError("SRC_SQL_LOST", { source, server, rows, reason }, { cause });
      case "statement":
        return new SluiceError("SRC_SQL_STATEMENT", { source, reason }, { cause });
    }
  }
}

/** The promise, or the signal's reason as soon as it is aborted; what comes of the promise then is dropped. */
const raced = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });

/** Waits for something that may fail or never come. */
const atMost = async (promise: Promise<void>, milliseconds: number): Promise<void> => {
  let timer: NodeJS.Timeout | null = null;
  await Promise.race([
    promise.catch(() => undefined),
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
    }),
  ]);
  if (timer !== null) clearTimeout(timer);
};
