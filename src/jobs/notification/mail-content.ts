import { fillPlaceholders, type JobNotification, type MailPlaceholder } from "../../config/index.js";
import type { TaskInstance } from "../../store/index.js";
import { escapedHtml, htmlBlock, htmlPage } from "./html-text.js";
import type { JobEnd } from "./job-end.js";
import type { MailBlock } from "./mail-block.js";
import { nextSteps } from "./next-steps.js";
import { plainBlock, plainText } from "./plain-text.js";
import { durationText, timeText } from "./time-text.js";

/** What a mail says. */
export interface MailContent {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Longer subjects are cut: mail programs show less of them (characters). */
const longestSubject = 200;
/** Rows of a table of tasks; a job may have hundreds. */
const mostTasks = 60;
/** Characters of one message that are quoted: the record and the log have all of it. */
const longestMessage = 4_000;

const cut = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

const factsOf = ({ instance, state, isResumed, displayName, workspace }: JobEnd): MailBlock => {
  const elapsed = Date.parse(instance.endedAt ?? instance.startedAt) - Date.parse(instance.startedAt);
  return {
    kind: "facts",
    rows: (
      [
        ["Job", displayName === instance.job ? instance.job : `${instance.job} (${displayName})`],
        ["Instance", instance.attempt > 1 ? `${instance.id}, attempt ${instance.attempt}` : String(instance.id)],
        ["State", isResumed ? `${state}, after it was resumed` : state],
        [
          "Started",
          `${timeText(instance.startedAt)} by ${instance.startedBy} (${instance.trigger === "Scheduler" ? "scheduler" : "command line"})`,
        ],
        ["Ended", instance.endedAt === null ? "" : `${timeText(instance.endedAt)}, after ${durationText(elapsed)}`],
        ["Reason", instance.reason ?? ""],
        ["Thresholds", instance.force ? "computed and not enforced (--force)" : ""],
        ["Message", cut(instance.message ?? "", longestMessage)],
        ["Cancelled by", instance.cancelRequestedBy ?? ""],
        ["Host", instance.runner.host],
        ["Workspace", workspace],
      ] as const
    ).filter(([, value]) => value !== ""),
  };
};

const nameOf = (task: TaskInstance): string => (task.isValidation ? `${task.task} (validation)` : task.taskKey);

const errorsOf = ({ tasks }: JobEnd): MailBlock => ({
  kind: "passages",
  title: "Errors",
  passages: tasks.flatMap((task) => {
    if (task.error === null) return task.state === "Aborted" ? [{ heading: `${nameOf(task)}: Aborted`, lines: [task.message ?? ""] }] : [];
    const { code, message, file, line, column } = task.error;
    const place = [file, line, column].filter((part) => part !== undefined).join(":");
    return [
      {
        heading: `${nameOf(task)}: ${code}`,
        lines: [...cut(message, longestMessage).split("\n"), ...(place === "" ? [] : [`in ${place}`])],
      },
    ];
  }),
});

/** A block explains itself in sentences that semicolons separate (design §8). */
const blocksOf = ({ tasks }: JobEnd): MailBlock => ({
  kind: "passages",
  title: "Blocked",
  passages: tasks
    .filter(({ state }) => state === "Blocked")
    .map((task) => ({ heading: nameOf(task), lines: cut(task.message ?? "", longestMessage).split(/; |\n/) })),
});

const numbers = new Intl.NumberFormat("en-US");

const limitText = (name: string, limit: number): string =>
  name === "WholePopulation" ? "never all" : name.includes("Percentage") ? `${numbers.format(limit)} %` : numbers.format(limit);

/** What exceeded a threshold and waits for a person; what was resumed or not enforced is history. */
const thresholdsOf = ({ tasks }: JobEnd): MailBlock => ({
  kind: "table",
  title: "Thresholds exceeded",
  columns: [
    { title: "Task" },
    { title: "Scope" },
    { title: "Threshold" },
    { title: "Limit", isNumber: true },
    { title: "Count", isNumber: true },
    { title: "Of", isNumber: true },
  ],
  rows: tasks
    .filter(({ state }) => state === "Blocked")
    .flatMap((task) =>
      task.thresholds
        .filter(({ exceeded }) => exceeded)
        .map(({ scope, name, limit, count, of }) => [
          nameOf(task),
          scope,
          name,
          limitText(name, limit),
          numbers.format(count),
          numbers.format(of),
        ]),
    ),
  note: null,
});

const tasksOf = ({ tasks }: JobEnd): MailBlock => ({
  kind: "table",
  title: "Tasks",
  columns: [{ title: "Task" }, { title: "State" }, { title: "Counters" }],
  rows: tasks.slice(0, mostTasks).map((task) => [
    nameOf(task),
    task.state,
    Object.entries(task.counters ?? {})
      .filter(([, count]) => count !== 0)
      .map(([name, count]) => `${name} ${numbers.format(count)}`)
      .join(", "),
  ]),
  note: tasks.length > mostTasks ? `… and ${tasks.length - mostTasks} more` : null,
});

/** Control characters and marks that turn the direction of writing may come from data: they would let a line say what it does not. */
const harmless = (text: string): string => text.replace(/[^\P{C}\n\t]|[\u2028\u2029]/gu, "\uFFFD");

/** A tag; an address in angle brackets is none. */
const isHtml = (template: string): boolean => /<(?:!doctype|\/?[a-z][a-z0-9]*(?:\s[^>]*|\/)?)>|<!--/i.test(template);

/**
 * Makes the mail about the end of a job: what happened, the error itself, the table of the thresholds of a block, and the commands to go on (jobs-and-tasks §3.7). A template of the
 * configuration may give it another subject or body; names in it are replaced, nothing is evaluated (role-model §12).
 */
export const mailContent = (end: JobEnd, template: JobNotification["template"]): MailContent => {
  const blocks = {
    Facts: factsOf(end),
    Errors: errorsOf(end),
    Blocks: blocksOf(end),
    Thresholds: thresholdsOf(end),
    Tasks: tasksOf(end),
    NextSteps: nextSteps(end),
  } as const;
  const { instance } = end;
  const texts: Readonly<Record<Exclude<MailPlaceholder, keyof typeof blocks>, string>> = {
    Job: instance.job,
    JobDisplayName: end.displayName,
    JobInstance: String(instance.id),
    State: end.state,
    StartedAt: timeText(instance.startedAt),
    EndedAt: instance.endedAt === null ? "" : timeText(instance.endedAt),
    Duration: instance.endedAt === null ? "" : durationText(Date.parse(instance.endedAt) - Date.parse(instance.startedAt)),
    StartedBy: instance.startedBy,
    Reason: instance.reason ?? "",
    Message: cut(instance.message ?? "", longestMessage),
    Host: instance.runner.host,
    Workspace: end.workspace,
  };
  const isBlock = (name: MailPlaceholder): name is keyof typeof blocks => name in blocks;
  const asPlain = (name: MailPlaceholder): string => harmless(isBlock(name) ? plainBlock(blocks[name]) : texts[name]);
  const asHtml = (name: MailPlaceholder): string =>
    isBlock(name) ? htmlBlock(blocks[name], harmless) : escapedHtml(harmless(texts[name]));
  const oneLine = (text: string): string => cut(harmless(text).replace(/\s+/g, " ").trim(), longestSubject);

  const title = `${end.displayName}: ${end.state}`;
  const subject = oneLine(
    fillPlaceholders(template?.subject ?? "{{JobDisplayName}}: {{State}} (instance {{JobInstance}})", (name) =>
      isBlock(name) ? "" : texts[name],
    ),
  );
  const usual = [blocks.Facts, blocks.Errors, blocks.Blocks, blocks.Thresholds, blocks.NextSteps, blocks.Tasks];
  const body = template?.body ?? null;
  if (body === null) {
    return {
      subject,
      text: harmless(plainText(title, usual)),
      html: htmlPage(harmless(title), end.state, usual.map((block) => htmlBlock(block, harmless)).join("\n")),
    };
  }
  // Who reads no HTML gets the usual text instead of a template's tags.
  return isHtml(body)
    ? { subject, text: harmless(plainText(title, usual)), html: fillPlaceholders(body, asHtml) }
    : {
        subject,
        text: fillPlaceholders(body, asPlain),
        html: htmlPage(harmless(title), end.state, fillPlaceholders(escapedHtml(body).replaceAll("\n", "<br>\n"), asHtml)),
      };
};
