import type { ConnectorMappings, EntityAssociation, EntityType, Transformation } from "../model/index.js";
import type { ToldState } from "./settings/notification-settings.js";
import type { Settings } from "./settings.js";
import type { XmlElement } from "./xml/element.js";

/** Where an element stands, for findings. 1-based line and column (UTF-16 units); file relative to the workspace. */
export interface ElementPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** connectors §1.2. */
export interface Connector extends ConnectorMappings {
  readonly displayName: string;
  readonly agent: string | null;
  readonly isDeactivated: boolean;
  readonly completeJob: "Used" | "NotUsed" | "OnlySynchronization" | "OnlyProvisioning";
  readonly incrementalJob: "Used" | "NotUsed" | "OnlySynchronization" | "OnlyProvisioning";
  readonly place: ElementPlace;
}

/** connectors §1.3. Its settings are in `Settings.connections`, by identifier ignoring case. */
export interface Connection {
  readonly identifier: string;
  readonly connector: string;
  readonly displayName: string;
  /** Short documented name: `CSV`, `Excel`, `AD`, `SQL.PostgreSQL`. */
  readonly package: string;
  readonly deactivation: "None" | "Export" | "Fulfill";
  /** Applied to its exported files in this order. */
  readonly transformations: readonly Transformation[];
  readonly place: ElementPlace;
}

/** One task, wherever it was written: inline, root with a Step, override (jobs-and-tasks §1). Defaults are filled in. */
export interface Task {
  /** Given, or generated as jobs-and-tasks §1 says. Unique in its job; a task that stands twice in a job keeps one identifier. */
  readonly identifier: string;
  readonly isGeneratedIdentifier: boolean;
  /** Element name: `ExportTask`. */
  readonly type: string;
  readonly displayName: string;
  /** By language number, 1–16. */
  readonly displayNames: Readonly<Record<number, string>>;
  readonly side: "agent" | "server";
  readonly agent: string | null;
  readonly openIdClient: string | null;
  readonly connector: string | null;
  readonly connection: string | null;
  readonly continueOnError: boolean;
  /** Every documented attribute of this kind, by canonical name, typed by the catalogue (string, boolean, number), defaults filled in; null where absent without default. */
  readonly attributes: Readonly<Record<string, string | number | boolean | null>>;
  readonly entityTypes: readonly string[];
  readonly resourceTypes: readonly string[];
  /** Identifiers of TaskDependsOnTask parents, in document order. */
  readonly parents: readonly string[];
  /** Element name of the scaffolding that made it (jobs-and-tasks §5); absent: written by hand. */
  readonly scaffolding?: string;
  readonly place: ElementPlace;
}

/** A task at its place in a job. */
export interface JobStep {
  readonly task: Task;
  /** As written: -1 = none. */
  readonly level: number;
}

/** jobs-and-tasks §1. */
export interface Job {
  readonly identifier: string;
  readonly displayName: string;
  readonly displayNames: Readonly<Record<number, string>>;
  readonly agent: string | null;
  readonly cron: string | null;
  readonly cronTimeZone: "UTC" | "ServerTime";
  readonly isConnectorJob: boolean;
  /** As written, or implied by an Incremental preparation (jobs-and-tasks §1). */
  readonly isIncremental: boolean;
  readonly isInitializationJob: boolean;
  readonly userStartDenied: boolean;
  /** null: not set (`None` means not set, design §3). */
  readonly logLevel: "Trace" | "Debug" | "Information" | "Warning" | "Error" | "Critical" | null;
  /** In document order. */
  readonly steps: readonly JobStep[];
  readonly place: ElementPlace;
}

/** A profile that gets a mail when a job ends in a state: the first time, or after a resume (jobs-and-tasks §3.7). */
export interface Subscription {
  readonly profile: string;
  readonly state: Exclude<ToldState, "Cancelled">;
  readonly isResumed: boolean;
}

/** A profile that somebody has, or is denied. Times as `yyyy-MM-ddTHH:mm:ss.sssZ`. */
export interface AssignedAddress {
  readonly user: string;
  readonly profile: string;
  /** null: none is given here. */
  readonly email: string | null;
  readonly isDenied: boolean;
  readonly from: string;
  readonly until: string;
}

/** Who is told when a job ends, and in which words, as far as the XML says (jobs-and-tasks §3.7, role-model §11.2, §12). Nothing that a run does depends on it. */
export interface JobNotification {
  readonly subscriptions: readonly Subscription[];
  readonly assigned: readonly AssignedAddress[];
  /** RunJobNotification; what is null has its usual form. */
  readonly template: { readonly subject: string | null; readonly body: string | null } | null;
}

/** The checked, compiled and frozen configuration. Nothing after `config` asks whether a value is there. */
export interface Configuration {
  /** Absolute path of the workspace. */
  readonly workspace: string;
  readonly settings: Settings;
  readonly connectors: ReadonlyMap<string, Connector>;
  readonly connections: ReadonlyMap<string, Connection>;
  readonly entityTypes: ReadonlyMap<string, EntityType>;
  readonly associations: ReadonlyMap<string, EntityAssociation>;
  readonly jobs: ReadonlyMap<string, Job>;
  /** Tasks at the configuration root, runnable by `run --task ID` (design §4). */
  readonly rootTasks: ReadonlyMap<string, Task>;
  readonly notification: JobNotification;
  /** Lower-case hex SHA-256 over everything above but settings that do not change what a run does. */
  readonly hash: string;
  /** Hash of what one connector's synchronization depends on: mappings, entity types, associations (design §8, resume). */
  readonly connectorHash: ReadonlyMap<string, string>;
}

/** One finding of `validate` (design §4): error or warning with place, code and sentence. */
export interface Finding {
  readonly severity: "error" | "warning";
  readonly code: string;
  readonly message: string;
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** Settings as one JSON value: keys as written, values as files and environment give them. */
export type SettingValues = Readonly<Record<string, unknown>>;

/** What a configuration was made of: enough to make it again. Holds secrets. */
export interface WorkspaceContent {
  /** Bytes of the XML files that could be read, by path relative to the workspace. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Of settings files and environment together. */
  readonly settings: SettingValues;
}

/** What one job scaffolding stands for (jobs-and-tasks §5). */
export interface Expansion {
  /** Element name: `CreateConnectorSynchroComplete`. */
  readonly scaffolding: string;
  readonly place: ElementPlace;
  /** Identifiers of the jobs that it makes. */
  readonly jobs: readonly string[];
  /** Tasks that it makes. */
  readonly tasks: number;
  /** What is left out or changes nothing, for people. */
  readonly notes: readonly string[];
  /** What stands in its place. */
  readonly elements: readonly XmlElement[];
}

/** What reading a workspace gives. `configuration` is null when a finding is an error. */
export interface LoadedWorkspace {
  readonly configuration: Configuration | null;
  /** What could be read of the settings, also where the XML has errors: enough to look at the record of jobs. null without a workspace. */
  readonly settings: Settings | null;
  /** XML files read. */
  readonly files: number;
  readonly findings: readonly Finding[];
  /** In the order of the files. */
  readonly expansions: readonly Expansion[];
  /** Documented elements that Sluice does not use, by element name, with how many (design §3: one summary line). */
  readonly accepted: ReadonlyMap<string, number>;
  /** null without a workspace. */
  readonly content: WorkspaceContent | null;
}
