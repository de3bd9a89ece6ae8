import { SluiceError } from "../errors/index.js";
import { isRunning } from "../model/index.js";
import type { HeldInstance, Store, TaskChange } from "../store/index.js";
import { type JobLog, jobLogPath, type LogLevel, openJobLog } from "./job-log.js";
import { heldBy, isLost, isWaitEnded } from "./lease.js";
import { notifyEnd } from "./notification/index.js";
import { type RunReport, reportOf } from "./report.js";
import type { OnRunEvent } from "./run-event.js";
import type { RunSurroundings } from "./run-request.js";

/**
 * Surrounds the driving of an instance that this process holds: its log, its events, its report, who is told of its end, and that it is not left running when
 * something unforeseen fails (its log cannot be written, say), since nobody would find it dead while this process lives.
 */
export const whileHeld = async (
  request: RunSurroundings,
  instance: { readonly name: string; readonly held: HeldInstance; readonly logLevel: LogLevel | null },
  work: (log: JobLog, onEvent: OnRunEvent) => Promise<void>,
): Promise<RunReport> => {
  const { configuration, store } = request;
  const { name, held } = instance;
  let log: JobLog | null = null;
  try {
    const path = jobLogPath(configuration, name, held.id);
    log = openJobLog(path, request.logLevel ?? instance.logLevel ?? "Information", configuration.settings.secrets);
    await work(log, withoutFault(request.onEvent, log));
    const report = await reportOf(store, held.id);
    await tellOfEnd(request, report, log);
    return report;
  } catch (error) {
    if (!isLost(error) && !isWaitEnded(error)) {
      await leaveEnded(store, held, error instanceof Error ? error.message : String(error));
      const report = await reportOf(store, held.id).catch(() => null);
      if (report !== null) await tellOfEnd(request, report, log);
    }
    if (isWaitEnded(error)) throw new SluiceError("JOB_END_UNRECORDED", { jobInstance: held.id, holders: heldBy(error) }, { cause: error });
    throw error;
  } finally {
    log?.close();
  }
};

/** Of an instance that this process lost tells who found it so. */
const tellOfEnd = ({ configuration, store, timing, stop }: RunSurroundings, report: RunReport, log: JobLog | null): Promise<void> =>
  notifyEnd({ configuration, store, report, timing, signal: stop, ...(log === null ? {} : { log }) });

/** Who watches a run never ends it: what goes wrong while an event is shown is noted, and the run goes on. */
const withoutFault = (onEvent: OnRunEvent | undefined, log: JobLog): OnRunEvent => {
  if (onEvent === undefined) return () => undefined;
  return (event) => {
    try {
      onEvent(event);
    } catch (error) {
      log.write("error", "an event could not be shown", { event: event.kind, problem: String(error) });
    }
  };
};

const leaveEnded = async (store: Store, held: HeldInstance, message: string): Promise<void> => {
  try {
    const instance = await store.records.find(held.id);
    if (instance === null || !isRunning(instance.state)) return;
    // As for a runner that died: a validation that never began must not be found open by the next resume.
    const tasks = (await store.records.tasks(held.id)).flatMap(({ id, state, isValidation }): TaskChange[] => {
      if (state === "InProgress") return [{ id, state: "Aborted", producedOutput: false }];
      return isValidation && state === "NotStarted" ? [{ id, state: "Cancelled", producedOutput: false }] : [];
    });
    await store.records.advance(held, { state: "Aborted", message, tasks });
  } catch {
    // The record itself cannot be written: the first error is the one to tell of.
  }
};
