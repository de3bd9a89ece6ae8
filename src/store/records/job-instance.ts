import { type JobInstanceId, type JobState, jobInstanceId, type SkipReason } from "../../model/index.js";
import type { LockHolder } from "./lock.js";
import type { ProcessIdentity } from "./process-identity.js";
import { parsed } from "./stored-json.js";

/** One task of the plan as it stood when the instance began (`PlannedTask` of the task graph). */
interface StoredTask {
  readonly taskKey: string;
  readonly rank: number;
  readonly hash: string;
}

/** What an instance was started with: enough to compile its graph again and to tell whether it is still the same (design §8). */
export interface StoredPlan {
  /** A job, or one root task without a job. */
  readonly kind: "job" | "rootTask";
  /** `--from`, `--to`, `--task` of the run, `--task-string-contains` of the documented tool, and the mode of a connector's own job. */
  readonly selection: {
    readonly from?: string;
    readonly to?: string;
    readonly task?: string;
    readonly contains?: string;
    readonly mode?: "Complete" | "Incremental";
  } | null;
  /** Of an instance that applies a plan: what was rehearsed to make it. `connector`: of a connector's own job. */
  readonly plannedOf?: Pick<StoredPlan, "kind" | "selection"> & { readonly job: string; readonly connector: string | null };
  readonly tasks: readonly StoredTask[];
  /** `Configuration.connectorHash` of the connectors whose locks the instance holds. */
  readonly connectorHashes: Readonly<Record<string, string>>;
  /** Tasks left out from the start, by key. Known once the locks are held. */
  readonly leftOut: Readonly<Record<string, LeftOutReason>>;
  /** The same for a person. */
  readonly leftOutMessages?: Readonly<Record<string, string>>;
}

export type LeftOutReason = Extract<SkipReason, "connectorBlocked" | "connectorDeactivated">;
export type Trigger = "CommandLine" | "Scheduler";

/** A row of `UJ_JobInstances`. Times are `yyyy-MM-ddTHH:mm:ss.sssZ`. */
export interface JobInstance {
  readonly id: JobInstanceId;
  /** The job's identifier, or the root task's. */
  readonly job: string;
  readonly state: JobState;
  readonly startedAt: string;
  /** When it ended or blocked; null while it runs. */
  readonly endedAt: string | null;
  readonly trigger: Trigger;
  readonly startedBy: string;
  readonly runner: ProcessIdentity;
  /** Grows with every taking by a runner; a write that carries an older one is refused. */
  readonly fence: number;
  /** Until when its runner counts as alive to those who cannot see its process, on the database's clock; null when nobody runs or closes it. */
  readonly leaseUntil: string | null;
  readonly configurationHash: string;
  readonly planHash: string;
  readonly plan: StoredPlan;
  readonly force: boolean;
  readonly reason: string | null;
  readonly waitingFor: readonly LockHolder[];
  readonly message: string | null;
  readonly cancelRequestedAt: string | null;
  readonly cancelRequestedBy: string | null;
  readonly cancelReason: string | null;
  /** Why the program that runs it was asked to end; null where it was not. */
  readonly haltReason: string | null;
  /** From 1; each resume makes another one. */
  readonly attempt: number;
}

export type Row = Readonly<Record<string, unknown>>;

export const textOrNull = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));

export const jobInstanceOf = (row: Row): JobInstance => ({
  id: jobInstanceId(Number(row.Id)),
  job: String(row.Job),
  state: String(row.State) as JobState,
  startedAt: String(row.StartDate),
  endedAt: textOrNull(row.EndDate),
  trigger: String(row.Trigger) as Trigger,
  startedBy: String(row.StartedBy),
  runner: { host: String(row.Host), pid: Number(row.Pid), processStart: String(row.ProcessStart) },
  fence: Number(row.Fence),
  leaseUntil: textOrNull(row.LeaseUntil),
  configurationHash: String(row.ConfigurationHash),
  planHash: String(row.PlanHash),
  plan: JSON.parse(String(row.Plan)) as StoredPlan,
  force: Number(row.Force) !== 0,
  reason: textOrNull(row.Reason),
  waitingFor: parsed<readonly LockHolder[]>(row.WaitingFor) ?? [],
  message: textOrNull(row.Message),
  cancelRequestedAt: textOrNull(row.CancelRequestedAt),
  cancelRequestedBy: textOrNull(row.CancelRequestedBy),
  cancelReason: textOrNull(row.CancelReason),
  haltReason: textOrNull(row.HaltReason),
  attempt: Number(row.Attempt),
});
