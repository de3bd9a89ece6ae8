import type { SqlAccess } from "./session.js";

/** What is asked of a database, in one transaction. Plain data: it is handed to a thread. */
export interface SqlWork {
  readonly access: SqlAccess;
  readonly statements: readonly SqlStatement[];
  /** Seconds that a statement may take, its rows included; null: as long as the task. */
  readonly timeoutSeconds: number | null;
  /** What manifests of the files say; null: they have none. */
  readonly manifest: { readonly jobInstance: number; readonly taskInstance: number; readonly startedAt: string } | null;
  /** What it does, for a person: `exporting HR`. */
  readonly step: string;
}

export type SqlStatement =
  /** One statement whose rows become a file. */
  | { readonly kind: "query"; readonly text: string; readonly output: string }
  /** These columns of a table become a file. */
  | { readonly kind: "table"; readonly table: string; readonly columns: readonly string[]; readonly output: string }
  /** Statements that give no rows. */
  | { readonly kind: "command"; readonly text: string };

export interface SqlOutcome {
  /** Rows written, of all files together. */
  readonly rows: number;
  /** Absolute paths, in the order of their statements. */
  readonly files: readonly string[];
}
