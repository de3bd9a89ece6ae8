import type { MssqlCapabilities } from "../mssql/capabilities.js";
import type { RecordFacts } from "./record-facts.js";

interface SchemaFacts {
  /** Migrations that this program would make. */
  readonly missing: readonly string[];
  /** Migrations of a newer program. */
  readonly unknown: readonly string[];
}

/** What only a server has. Each null: it does not tell, or the login may not ask. */
export interface ServerFacts {
  readonly capabilities: MssqlCapabilities;
  /** Its clock minus this machine's (ms), and by how much that may be wrong, since the answer travels. */
  readonly clock: { readonly skew: number; readonly uncertainty: number };
  /** Bytes of the data files that may still be used: free in them, or by growth up to their limit; null: they grow without a limit of their own. */
  readonly room: number | null;
  readonly log: { readonly bytes: number; readonly waitsFor: string | null } | null;
  /** Text columns of our tables whose collation does not compare by bytes. */
  readonly wrongCollations: readonly { readonly column: string; readonly collation: string }[];
}

/** A database as `sluice doctor` finds it. Nothing is changed by looking. */
export interface DatabaseInspection {
  /** What messages call it. */
  readonly database: string;
  /** Why it could not be looked at, or not to the end: a SluiceError where the cause is known; null when all was seen. */
  readonly failure: unknown;
  readonly isReachable: boolean;
  /** null: no table of ours is there. */
  readonly schema: SchemaFacts | null;
  readonly size: number | null;
  /** What SQLite's quick check found; empty: nothing. null: not asked. */
  readonly damage: readonly string[] | null;
  readonly server: ServerFacts | null;
  readonly records: RecordFacts | null;
  /** Open resources of all types. */
  readonly resources: number | null;
}

export const nothingSeen = (database: string, failure: unknown): DatabaseInspection => ({
  database,
  failure,
  isReachable: false,
  schema: null,
  size: null,
  damage: null,
  server: null,
  records: null,
  resources: null,
});

/** Rows by column name. */
export type Ask = (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;
