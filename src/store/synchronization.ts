import type {
  ConnectorMappings,
  EntityAssociation,
  EntityType,
  JobInstanceId,
  OnProgress,
  SessionGuid,
  SessionManifest,
  SynchronizeCounters,
  TaskInstanceId,
  ThresholdResult,
} from "../model/index.js";

/** All that the repository must know of the configuration; plain data that crosses to a worker thread. */
export interface RepositoryModel {
  readonly entityTypes: readonly EntityType[];
  readonly associations: readonly EntityAssociation[];
  /** Every connector, since a change of one may close or heal links of another (design §7.6). */
  readonly connectors: readonly ConnectorMappings[];
}

export interface SynchronizeRequest {
  readonly jobInstance: JobInstanceId;
  readonly taskInstance: TaskInstanceId;
  /** The instance's fence: refused when another runner holds the instance by now (design §10). */
  readonly fence: number;
  readonly session: SessionManifest;
  /** `Work/Synchronization/<guid>`. */
  readonly folder: string;
  readonly model: RepositoryModel;
  /** `connectorHash` of the configuration, kept with the head of the chain. */
  readonly mappingHash: string;
  /** Thresholds are computed and shown, not enforced (`run --force`, ForceSynchronization). */
  readonly force: boolean;
  /** Keep the rows as `applied` for SetRecentlyModifiedFlag (DoNotDeleteChanges). */
  readonly keepChanges: boolean;
  /** Write unresolved links to `<folder>/orphans.csv` too (Orphans). */
  readonly orphans: boolean;
}

export interface SynchronizeOutcome {
  readonly state: "Applied" | "Blocked";
  readonly counters: SynchronizeCounters;
  readonly thresholds: readonly ThresholdResult[];
  /** Why it blocked, beginning `Threshold Exceeded`; when applied, what could not be written beside it, else null. */
  readonly message: string | null;
  /** At least one change was applied. */
  readonly changed: boolean;
  /** Job instances whose staged rows this run replaced (design §8). */
  readonly replaced: readonly JobInstanceId[];
  /** Sentences for a person: commands of an incremental session that found nothing to work on. */
  readonly notes: readonly string[];
}

/** A session that only exists to be tried (design §7.9): nothing of the record of jobs knows it. */
export interface RehearseRequest {
  /** Complete or Initial with sorted files, or Incremental with deltas. */
  readonly session: SessionManifest;
  /** Absolute: where its files are. */
  readonly folder: string;
  readonly model: RepositoryModel;
  readonly mappingHash: string;
  /** Go on to the next request although this one would be stopped by its thresholds. */
  readonly force: boolean;
  /**
   * Absolute: a file to write all changes to, one a line, for a plan. The next request is tried on top of this one then, also where its gate would stop: a plan is applied one
   * session after the other.
   */
  readonly planFile?: string;
}

/** One change that a rehearsal would make. */
export interface RehearsedChange {
  readonly scope: "resource" | "link";
  /** Entity type, or association. */
  readonly identifier: string;
  readonly command: "insert" | "update" | "delete";
  /** The mapping key; of a link key 1 and key 2. */
  readonly keys: readonly string[];
  /** By column of the mapping (by slot where no column feeds it): before and after. Empty for links. */
  readonly values: Readonly<Record<string, readonly [string | null, string | null]>>;
}

export interface RehearsedSession {
  readonly connector: string;
  /** `Passed`, `Blocked`; `NotReached`: an earlier one of the list would have stopped. */
  readonly state: "Passed" | "Blocked" | "NotReached";
  readonly counters: SynchronizeCounters;
  readonly thresholds: readonly ThresholdResult[];
  readonly message: string | null;
  readonly notes: readonly string[];
  /** The first ones, at most `rehearsedChanges` of resources and of links. */
  readonly changes: readonly RehearsedChange[];
  /** What a plan needs of it besides; where `planFile` was asked for. */
  readonly planned?: PlannedSession;
}

/** A rehearsed session whose changes were written to a file. */
export interface PlannedSession {
  /** The session that the repository stood at; null before the first. */
  readonly head: string | null;
  readonly mappingHash: string;
  /** Mappings whose complete file had no rows. */
  readonly emptyMappings: readonly string[];
  /** Lines in the file. */
  readonly lines: number;
}

/** What applying a plan and undoing have in common: a set of changes that no session of files brings, in a session of its own. */
export interface ChangeSetRequest {
  readonly jobInstance: JobInstanceId;
  readonly taskInstance: TaskInstanceId;
  readonly fence: number;
  readonly connector: string;
  /** GUID of the session that is made for it, the one that the chain stands at afterwards. */
  readonly session: SessionGuid;
  /** Absolute: the session's folder, where unresolved links are listed. */
  readonly folder: string;
  readonly model: RepositoryModel;
  readonly mappingHash: string;
  readonly force: boolean;
  readonly keepChanges: boolean;
  /** Why the connector's next run has to be a complete one, as the end of a sentence: no files hold the state that is made here. */
  readonly completeRequired: string;
}

export interface ApplyPlanRequest extends ChangeSetRequest {
  /** Absolute path of the plan. */
  readonly plan: string;
  /** What its SHA-256 begins with. */
  readonly planHash: string;
  /** Number of the section, from 0. */
  readonly section: number;
}

export interface UndoRequest extends ChangeSetRequest {
  /** The task instance that versions and links name as the one that changed them. */
  readonly undone: TaskInstanceId;
}

/** An undo that is only tried. */
export type UndoRehearsal = Pick<UndoRequest, "undone" | "connector" | "model" | "mappingHash">;

/** Sets of changes that come from a plan or from the history instead of a session's files. */
export interface ChangeSets {
  /**
   * Stages exactly what a section of a plan says, checks the thresholds and applies, as `synchronize` does. Throws SYNC_PLAN_MOVED, SYNC_PLAN_ALTERED, SYNC_CONNECTOR_BLOCKED; then
   * nothing is left behind.
   */
  applyPlan(request: ApplyPlanRequest, options: RunOptions): Promise<SynchronizeOutcome>;
  /**
   * Stages what turns back the changes of a task instance, from the history, checks the thresholds and applies. Throws SYNC_UNDO_HISTORY, SYNC_UNDO_CONFLICT,
   * SYNC_CONNECTOR_BLOCKED; then nothing is left behind.
   */
  undo(request: UndoRequest, options: RunOptions): Promise<SynchronizeOutcome>;
  /** Tries one undo after the other, each on what the former would leave, and takes all of it back. Throws SYNC_UNDO_HISTORY, SYNC_UNDO_CONFLICT. Thresholds are not asked. */
  rehearseUndo(requests: readonly UndoRehearsal[], options: RunOptions): Promise<void>;
}

/** How many changes of each scope a rehearsal shows: a screen or two for a person; files hold the rest. */
export const rehearsedChanges = 1_000;

export interface ResumeRequest {
  readonly jobInstance: JobInstanceId;
  /** The validation's own task instance: the one that the versions will name. */
  readonly taskInstance: TaskInstanceId;
  /** The blocked task instance that owns the staged rows. */
  readonly blocked: TaskInstanceId;
  /** Folder of the blocked session, where its unresolved links are listed. */
  readonly folder: string;
  readonly orphans: boolean;
  readonly fence: number;
  readonly model: RepositoryModel;
  readonly mappingHash: string;
  readonly keepChanges: boolean;
  /** As in `ChangeSetRequest`; absent for a session of files. */
  readonly completeRequired?: string;
}

export interface DropRequest {
  readonly jobInstance: JobInstanceId;
  /** The blocked task instance that owns the staged rows. */
  readonly taskInstance: TaskInstanceId;
  /** Under which the instance was taken to be closed, or is run. */
  readonly fence: number;
}

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/** The seam between synchronization and the repository: sets, not cursors (design §2). */
export interface SynchronizationStore {
  /**
   * Stages all differences between a session's files and the repository, checks the thresholds and applies, in one transaction; when a
   * threshold is exceeded the staged rows are committed and nothing is applied. Session, head of the chain, counters and end state of the task
   * instance are written in the same transaction. Throws SYNC_* and DB_* errors; then nothing is left behind.
   */
  synchronize(request: SynchronizeRequest, options: RunOptions): Promise<SynchronizeOutcome>;
  /** Applies exactly the staged set of a blocked task instance (design §8). Throws SYNC_CONFLICT when a `before` no longer holds. */
  resume(request: ResumeRequest, options: RunOptions): Promise<SynchronizeOutcome>;
  /**
   * Tries sessions one after the other, each on what the former would leave, and undoes all of it (design §7.9). Throws as `synchronize` does.
   * SQLite and SQL Server hold the writer meanwhile.
   */
  rehearse(requests: readonly RehearseRequest[], options: RunOptions): Promise<readonly RehearsedSession[]>;
  /** Lower-case hex SHA-256 over the staged set of a task instance, in a fixed order: what `--expect` is compared with. */
  setHash(taskInstance: TaskInstanceId): Promise<string>;
  /** Drops the staged rows of a task instance and marks its session cancelled (cancel). Throws SYNC_FENCE_STALE. */
  drop(request: DropRequest): Promise<void>;
  readonly changeSets: ChangeSets;
}
