import type { Task } from "../../config/index.js";
import type {
  JobInstanceId,
  SessionGuid,
  SessionManifest,
  SynchronizationMode,
  SynchronizationType,
  TaskInstanceId,
} from "../../model/index.js";

/** What the server hands to an agent: one task to run. Plain JSON. */
export interface AgentWork {
  readonly jobInstance: JobInstanceId;
  readonly taskInstance: TaskInstanceId;
  /** Every answer carries it; a stale one is refused (design §10). */
  readonly fence: number;
  readonly task: Task;
  /** The agent refuses work for a configuration that is not its own. */
  readonly configurationHash: string;
}

/** A session as an agent announces it, connectors §2.5. */
interface SessionAnnouncement {
  readonly connector: string;
  readonly mode: SynchronizationMode;
  readonly type: SynchronizationType;
  /** `Configuration.connectorHash` of the connector. */
  readonly mappingHash: string;
  /** Of an incremental one: where the chain stood when it was prepared (`SettledSessions.start`); null for the others. */
  readonly startsAt: SessionGuid | null;
}

/** A session as a link of the chain. */
interface SettledLink {
  readonly session: SessionGuid;
  /** `connectorHash` that it was prepared under. */
  readonly mappingHash: string;
}

/** What has become of a connector's sessions (design §7.4). */
export interface SettledSessions {
  /** The one whose application made the repository's state; null before the first. */
  readonly head: SettledLink | null;
  /** Where a session that is announced now starts: a complete one that waits to be synchronized, else the head. */
  readonly start: SettledLink | null;
  /** Those that may still be applied. */
  readonly unended: readonly SessionGuid[];
  /** The latest one with changes of the source that was handed over after `start` and not applied: its changes are to be carried on. null where there is none. */
  readonly unapplied: { readonly session: SessionGuid; readonly sequence: number } | null;
}

/**
 * The agent's one way to the server (design §2). Only JSON and the bytes of files cross it, so that HTTP can take the place of the
 * in-process link. Progress, log lines and the result go back to the runner, which runs the task.
 */
export interface AgentLink {
  /** Gives the session's GUID, and the place that the server's queue keeps for it. Throws SYNC_CHAIN_MOVED. */
  announce(announcement: SessionAnnouncement): Promise<{ readonly guid: SessionGuid; readonly sequence: number }>;
  /** Hands over one file of a session; `path` is the agent's own. Sending it again changes nothing. */
  put(guid: SessionGuid, name: string, path: string): Promise<void>;
  /** All files are there: the session may be synchronized. */
  ready(manifest: SessionManifest): Promise<void>;
  /** What has become of a connector's earlier sessions: the agent keeps its baselines and cookies by it (design §7.4). */
  settled(connector: string): Promise<SettledSessions>;
  /** Notes why the connector needs a complete run, for `status` to show until one is applied (design §7.4). */
  completeRequired(connector: string, reason: string): Promise<void>;
  /** The prepare failed: the server forgets the session and its files. */
  fail(guid: SessionGuid): Promise<void>;
}
