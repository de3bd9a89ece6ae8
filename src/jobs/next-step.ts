import type { JobState } from "../model/index.js";
import type { JobInstance, TaskInstance } from "../store/index.js";
import { changeSetSteps } from "./change-set/change-set-name.js";
import { isToolTaskName } from "./tool-task.js";

/** A way on that a person may type. */
export interface NextStep {
  /** What follows `sluice`, names quoted; the workspace is whoever prints it to add. */
  readonly command: string;
  readonly does: string;
}

/** A name or path as a shell takes it; what needs no quotes has none. */
export const quoted = (text: string): string => (/^[\w./:\\~@-]+$/.test(text) ? text : `"${text.replaceAll('"', '\\"')}"`);

/** Of a plan or an undo: what no resume mends. The repository stays moved on, and the history stays as it is. */
const final: ReadonlySet<string> = new Set(["SYNC_PLAN_MOVED", "SYNC_PLAN_ALTERED", "SYNC_UNDO_HISTORY", "SYNC_UNDO_CONFLICT"]);
/** Where a new plan is the way on. */
const outdated: ReadonlySet<string> = new Set(["SYNC_PLAN_MOVED", "SYNC_PLAN_ALTERED", "SYNC_PLAN_MAPPINGS"]);

type Planned = Pick<JobInstance, "job"> & { readonly plan: Pick<JobInstance["plan"], "kind" | "selection"> };

/** The command that runs it from the beginning: a job by its name, a connector's own job in its mode, a root task, a tool by its own line. */
const runCommand = ({ job, plan: { kind, selection } }: Planned, connector: string | null): string => {
  if (kind === "rootTask") return isToolTaskName(job) ? job : `run --task ${quoted(job)}`;
  const mode = selection?.mode;
  return mode === undefined || connector === null
    ? `run ${quoted(job)}`
    : `run --connector ${quoted(connector)} --mode ${mode.toLowerCase()}`;
};

/** The same for what a plan was made of: the same part of it. */
const planCommand = ({ id, plan: { plannedOf } }: JobInstance): string | null => {
  if (plannedOf === undefined) return null;
  const { selection, connector } = plannedOf;
  const part = (["from", "to", "task"] as const).flatMap((name) => {
    const value = selection?.[name];
    return value === undefined ? [] : [`--${name} ${quoted(value)}`];
  });
  return [runCommand({ job: plannedOf.job, plan: plannedOf }, connector), ...part, `--plan instance-${id}.plan`].join(" ");
};

/** The tasks of a connector's own job have one connector. */
const connectorIn = (tasks: readonly TaskInstance[]): string | null => tasks.find(({ connector }) => connector !== null)?.connector ?? null;

/**
 * What a person can do next with an instance that blocked, ended otherwise than well, or was cancelled; nothing for any other. `log`: where its log is, for those who are on that machine. Each
 * command works as it is printed, and a resume is offered only where it can come to another end (design §8). Pure.
 */
export const nextStepsOf = (instance: JobInstance, tasks: readonly TaskInstance[], state: JobState, log?: string): readonly NextStep[] => {
  const { id } = instance;
  const isStopped = state === "Errored" || state === "Aborted";
  const logs = { command: `logs ${id}`, does: log === undefined ? "prints its log" : `prints its log, ${log}` };
  if (tasks.some((task) => task.state === "Blocked") && (state === "Blocked" || isStopped)) {
    return [
      { command: `changes ${id}`, does: "shows what it would change" },
      {
        command: `resume ${id}`,
        does: `applies exactly that, ${isStopped ? "runs again what failed, " : ""}and goes on with the remaining tasks`,
      },
      { command: `cancel ${id}`, does: "drops it; the next run compares anew" },
      ...(isStopped ? [logs] : []),
    ];
  }
  if (!isStopped && state !== "Warning" && state !== "Cancelled") return [];
  const changeSet = instance.plan.kind === "rootTask" ? changeSetSteps(instance.job) : null;
  const codes = isStopped ? tasks.flatMap(({ error }) => error?.code ?? []) : [];
  const canResume = isStopped && !(changeSet !== null && codes.some((code) => final.has(code)));
  return [
    ...(state === "Cancelled" ? [] : [logs]),
    ...(canResume ? [{ command: `resume ${id}`, does: "goes on at its first unfinished task, once the cause is mended" }] : []),
    ...(changeSet === null
      ? [{ command: runCommand(instance, connectorIn(tasks)), does: "runs it again from the beginning" }]
      : changeSetWays(instance, codes)),
  ];
};

/** A plan is made again where the repository or the mappings are others now; nothing is applied or turned back a second time by its name. */
const changeSetWays = (instance: JobInstance, codes: readonly string[]): readonly NextStep[] => {
  const [what, of = ""] = instance.job.split(" ");
  if (what === "undo") {
    return codes.some((code) => final.has(code))
      ? [{ command: `status --instance ${of}`, does: "shows the instance that it would turn back" }]
      : [];
  }
  const command = codes.some((code) => outdated.has(code)) ? planCommand(instance) : null;
  return command === null ? [] : [{ command, does: "makes the plan again, to be looked at and applied" }];
};
