import type { NotificationSettings } from "./settings/notification-settings.js";
import type { RetentionSettings } from "./settings/retention-settings.js";
import type { SchedulerSettings } from "./settings/scheduler-settings.js";
import type { ServiceSettings } from "./settings/service-settings.js";

/** Settings of one connection: keys as documented (connectors §4), compared ignoring case; values as JSON had them. */
export type ConnectionSettings = Readonly<Record<string, unknown>>;

/** appsettings.json and appsettings.agent.json with environment overrides applied (design §3, connectors §5). */
export interface Settings {
  /** `sqlite` with an absolute path, or SQL Server by its connection string. */
  readonly database: { readonly kind: "sqlite"; readonly path: string } | { readonly kind: "mssql"; readonly connectionString: string };
  /** Absolute. */
  readonly workFolder: string;
  /** Absolute. */
  readonly tempFolder: string;
  /** Jobs.MaxTaskBatchSize, default 5. */
  readonly maxTaskBatchSize: number;
  /** Scheduler.MaxLockWatchTime in seconds, default 1800; 0 for ever, negative not at all (design §10). */
  readonly maxLockWatchSeconds: number;
  readonly scheduler: SchedulerSettings;
  readonly service: ServiceSettings;
  readonly retention: RetentionSettings;
  readonly notification: NotificationSettings;
  /** TaskTimeoutSupplement in minutes, default 0, on top of 30. */
  readonly taskTimeoutSupplementMinutes: number;
  /** SourcesRootPaths: absolute folders that sources must lie in; empty = anywhere. */
  readonly sourcesRootPaths: readonly string[];
  /** `Databases`: connection strings of InvokeSqlCommandTask, by name in lower case. */
  readonly databases: ReadonlyMap<string, string>;
  /** `InvokeSqlCommands`: paths that take the place of a task's, by its identifier in lower case. */
  readonly sqlCommands: ReadonlyMap<string, { readonly inputFile: string | null; readonly outputPath: string | null }>;
  /** By connection identifier in lower case. */
  readonly connections: ReadonlyMap<string, ConnectionSettings>;
  /** Texts to mask in whatever leaves: values of keys named Password, Secret, Key, Token, ConnectionString (connectors §8). */
  readonly secrets: readonly string[];
}
