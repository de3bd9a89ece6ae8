import type { Slot } from "../../model/index.js";
import type { RunOptions } from "../synchronization.js";
import type { DatabaseFacts } from "./database-status.js";
import type { UpkeepOutcome, UpkeepRequest } from "./upkeep.js";

export type Value = string | number | null;

/** A connection of maintenance's own: one statement at a time, `?` for values, which are bound; no time limit. A stop is looked for between statements. */
export interface MaintenanceConnection {
  /** Gives the rows affected. */
  run(sql: string, ...values: Value[]): Promise<number>;
  all(sql: string, ...values: Value[]): Promise<Value[][]>;
  /** Runs one statement without values as it stands, DDL too. */
  execute(sql: string): Promise<void>;
  /** Runs `work` in one transaction that holds the writer from its start (design §10); commits, or rolls back when it throws. */
  transaction<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A statement that may take long, and what it does, for a person. */
export interface LongStatement {
  readonly step: string;
  readonly sql: string;
}

/** A view of the database whose name begins with `zz_`. */
export interface ExistingView {
  readonly name: string;
  /** Its text; null where the login may not read it. */
  readonly definition: string | null;
}

/** A filtered index over the current rows of one entity type, by one slot. */
export interface KeyIndex {
  /** Number of the entity type. */
  readonly type: number;
  readonly slot: Slot;
  /** By the type's mapping key, not only by a key that links look up. */
  readonly isMappingKey: boolean;
}

/** What differs between the databases in looking after them. */
export interface MaintenanceDialect {
  readonly kind: "sqlite" | "mssql";
  /** What messages call the database. */
  readonly database: string;
  /** Longest name of a view or column. */
  readonly longestName: number;
  /** Throws DB_*. */
  open(options: RunOptions): Promise<MaintenanceConnection>;
  /** The error for a person, where the driver's is known. */
  failure(error: unknown): unknown;
  /** Runs each in a transaction of its own that holds the writer, off this thread where the driver would block it. */
  runLong(statements: readonly LongStatement[], options: RunOptions): Promise<void>;
  /** A name as it stands in a statement, whatever it holds. */
  quote(name: string): string;
  /** A text as it stands in a statement. */
  text(value: string): string;
  /** A column that holds a time (`yyyy-MM-ddTHH:mm:ss.sssZ`) as the database's own type of time, where it has one. */
  asTime(column: string): string;
  /** `SELECT … ORDER BY …` cut to its first rows. */
  first(count: number, select: string): string;
  /** Names of all tables, as the database spells them. */
  tables(connection: MaintenanceConnection): Promise<readonly string[]>;
  views(connection: MaintenanceConnection): Promise<readonly ExistingView[]>;
  /** Names of the indexes of UR_Resources, as the database spells them. */
  resourceIndexes(connection: MaintenanceConnection): Promise<readonly string[]>;
  /** The name that a synchronization gives such an index (`key-index.ts` of the dialect). */
  indexName(index: KeyIndex): string;
  createIndex(index: KeyIndex): string;
  dropIndex(name: string): string;
  facts(connection: MaintenanceConnection): Promise<DatabaseFacts>;
  upkeep(request: UpkeepRequest, options: RunOptions): Promise<UpkeepOutcome>;
}
