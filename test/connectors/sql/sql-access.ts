import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runSql } from "../../../src/connectors/sql/run.js";
import type { SqlAccess } from "../../../src/connectors/sql/session.js";
import type { SqlOutcome, SqlStatement, SqlWork } from "../../../src/connectors/sql/work.js";
import { SluiceError } from "../../../src/errors/index.js";

/** Runs statements against a database in this thread. */
export interface SqlBench {
  readonly folder: string;
  run(
    statements: readonly SqlStatement[],
    more?: Partial<Omit<SqlWork, "access">>,
    access?: Partial<SqlAccess>,
    signal?: AbortSignal,
  ): Promise<SqlOutcome>;
  /** The file that one query becomes. */
  csv(text: string, access?: Partial<SqlAccess>): Promise<string>;
  /** The error that one query ends with. */
  error(text: string, more?: Partial<Omit<SqlWork, "access">>, access?: Partial<SqlAccess>): Promise<SluiceError>;
}

export const outputIn = (folder: string): string => join(folder, "out", "HR.csv");
export const query = (text: string, folder: string): SqlStatement => ({ kind: "query", text, output: outputIn(folder) });

export const sqlBench = (folder: string, own: Pick<SqlAccess, "dbms" | "connectionString">): SqlBench => {
  const run: SqlBench["run"] = (statements, more = {}, access = {}, signal = new AbortController().signal) =>
    runSql(
      {
        access: { source: "connection HR", workspace: folder, folders: [], isolation: "ReadUncommitted", mode: "read", ...own, ...access },
        statements,
        timeoutSeconds: null,
        manifest: null,
        step: "exporting HR",
        ...more,
      },
      { signal, onProgress: () => {} },
    );
  return {
    folder,
    run,
    csv: async (text, access) => {
      await run([query(text, folder)], {}, access);
      return readFileSync(outputIn(folder), "utf8");
    },
    error: async (text, more, access) => {
      try {
        await run([query(text, folder)], more, access);
      } catch (error) {
        if (error instanceof SluiceError) return error;
        throw error;
      }
      throw new Error("it ended well");
    },
  };
};
