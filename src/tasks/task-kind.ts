import type { Configuration, Task } from "../config/index.js";
import type { Clock, JobInstanceId, OnProgress, TaskInstanceId, TaskResult } from "../model/index.js";
import type { Store } from "../store/index.js";
import type { AgentLink, AgentWork } from "./agent/agent-link.js";

/** A line for the job's log. Secrets are masked when it is written. */
export type TaskLog = (level: "debug" | "info" | "warn", message: string, details?: Readonly<Record<string, unknown>>) => void;

/** What every running task gets. */
interface TaskContext {
  readonly configuration: Configuration;
  readonly clock: Clock;
  /** Aborted when the task is stopped or its deadline passed; the task then ends as soon as it can, leaving nothing half done. */
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  readonly log: TaskLog;
}

/** What an agent-side task gets: its work, its own configuration, and one way to the server (design §2). No store. */
export interface AgentTaskContext extends TaskContext {
  readonly work: AgentWork;
  readonly link: AgentLink;
}

export interface ServerTaskContext extends TaskContext {
  readonly jobInstance: JobInstanceId;
  readonly taskInstance: TaskInstanceId;
  readonly fence: number;
  readonly task: Task;
  readonly store: Store;
  /** `run --force`: thresholds are computed and shown, not enforced. */
  readonly force: boolean;
}

interface KindOfTask {
  /** Element name: `ExportTask`. */
  readonly element: string;
  /** One line of what it does, for a person. */
  readonly summary: string;
}

interface BuiltTaskKind extends KindOfTask {
  /** False: it may run as long as it needs (design §9). */
  readonly hasDeadline: boolean;
  /** What this task needs that is not built yet, as the end of a sentence (`it needs …`); null when it can run. */
  readonly refusal: (task: Task, configuration: Configuration) => string | null;
  /** What a thread of it loads, worth doing before it is its turn; absent where it has none. */
  readonly modules?: (task: Task, configuration: Configuration) => readonly URL[];
}

export interface AgentTaskKind extends BuiltTaskKind {
  readonly side: "agent";
  /** Throws what makes the task Errored (or Warning, by ContinueOnError). */
  readonly run: (context: AgentTaskContext) => Promise<TaskResult>;
}

export interface ServerTaskKind extends BuiltTaskKind {
  readonly side: "server";
  readonly run: (context: ServerTaskContext) => Promise<TaskResult>;
  /** Passes the gate by a person's decision: applies what the Blocked task instance staged (jobs-and-tasks §3.5). */
  readonly validate?: (context: ServerTaskContext, blocked: TaskInstanceId) => Promise<TaskResult>;
}

/** A documented task that waits for its feature: it validates and plans, and a run that selects it is refused by name. */
export interface UnbuiltTaskKind extends KindOfTask {
  readonly side: "agent" | "server";
  /** The end of a sentence: `it needs …`. */
  readonly later: string;
}

export type TaskKind = AgentTaskKind | ServerTaskKind | UnbuiltTaskKind;
/** Kinds by element name. */
export type TaskRegistry = ReadonlyMap<string, TaskKind>;

export const isUnbuilt = (kind: TaskKind): kind is UnbuiltTaskKind => "later" in kind;
