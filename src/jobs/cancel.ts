import { SluiceError } from "../errors/index.js";
import { isRunning } from "../model/index.js";
import { type AbortedInstance, instanceLock, type JobInstance, type Store, thisProcess } from "../store/index.js";
import { blockedTasks, dropStaged, stagedSetHash } from "./staged-set.js";

export interface CancelRequest {
  readonly store: Store;
  readonly jobInstance: number;
  readonly by: string;
  readonly reason?: string | undefined;
  /** Told of instances that were found dead on the way. */
  readonly onDead?: ((aborted: readonly AbortedInstance[]) => void) | undefined;
  /** Ends a wait for the database. */
  readonly signal?: AbortSignal | undefined;
}

export type CancelOutcome =
  /** It runs: its runner lets the running tasks end and starts none. */
  | { readonly outcome: "requested" }
  /** It was blocked: its staged changes are dropped. `dropped` names the tasks that had staged them. */
  | { readonly outcome: "closed"; readonly dropped: readonly string[] };

/**
 * Cancels a running instance by a row that its runner looks for, or closes a blocked one and drops what it staged (design §4, §10).
 * An Errored or Aborted instance with a Blocked task keeps its state; its task becomes Cancelled.
 * Throws JOB_INSTANCE_UNKNOWN, JOB_ENDED (exit 64), LOCK_JOB_HELD, JOB_CHANGED_MEANWHILE, JOB_WAIT_ENDED (75).
 */
export const cancelInstance = async ({ store, jobInstance, by, reason, onDead, signal }: CancelRequest): Promise<CancelOutcome> => {
  const aborted = await store.records.abortDead({ isPatient: true, signal });
  onDead?.(aborted);
  const runner = thisProcess();
  const found = await findInstance(store, jobInstance);
  if (isRunning(found.state) && (await store.records.requestCancel(found.id, by, runner.host, reason ?? null, signal))) {
    return { outcome: "requested" };
  }
  // It may have ended, or blocked, at this moment.
  const instance = await findInstance(store, jobInstance);
  const blocked = await blockedTasks(store, jobInstance);
  if (isRunning(instance.state) || blocked.length === 0) {
    throw new SluiceError("JOB_ENDED", { jobInstance, job: instance.job, state: instance.state });
  }

  const setHash = await stagedSetHash(store, instance.id);
  const { holders, held } = await store.records.take(
    {
      instance,
      runner,
      locks: [instanceLock(instance.id)],
      validations: [],
      decisions: blocked.map(({ id }) => ({ taskInstance: id, decision: "cancel", takenBy: by, reason: reason ?? null, setHash })),
    },
    signal,
  );
  const [holder] = holders;
  if (holder !== undefined) throw new SluiceError("LOCK_JOB_HELD", holder);
  // Dropped first: a closing that dies in between is done again, rows staged for nobody would stay for ever.
  for (const { id } of blocked) await dropStaged(store, held, id);
  const message = `cancelled by ${by}`;
  await store.records.advance(held, {
    ...(instance.state === "Blocked" ? { state: "Cancelled", message } : { releasesLocks: true }),
    tasks: blocked.map(({ id }) => ({ id, state: "Cancelled", producedOutput: false, message })),
  });
  return { outcome: "closed", dropped: blocked.map(({ task }) => task) };
};

const findInstance = async (store: Store, jobInstance: number): Promise<JobInstance> => {
  const instance = await store.records.find(jobInstance);
  if (instance === null) throw new SluiceError("JOB_INSTANCE_UNKNOWN", { jobInstance });
  return instance;
};
