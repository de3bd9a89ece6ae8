export interface MigrationRequest {
  /** Shows the statements and changes nothing. */
  readonly dryRun: boolean;
  /** Makes the database where it is missing, and sets its isolation. */
  readonly create: boolean;
}

/** What `database migrate` did, or would do. */
export interface MigrationOutcome {
  readonly database: string;
  /** Names of the migrations that were missing, in their order. */
  readonly migrations: readonly string[];
  /** The database itself was made, or would be. */
  readonly created: boolean;
  /** In a dry run every statement in its order; else empty. */
  readonly statements: readonly string[];
  /** The copy of the file made before; SQLite only. */
  readonly copy: string | null;
  /** What a person should know or do. */
  readonly notes: readonly string[];
}
