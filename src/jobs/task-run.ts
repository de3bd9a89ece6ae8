import type { Configuration, Task } from "../config/index.js";
import { SluiceError } from "../errors/index.js";
import type { JobInstanceId, Progress, TaskInstanceId, TaskResult, Timing } from "../model/index.js";
import type { Store } from "../store/index.js";
import { inProcessLink, isUnbuilt, type TaskKind, type TaskLog } from "../tasks/index.js";
import { asSluiceError } from "./recorded-error.js";

/** Every task has 30 minutes (design §9), and TaskTimeoutSupplement more. */
const deadlineMinutes = 30;
export const deadlineMinutesOf = ({ settings }: Pick<Configuration, "settings">): number =>
  deadlineMinutes + settings.taskTimeoutSupplementMinutes;
/**
 * How long a task that was told to end may take to do so before it is given up (ms): a worker ends at once, a file being read at its next
 * chunk.
 */
const graceMs = 30_000;
/** Progress is written at most this often (ms). */
const progressEveryMs = 2_000;

/** One start of one task. */
export interface TaskStart {
  readonly configuration: Configuration;
  readonly store: Store;
  readonly timing: Timing;
  readonly kind: TaskKind;
  readonly task: Task;
  readonly jobInstance: JobInstanceId;
  readonly taskInstance: TaskInstanceId;
  readonly fence: number;
  readonly force: boolean;
  /** For a validation: the Blocked task instance that it handles. */
  readonly validates: TaskInstanceId | null;
  /** Resolves when the tasks that this one must not run beside have ended; its deadline begins then. */
  readonly after: Promise<unknown>;
  readonly log: TaskLog;
  readonly onProgress: (progress: Progress) => void;
}

/** How a task came to its end. */
export type TaskEnd = { readonly result: TaskResult } | { readonly error: SluiceError };

/** A task that runs. */
export interface RunningTask {
  /** Never rejects. */
  readonly ended: Promise<TaskEnd>;
  /** Tells it to end now; the second Ctrl-C. */
  readonly abort: () => void;
}

/**
 * Starts a task and gives a hold on it. Its signal is aborted by `abort` and by its deadline; a task that then does not end within the
 * grace is given up: its end is reported without it, and its fence refuses what it may still write.
 */
export const startTask = (start: TaskStart): RunningTask => {
  const { kind, task, timing, configuration } = start;
  const controller = new AbortController();
  const settled = new AbortController();
  const minutes = deadlineMinutesOf(configuration);
  const deadline = new SluiceError("TASK_DEADLINE", { task: task.identifier, minutes });

  const watchDeadline = async (): Promise<void> => {
    if (isUnbuilt(kind) || !kind.hasDeadline) return;
    await timing.sleep(minutes * 60_000, settled.signal);
    if (!settled.signal.aborted) controller.abort(deadline);
  };
  const work = start.after
    .then(() => {
      controller.signal.throwIfAborted();
      void watchDeadline();
      return invoke(start, controller.signal);
    })
    .then(
      (result): TaskEnd => ({ result }),
      (error: unknown): TaskEnd => ({
        error: controller.signal.aborted && controller.signal.reason === deadline ? deadline : asSluiceError(error, task.identifier),
      }),
    );
  const givenUp = new Promise<TaskEnd>((resolve) => {
    controller.signal.addEventListener("abort", () => {
      void timing.sleep(graceMs, settled.signal).then(() => {
        const { reason } = controller.signal;
        if (!settled.signal.aborted) resolve({ error: asSluiceError(reason, task.identifier) });
      });
    });
  });
  const ended = Promise.race([work, givenUp]).finally(() => settled.abort());
  return { ended, abort: () => controller.abort(new Error(`${task.identifier} was stopped`)) };
};

const invoke = async (start: TaskStart, signal: AbortSignal): Promise<TaskResult> => {
  const { kind, task, configuration, store, timing, jobInstance, taskInstance, fence, force, validates, log } = start;
  if (isUnbuilt(kind) && task.scaffolding !== undefined) {
    const reason = `nothing was done: ${kind.later}`;
    log("info", reason, { type: task.type, scaffolding: task.scaffolding });
    return { state: "Completed", producedOutput: false, reason };
  }
  // Refused before the instance existed; a plan that was stored by a newer Sluice can still name one.
  if (isUnbuilt(kind)) throw new SluiceError("TASK_NOT_BUILT", { task: task.identifier, type: task.type, needs: kind.later });
  const shared = { configuration, clock: timing, signal, onProgress: progressWriter(start), log };
  if (kind.side === "agent") {
    const work = structuredClone({ jobInstance, taskInstance, fence, task, configurationHash: configuration.hash });
    return kind.run({ ...shared, work, link: inProcessLink(store, configuration, work) });
  }
  const context = { ...shared, jobInstance, taskInstance, fence, task, store, force };
  if (validates === null) return kind.run(context);
  if (kind.validate === undefined) throw new Error(`${kind.element} cannot block, yet it is validated`);
  return kind.validate(context, validates);
};

/** Passes progress on as it comes and writes it now and then; a write that has to wait is left out, so that no task ever waits for it. */
const progressWriter = ({
  store,
  timing,
  jobInstance,
  taskInstance,
  fence,
  onProgress,
  log,
}: TaskStart): ((progress: Progress) => void) => {
  let writtenAt = timing.now();
  let isWriting = false;
  return (progress) => {
    onProgress(progress);
    if (isWriting || timing.now() - writtenAt < progressEveryMs) return;
    writtenAt = timing.now();
    isWriting = true;
    store.records
      .progress({ jobInstance, taskInstance, fence }, progress)
      .catch((error: unknown) => {
        // A synchronization on a server writes its own end beside us: what it had told before is out of date.
        const isLate = error instanceof SluiceError && error.code === "TASK_ENDED";
        log(isLate ? "debug" : "warn", "progress could not be written", {
          problem: error instanceof Error ? error.message : String(error),
        });
      })
      .finally(() => {
        isWriting = false;
      });
  };
};
