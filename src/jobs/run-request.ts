import { userInfo } from "node:os";
import type { Configuration } from "../config/index.js";
import type { Timing } from "../model/index.js";
import { type ProcessIdentity, type Store, type StoredPlan, thisProcess } from "../store/index.js";
import type { TaskRegistry } from "../tasks/index.js";
import type { ConnectorMode } from "./connector-job.js";
import type { LogLevel } from "./job-log.js";
import type { OnRunEvent } from "./run-event.js";

/** A job or a part of it, or one root task without a job (design §4); a documented tool's own task counts as one (`ToolTask`). */
export type RunTarget =
  | {
      readonly job: string;
      readonly from?: string | undefined;
      readonly to?: string | undefined;
      readonly task?: string | undefined;
      /** Of a connector's own job (jobs-and-tasks §5.4): the mode it is launched in; `task` is then a task's identifier or the end of it. */
      readonly mode?: ConnectorMode | undefined;
      /** Only tasks whose identifier contains this text (jobs-and-tasks §4.1). */
      readonly contains?: string | undefined;
    }
  | {
      readonly rootTask: string;
      /** The name may be that of an instance which applies a plan or turns something back: nobody else starts one, who has not checked the whole of it. */
      readonly isChangeSet?: true;
      /** What the plan that it applies was made of. */
      readonly plannedOf?: StoredPlan["plannedOf"] | undefined;
    };

/** What starting and resuming have in common. */
export interface RunSurroundings {
  readonly configuration: Configuration;
  readonly store: Store;
  /** Who asks: `startedBy()` gives it for a person at a terminal. */
  readonly startedBy: string;
  readonly reason?: string | undefined;
  /** `--log-level`; else the job's, else Information. */
  readonly logLevel?: LogLevel | undefined;
  /** First Ctrl-C: the running tasks end, none starts; a wait for the database or for locks ends before anything was started. */
  readonly cancel?: AbortSignal | undefined;
  /**
   * The program is asked to end: the running tasks end, none starts, and the instance ends Aborted with the signal's reason where that is a text, so that a resume takes it up. A wait for the
   * database or for locks ends before anything was started.
   */
  readonly halt?: AbortSignal | undefined;
  /** Second Ctrl-C: the running tasks are aborted. The signal's reason, where it is a text, is noted with the instance. */
  readonly stop?: AbortSignal | undefined;
  readonly onEvent?: OnRunEvent | undefined;
  readonly registry?: TaskRegistry | undefined;
  readonly timing?: Timing | undefined;
  readonly process?: ProcessIdentity | undefined;
}

/** Any of the signals: what ends a wait before there is anything to stop. */
export const endOfWait = ({ cancel, halt, stop }: Pick<RunSurroundings, "cancel" | "halt" | "stop">): AbortSignal =>
  AbortSignal.any([cancel, halt, stop].filter((signal) => signal !== undefined));

/** The text that a signal was aborted with; null where there is none. */
export const reasonOf = (signal: AbortSignal | undefined): string | null =>
  typeof signal?.reason === "string" && signal.reason !== "" ? signal.reason : null;

/** `<user>@<host>`. */
export const startedBy = (): string => `${userInfo().username}@${thisProcess().host}`;
