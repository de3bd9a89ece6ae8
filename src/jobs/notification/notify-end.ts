import { join } from "node:path";
import type { Configuration } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import { isoTime, systemTiming, type Timing } from "../../model/index.js";
import type { Store } from "../../store/index.js";
import { type JobLog, jobLogPath, openJobLog } from "../job-log.js";
import type { RunReport } from "../report.js";
import { type JobEnd, jobEndOf, toldStateOf } from "./job-end.js";
import { mailContent } from "./mail-content.js";
import { deliver } from "./mail-delivery.js";
import { writeMailFile } from "./mail-file.js";
import { type Mail, mailBytes } from "./mail-message.js";
import { masked } from "./masked.js";
import { countNotification } from "./notification-count.js";
import { runNotifyCommand } from "./notify-command.js";
import { mayBeMailed, type Recipients, recipientsOf } from "./recipients.js";

/** The end of a job instance, as its record stands. */
export interface EndNotice {
  readonly configuration: Configuration;
  readonly store: Store;
  readonly report: RunReport;
  /** The instance's open log; absent: its log is opened for it. */
  readonly log?: Pick<JobLog, "write"> | undefined;
  readonly timing?: Timing | undefined;
  /** Aborted before: there is one try of a few seconds. Aborted meanwhile: nothing is waited for any longer. */
  readonly signal?: AbortSignal | undefined;
}

/** What a process that was told to stop still gives to each notification (ms). */
const hurriedMs = 5_000;

/**
 * Tells of the end of a job instance, by mail and by `Notify.Command`, whom configuration and settings name (jobs-and-tasks §3.7). To be called when the record says how it ended; it gives way
 * to nothing and never throws: what fails is in the instance's log, is counted, and changes nothing of the job. Takes at most three tries of `MailSettings.Timeout` with 10 s of pauses, or
 * `Notify.Timeout`, whichever is longer. Nobody to tell: the record is not even read.
 */
export const notifyEnd = async (notice: EndNotice): Promise<void> => {
  let opened: JobLog | null = null;
  let log: Pick<JobLog, "write"> = notice.log ?? { write: () => undefined };
  try {
    const { configuration, report } = notice;
    const { command } = configuration.settings.notification;
    const state = toldStateOf(report.state);
    if (state === null) return;
    const isMailed = mayBeMailed(configuration, state);
    const isCommanded = command?.states.includes(state) === true;
    if (!isMailed && !isCommanded) return;
    if (notice.log === undefined) {
      opened = logOf(configuration, report);
      log = opened ?? log;
    }
    await Promise.all([
      isMailed ? tellByMail(notice, log).catch((error: unknown) => noteMailFailure(log, error)) : undefined,
      isCommanded ? tellByCommand(notice, log).catch((error: unknown) => noteCommandFailure(log, error)) : undefined,
    ]);
  } catch (error) {
    log.write("error", "the end of the job could not be told", { problem: String(error) });
  } finally {
    opened?.close();
  }
};

/** A log that cannot be opened is no reason to tell nobody: perhaps it is why the job ended so. */
const logOf = (configuration: Configuration, { job, jobInstance }: RunReport): JobLog | null => {
  try {
    return openJobLog(jobLogPath(configuration, job, jobInstance), "Information", configuration.settings.secrets);
  } catch {
    return null;
  }
};

const noteMailFailure = (log: Pick<JobLog, "write">, error: unknown): void => {
  countNotification("mailsFailed");
  log.write("error", error instanceof Error ? error.message : String(error), error instanceof SluiceError ? { code: error.code } : {});
};

const noteCommandFailure = (log: Pick<JobLog, "write">, error: unknown): void => {
  countNotification("commandsFailed");
  log.write("error", error instanceof Error ? error.message : String(error), error instanceof SluiceError ? { code: error.code } : {});
};

/** A signal that is aborted already would end each wait before it began: hurry takes its place. */
const haste = (signal: AbortSignal | undefined): { readonly hurryMs: number | null; readonly signal: AbortSignal | undefined } =>
  signal?.aborted === true ? { hurryMs: hurriedMs, signal: undefined } : { hurryMs: null, signal };

const endOf = async ({ configuration, store, report }: EndNotice): Promise<JobEnd | null> => {
  const state = toldStateOf(report.state);
  const instance = await store.records.find(report.jobInstance);
  if (instance === null || state === null) return null;
  const decisions = await store.records.decisions(instance.id);
  return jobEndOf(configuration, {
    instance,
    state,
    tasks: await store.records.tasks(instance.id),
    isResumed: decisions.some(({ decision }) => decision === "resume"),
  });
};

const tellByMail = async (notice: EndNotice, log: Pick<JobLog, "write">): Promise<void> => {
  const { configuration } = notice;
  const { mail: settings } = configuration.settings.notification;
  const timing = notice.timing ?? systemTiming;
  const end = await endOf(notice);
  if (end === null) return;
  const recipients = recipientsOf(configuration, { state: end.state, isResumed: end.isResumed, at: isoTime(timing) });
  if (recipients.leftOut.length > 0)
    log.write("warn", "addresses outside MailSettings.AllowedDomains get no mail", { addresses: recipients.leftOut });
  if (recipients.to.length === 0) return;
  const mail = mailOf(end, recipients, configuration, timing);
  const bytes = await mailBytes(mail);
  const name = `${end.instance.id}-${end.state}`;
  if (settings.host === null) {
    const path = writeMailFile(settings.pickupFolder ?? mailFolder(configuration), name, bytes, null);
    countNotification("mailsWritten");
    log.write("info", `a mail about this end is in ${path}`, { to: mail.to });
    return;
  }
  const posting = { from: mail.from, to: [...mail.to, ...mail.copy], bytes };
  const refusals = await deliver(settings, posting, { timing, ...haste(notice.signal) });
  if (refusals.length === 0) {
    countNotification("mailsSent");
    log.write("info", "a mail about this end was sent", { to: posting.to });
    return;
  }
  const reason = [...new Set(masked(refusals, configuration.settings.secrets).map((refusal) => refusal.reason))].join("; ");
  const file = writeMailFile(mailFolder(configuration), name, bytes, `to ${refusals.map(({ address }) => address).join(", ")}: ${reason}`);
  throw new SluiceError("JOB_MAIL_UNSENT", {
    server: `${settings.host}:${settings.port}`,
    recipients: refusals.map(({ address }) => address),
    reason,
    file,
  });
};

const mailFolder = ({ settings }: Configuration): string => join(settings.tempFolder, "Mails");

const mailOf = (end: JobEnd, { to, copy }: Recipients, { notification, settings }: Configuration, timing: Timing): Mail => {
  const { instance, state } = end;
  const host = instance.runner.host.replaceAll(/[^A-Za-z0-9.-]/g, "-");
  return {
    ...mailContent(end, notification.template),
    from: settings.notification.mail.from,
    to,
    copy,
    date: new Date(timing.now()),
    messageId: `sluice.${instance.id}.${state}.${Date.parse(instance.endedAt ?? instance.startedAt)}@${host}`,
    headers: { "X-Sluice-Job": instance.job, "X-Sluice-Instance": String(instance.id), "X-Sluice-State": state },
  };
};

const tellByCommand = async ({ configuration, report, signal }: EndNotice, log: Pick<JobLog, "write">): Promise<void> => {
  const { command } = configuration.settings.notification;
  if (command === null) return;
  await runNotifyCommand(command, {
    workspace: configuration.workspace,
    document: `${JSON.stringify(masked(report, configuration.settings.secrets))}\n`,
    environment: { SLUICE_JOB: report.job, SLUICE_JOB_INSTANCE: String(report.jobInstance), SLUICE_STATE: report.state },
    onLine: (line) => log.write("debug", line, { command: command.file }),
    ...haste(signal),
  });
  countNotification("commandsRun");
  log.write("info", `${command.file} was told of this end`);
};
