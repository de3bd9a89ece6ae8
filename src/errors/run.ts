import { defineErrors } from "./definition.js";

/** Codes of jobs, tasks, locks and sessions. */
export const runErrors = defineErrors({
  JOB_GRAPH_CYCLE: {
    exit: 64,
    retryable: false,
    text: (p: { job: string; path: readonly string[] }) =>
      `tasks of ${p.job} wait for each other: ${p.path.join(" → ")}; remove one of these TaskDependsOnTask`,
  },
  JOB_GRAPH_PARENT_NOT_EARLIER: {
    exit: 64,
    retryable: false,
    text: (p: { job: string; task: string; parent: string }) =>
      `in ${p.job}, ${p.task} depends on ${p.parent}, which does not stand on an earlier level: give ${p.task} a higher Level, or write it after ${p.parent}`,
  },
  JOB_GRAPH_LEVELS_MIXED: {
    exit: 64,
    retryable: false,
    text: (p: { job: string; without: string; count: number }) =>
      `${p.job} gives some tasks a Level and ${p.count} none, ${p.without} first: each of these runs alone, after the highest level written above it; give every task a Level, or none`,
  },
  JOB_GRAPH_PARENT_IGNORED: {
    exit: 64,
    retryable: false,
    text: (p: { task: string; parent: string; where: string }) =>
      `${p.task} depends on ${p.parent}, which is no part of ${p.where}: it runs as if it did not depend on it`,
  },
  JOB_GRAPH_UNKNOWN_TASK: {
    exit: 64,
    retryable: false,
    text: (p: { job: string; option: string; task: string; nearest: string | null }) =>
      `${p.option} ${p.task}: ${p.job} has no such task${p.nearest === null ? "; sluice plan shows its tasks" : `; nearest is ${p.nearest}`}`,
  },
  JOB_GRAPH_EMPTY_SELECTION: {
    exit: 64,
    retryable: false,
    text: (p: { job: string; options: string }) =>
      `${p.options} leave no task of ${p.job} to run: --from has to come before --to, and --task between them`,
  },
  JOB_UNKNOWN: {
    exit: 64,
    retryable: false,
    text: (p: { job: string; nearest: string | null }) =>
      `there is no job ${p.job}${p.nearest === null ? "; sluice jobs shows all" : `; nearest is ${p.nearest}`}`,
  },
  JOB_CONNECTOR_WITHOUT: {
    exit: 64,
    retryable: false,
    text: (p: { connector: string }) =>
      `the connector ${p.connector} has no job of its own: add <CreateConnectorsJobs /> to the configuration, which makes one for each connector`,
  },
  JOB_CONNECTOR_MODE: {
    exit: 64,
    retryable: false,
    text: (p: { job: string; connector: string }) =>
      `${p.job} is the own job of the connector ${p.connector}, whose connections and mode come at launch: sluice run --connector ${p.connector} --mode complete`,
  },
  JOB_ROOT_TASK_UNKNOWN: {
    exit: 64,
    retryable: false,
    text: (p: { task: string; nearest: string | null }) =>
      `there is no task ${p.task} at the root of the configuration${p.nearest === null ? "" : `; nearest is ${p.nearest}`}; a task inside a job runs by sluice run JOB --task ${p.task}`,
  },
  JOB_INSTANCE_UNKNOWN: {
    exit: 64,
    retryable: false,
    text: (p: { jobInstance: number }) => `there is no job instance ${p.jobInstance}; sluice status shows them`,
  },
  JOB_NOT_RESUMABLE: {
    exit: 64,
    retryable: false,
    text: (p: { jobInstance: number; job: string; state: string }) =>
      `instance ${p.jobInstance} of ${p.job} is ${p.state}: only a Blocked, Errored or Aborted one can be resumed; sluice status --instance ${p.jobInstance} shows it`,
  },
  JOB_OVERTAKEN: {
    exit: 64,
    retryable: false,
    text: (p: {
      jobInstance: number;
      job: string;
      task: string;
      connector: string;
      by: { readonly jobInstance: number; readonly job: string; readonly at: string } | null;
    }) => {
      const went =
        p.by === null
          ? `what it had prepared of ${p.connector} is no longer there`
          : `instance ${p.by.jobInstance} of ${p.by.job} has gone on with ${p.connector} since then (${p.by.at})`;
      return `instance ${p.jobInstance} of ${p.job} cannot be taken up again: ${went}, so that ${p.task} would go on from what is out of date; nothing was changed, run ${p.job} anew`;
    },
  },
  JOB_REPLACED: {
    exit: 64,
    retryable: false,
    text: (p: { jobInstance: number; message: string }) =>
      `instance ${p.jobInstance} can no longer be resumed, ${p.message}: its staged changes are gone; look at the later instance`,
  },
  JOB_ENDED: {
    exit: 64,
    retryable: false,
    text: (p: { jobInstance: number; job: string; state: string }) =>
      `instance ${p.jobInstance} of ${p.job} is ${p.state}: there is nothing to cancel`,
  },
  JOB_CONFIGURATION_CHANGED: {
    exit: 64,
    retryable: false,
    text: (p: { jobInstance: number; connectors: readonly string[] }) =>
      `instance ${p.jobInstance} cannot be resumed: mappings or entity types of ${p.connectors.join(", ")} are not those it was compared with; sluice resume ${p.jobInstance} --configuration started goes on under the one it was started with; or restore them, or run the job again, after sluice cancel ${p.jobInstance} where it is Blocked`,
  },
  JOB_PLAN_CHANGED: {
    exit: 64,
    retryable: false,
    text: (p: { jobInstance: number; job: string; differences: readonly string[] }) =>
      `instance ${p.jobInstance} cannot be resumed: remaining tasks of ${p.job} are not those it was started with (${p.differences.join(", ")}); sluice resume ${p.jobInstance} --configuration started goes on under the one it was started with; or restore them, or run the job again, after sluice cancel ${p.jobInstance} where it is Blocked`,
  },
  JOB_SET_CHANGED: {
    exit: 64,
    retryable: false,
    text: (p: { jobInstance: number; expected: string; found: string | null }) =>
      `the staged changes of instance ${p.jobInstance} have ${p.found === null ? "no hash, since there are none" : `the hash ${p.found}`}, not ${p.expected}: look at them again with sluice changes ${p.jobInstance}`,
  },
  JOB_CHANGED_MEANWHILE: {
    exit: 75,
    retryable: true,
    text: (p: { jobInstance: number }) =>
      `instance ${p.jobInstance} was resumed, closed or replaced by somebody else at this moment; sluice status --instance ${p.jobInstance} shows it`,
  },
  JOB_FENCED: {
    exit: 70,
    retryable: false,
    text: (p: { jobInstance: number }) =>
      `instance ${p.jobInstance} was taken from this process, which was thought dead: it stops and writes nothing more; sluice status --instance ${p.jobInstance} shows who has it`,
  },
  JOB_LEASE_LOST: {
    exit: 69,
    retryable: true,
    text: (p: { jobInstance: number; seconds: number; reason: string }) =>
      `the database did not answer for ${p.seconds} s (${p.reason}), and instance ${p.jobInstance} may have been taken for dead: its tasks were stopped and nothing more was written; once the database answers again, sluice status --instance ${p.jobInstance} shows how it stands, and the job can be run again`,
  },
  JOB_WAIT_ENDED: {
    exit: 75,
    retryable: true,
    text: (p: { holders: string }) => `the wait for the database, held by ${p.holders}, was ended: nothing was written; run again later`,
  },
  JOB_CLAIM_LOST: {
    exit: 75,
    retryable: true,
    text: (p: { job: string; dueAt: string }) =>
      `the run of ${p.job} due at ${p.dueAt} was taken over by another scheduler: nothing was started here; sluice status ${p.job} shows what became of it`,
  },
  JOB_END_UNRECORDED: {
    exit: 75,
    retryable: true,
    text: (p: { jobInstance: number; holders: string }) =>
      `instance ${p.jobInstance} was stopped while the database was held by ${p.holders}, so that its end could not be recorded: the next command that looks finds it dead and records it as Aborted`,
  },
  JOB_MAIL_UNSENT: {
    exit: 1,
    retryable: true,
    text: (p: { server: string; recipients: readonly string[]; reason: string; file: string }) =>
      `${p.server} did not take the mail about the end of the job for ${p.recipients.join(", ")} (${p.reason}): the job is not affected, and the mail is in ${p.file}; check MailSettings and the server`,
  },
  JOB_NOTIFY_COMMAND: {
    exit: 1,
    retryable: true,
    text: (p: { command: string; problem: string }) =>
      `Notify.Command ${p.command} ${p.problem}: the job is not affected; try the command by hand with the output of sluice status --instance N --json as its input`,
  },
  TASK_ENDED: {
    exit: 1,
    retryable: false,
    text: (p: { taskInstance: number }) =>
      `task instance ${p.taskInstance} had ended already (it was stopped, or given up after its deadline): what it still wanted to write was refused`,
  },
  LOCK_JOB_HELD: {
    exit: 75,
    retryable: true,
    text: (p: { job: string; jobInstance: number; host: string; pid: number; since: string }) =>
      `${p.job} runs already: instance ${p.jobInstance}, process ${p.pid} on ${p.host}, since ${p.since}; wait for it, or stop it with sluice cancel ${p.jobInstance}`,
  },
  LOCK_CONNECTOR_HELD: {
    exit: 75,
    retryable: true,
    text: (p: { lock: string; job: string; jobInstance: number; host: string; pid: number; since: string; waitedSeconds: number }) =>
      `${p.lock} is held by instance ${p.jobInstance} of ${p.job}, process ${p.pid} on ${p.host}, since ${p.since}${p.waitedSeconds > 0 ? `, and was not free within ${p.waitedSeconds} s` : ""}; nothing was started: run again later, or raise Scheduler.MaxLockWatchTime`,
  },
  TASK_NOT_BUILT: {
    exit: 64,
    retryable: false,
    text: (p: { task: string; type: string; needs: string }) =>
      `${p.task} (${p.type}) cannot run yet: ${p.needs}; leave it out with --from, --to or --task`,
  },
  TASK_DEADLINE: {
    exit: 1,
    retryable: true,
    text: (p: { task: string; minutes: number }) =>
      `${p.task} was stopped after ${p.minutes} minutes: raise TaskTimeoutSupplement if it needs longer`,
  },
  TASK_STORAGE: {
    exit: 1,
    retryable: true,
    text: (p: { task: string; problem: string }) =>
      `${p.task} could not use the disk (${p.problem}): free space or give the folder its permissions back, and run again; nothing half-written is left under its final name`,
  },
  TASK_FAULT: {
    exit: 70,
    retryable: false,
    text: (p: { task: string; problem: string }) =>
      `${p.task} ended by a fault of Sluice (${p.problem}): please report it, with the job's log`,
  },
  SYNC_SESSION_OUTDATED: {
    exit: 1,
    retryable: true,
    text: (p: { session: string; connector: string }) =>
      `session ${p.session} was prepared under another configuration of ${p.connector}: prepare the connector again`,
  },
  SYNC_COMPLETE_REQUIRED: {
    exit: 1,
    retryable: false,
    text: (p: { connector: string; reason: string }) =>
      `${p.connector} cannot be synchronized incrementally, ${p.reason}: run a job that prepares ${p.connector} with SynchronizationMode="Complete" once, incremental jobs go on from it`,
  },
  SYNC_CHAIN_MOVED: {
    exit: 1,
    retryable: true,
    text: (p: { connector: string; session: string; startsAt: string | null; head: string | null }) =>
      `session ${p.session} of ${p.connector} starts at ${p.startsAt ?? "an empty repository"}, the repository stands at ${p.head ?? "no synchronization of it"}: nothing was changed; run the incremental job again`,
  },
});
