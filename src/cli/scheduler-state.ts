import type { Configuration } from "../config/index.js";
import type { ScheduleAlarm, SchedulerRecord, Store } from "../store/index.js";
import type { Invocation } from "./command.js";
import { hintedCommand } from "./hint.js";
import { formatNoun, formatTime, printable } from "./terminal/index.js";

/** What a person must know of the schedule (jobs-and-tasks §3.8): due runs that did not start, and whether somebody starts them at all. */
export type SchedulerAlarm =
  | ({ readonly kind: "runNotStarted" } & ScheduleAlarm)
  /** Jobs have a schedule, and no scheduler lives. `since`: the last sign of one; null where none is known. */
  | { readonly kind: "noScheduler"; readonly since: string | null; readonly jobs: number }
  | { readonly kind: "schedulerDisabled"; readonly jobs: number }
  | {
      readonly kind: "configurationRefused";
      readonly at: string;
      readonly errors: number;
      readonly first: string | null;
      readonly inForceSince: string;
    };

export interface SchedulerView {
  readonly alarms: readonly SchedulerAlarm[];
  readonly schedulers: readonly SchedulerRecord[];
}

/** The refusal as a scheduler wrote it: a configuration source's own words. */
interface Refusal {
  readonly at?: string;
  readonly findings?: readonly { readonly severity: string; readonly message: string; readonly file?: string }[];
}

/** Of all jobs, or of one and what concerns all. Without a database there is nothing to say. */
export const schedulerView = async (
  store: Store | null,
  { settings }: Pick<Configuration, "settings">,
  job: string | null,
): Promise<SchedulerView> => {
  if (store === null) return { alarms: [], schedulers: [] };
  const schedulers = await store.schedules.schedulers();
  const scheduled = [...(await store.schedules.all()).values()].filter(({ schedule }) => schedule !== "").length;
  const alive = schedulers.filter(({ isAlive }) => isAlive);
  const alarms: SchedulerAlarm[] = [];
  if (scheduled > 0 && !settings.scheduler.isEnabled) alarms.push({ kind: "schedulerDisabled", jobs: scheduled });
  else if (scheduled > 0 && alive.length === 0) {
    const since =
      schedulers
        .map(({ seenAt }) => seenAt)
        .sort()
        .at(-1) ?? null;
    alarms.push({ kind: "noScheduler", since, jobs: scheduled });
  }
  const refusal = alive.find(({ refused }) => refused !== null);
  if (refusal !== undefined) {
    const { at = refusal.seenAt, findings = [] } = refusal.refused as Refusal;
    const errors = findings.filter(({ severity }) => severity === "error");
    const first = errors[0] === undefined ? null : `${errors[0].file === undefined ? "" : `${errors[0].file}: `}${errors[0].message}`;
    alarms.push({ kind: "configurationRefused", at, errors: errors.length, first, inForceSince: refusal.configurationSince });
  }
  for (const alarm of await store.schedules.alarms()) {
    if (job === null || alarm.job === job) alarms.push({ kind: "runNotStarted", ...alarm });
  }
  return { alarms, schedulers };
};

/** One line for each alarm. */
export const alarmLines = (invocation: Invocation, { alarms }: SchedulerView): string[] =>
  alarms.map((alarm) => `${invocation.style.bad("alarm")}: ${printable(textOf(alarm, invocation))}`);

const textOf = (alarm: SchedulerAlarm, invocation: Invocation): string => {
  switch (alarm.kind) {
    case "noScheduler": {
      const since = alarm.since === null ? "" : ` since ${formatTime(alarm.since)}`;
      return `no scheduler runs${since}, and ${formatNoun(alarm.jobs, "job")} wait${alarm.jobs === 1 ? "s" : ""} for one: ${hintedCommand(invocation, "scheduler")}`;
    }
    case "schedulerDisabled":
      return `Scheduler.Enabled is false: ${formatNoun(alarm.jobs, "job")} with a schedule ${alarm.jobs === 1 ? "is" : "are"} not started by it`;
    case "configurationRefused":
      return `the configuration in the workspace was refused at ${formatTime(alarm.at)}, ${formatNoun(alarm.errors, "error")}; the one in force since ${formatTime(alarm.inForceSince)} goes on${alarm.first === null ? "" : `. First: ${alarm.first}`}`;
    case "runNotStarted": {
      const { job, dueAt, state, reason, runs } = alarm;
      const what = state === "claimed" ? "has not started yet" : `did not start: ${state}, ${reason ?? "without a reason"}`;
      return `${job}: the run due at ${formatTime(dueAt)} ${what}${runs > 1 ? ` (${formatNoun(runs, "such run")} since it last completed)` : ""}`;
    }
  }
};

/** `alarms` and `schedulers` of a JSON document. */
export const schedulerDocument = ({ alarms, schedulers }: SchedulerView): object => ({
  alarms,
  schedulers: schedulers.map(({ scheduler, ...more }) => ({
    host: scheduler.host,
    pid: scheduler.pid,
    isAlive: more.isAlive,
    workspace: more.workspace,
    startedAt: more.startedAt,
    seenAt: more.seenAt,
    configurationHash: more.configurationHash,
    configurationSince: more.configurationSince,
    refused: more.refused,
  })),
});
