import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JobEnd } from "../../../src/jobs/notification/job-end.js";
import { mailContent } from "../../../src/jobs/notification/mail-content.js";
import { mailBytes } from "../../../src/jobs/notification/mail-message.js";
import { masked } from "../../../src/jobs/notification/masked.js";
import { durationText } from "../../../src/jobs/notification/time-text.js";
import { jobInstanceId, taskInstanceId } from "../../../src/model/index.js";
import type { JobInstance, TaskInstance } from "../../../src/store/index.js";
import { readMail } from "./mail-server.js";

const instanceOf = (more: Partial<JobInstance> = {}): JobInstance => ({
  id: jobInstanceId(12),
  job: "Job_AD",
  state: "Errored",
  startedAt: "2026-11-21T12:59:20.000Z",
  endedAt: "2026-11-21T13:01:23.456Z",
  trigger: "Scheduler",
  startedBy: "scheduler@vm",
  runner: { host: "vm", pid: 1, processStart: "1" },
  fence: 1,
  leaseUntil: null,
  configurationHash: "",
  planHash: "",
  plan: { kind: "job", selection: null, tasks: [], connectorHashes: {}, leftOut: {} },
  force: false,
  reason: null,
  waitingFor: [],
  message: null,
  cancelRequestedAt: null,
  cancelRequestedBy: null,
  cancelReason: null,
  attempt: 1,
  haltReason: null,
  ...more,
});

const taskOf = (more: Partial<TaskInstance> = {}): TaskInstance => ({
  id: taskInstanceId(31),
  jobInstance: jobInstanceId(12),
  taskKey: "AD_Synchronization",
  task: "AD_Synchronization",
  type: "SynchronizeTask",
  level: 0,
  position: 0,
  state: "Completed",
  isValidation: false,
  validationOf: null,
  connector: "AD",
  producedOutput: true,
  skippedBecause: null,
  startedAt: null,
  endedAt: null,
  lastProgressAt: null,
  progress: null,
  counters: null,
  thresholds: [],
  error: null,
  message: null,
  session: null,
  attempt: 1,
  ...more,
});

const endOf = (more: Partial<JobEnd> = {}): JobEnd => ({
  instance: instanceOf(),
  state: "Errored",
  tasks: [],
  isResumed: false,
  displayName: "Active Directory",
  workspace: "/srv/identity",
  ...more,
});

const blockedTask = taskOf({
  state: "Blocked",
  counters: { deleted: 240, updated: 0 },
  message: "Threshold Exceeded: 240 of 2000; everything of AD_Entry is deleted",
  thresholds: [
    { scope: "Connector AD", name: "MaximumDeletedLines", limit: 100, count: 240, of: 2000, exceeded: true },
    { scope: "Connector AD", name: "MaxPercentageDeletedLines", limit: 5, count: 240, of: 2000, exceeded: true },
    { scope: "Connector AD", name: "MaximumInsertedLines", limit: 100, count: 0, of: 2000, exceeded: false },
  ],
});

describe("the usual mail", () => {
  test("of an error holds the error itself and the way on", () => {
    const error = { code: "SRC_FILE_MISSING", message: "there is no file /srv/hr.csv", file: "Conf/HR.xml", line: 3, column: 7 };
    const { subject, text } = mailContent(endOf({ tasks: [taskOf({ task: "Export", taskKey: "Export", state: "Errored", error })] }), null);
    expect(subject).toBe("Active Directory: Errored (instance 12)");
    expect(text).toBe(`Active Directory: Errored

Job        Job_AD (Active Directory)
Instance   12
State      Errored
Started    2026-11-21 12:59:20 UTC by scheduler@vm (scheduler)
Ended      2026-11-21 13:01:23 UTC, after 2 min 3 s
Host       vm
Workspace  /srv/identity

Errors
------
Export: SRC_FILE_MISSING
  there is no file /srv/hr.csv
  in Conf/HR.xml:3:7

What to do next
---------------
  sluice logs 12 --workspace /srv/identity
      prints its log
  sluice resume 12 --workspace /srv/identity
      goes on at its first unfinished task, once the cause is mended
  sluice run Job_AD --workspace /srv/identity
      runs it again from the beginning

Tasks
-----
Task    State    Counters
Export  Errored
`);
  });

  test("of a block holds its explanation, the table of its thresholds and the decision", () => {
    const { text, html } = mailContent(endOf({ state: "Blocked", isResumed: true, tasks: [blockedTask] }), null);
    expect(text).toContain("State      Blocked, after it was resumed\n");
    expect(text).toContain(`Blocked
-------
AD_Synchronization
  Threshold Exceeded: 240 of 2000
  everything of AD_Entry is deleted

Thresholds exceeded
-------------------
Task                Scope         Threshold                  Limit  Count     Of
AD_Synchronization  Connector AD  MaximumDeletedLines          100    240  2,000
AD_Synchronization  Connector AD  MaxPercentageDeletedLines    5 %    240  2,000

What to do next
---------------
  sluice changes 12 --workspace /srv/identity
      shows what it would change
  sluice resume 12 --workspace /srv/identity
      applies exactly that, and goes on with the remaining tasks
  sluice cancel 12 --workspace /srv/identity
      drops it; the next run compares anew
`);
    expect(text).toContain("AD_Synchronization  Blocked  deleted 240\n");
    expect(html).toContain("<td");
    expect(html.match(/<tr>/g)).toHaveLength(7 + 3 + 2);
  });

  test("names a root task, a tool's own task and odd paths as a shell takes them", () => {
    const rootTask = instanceOf({ job: "HR_Sync", plan: { ...instanceOf().plan, kind: "rootTask" } });
    expect(mailContent(endOf({ instance: rootTask, state: "Warning", workspace: "/srv/my identity" }), null).text).toContain(
      '  sluice run --task HR_Sync --workspace "/srv/my identity"\n',
    );
    const tool = instanceOf({ job: "synchronize --connector AD --type None", plan: { ...instanceOf().plan, kind: "rootTask" } });
    expect(mailContent(endOf({ instance: tool, state: "Warning" }), null).text).toContain(
      "  sluice synchronize --connector AD --type None --workspace /srv/identity\n",
    );
  });

  test.each([
    ["apply 0123456789abcdef HR", "SYNC_CONNECTOR_DEACTIVATED", ["logs 12", "resume 12"]],
    ["apply 0123456789abcdef HR", "SYNC_PLAN_MAPPINGS", ["logs 12", "resume 12", "run Job_HR --plan instance-12.plan"]],
    ["apply 0123456789abcdef HR", "SYNC_PLAN_MOVED", ["logs 12", "run Job_HR --plan instance-12.plan"]],
    ["undo 3 HR=5", "SYNC_UNDO_HISTORY", ["logs 12", "status --instance 3"]],
    ["undo 3 HR=5", "DB_UNREACHABLE", ["logs 12", "resume 12"]],
  ])("of %s that failed with %s offers what works", (job, code, expected) => {
    const plannedOf = { job: "Job_HR", kind: "job", selection: null, connector: null } as const;
    const instance = instanceOf({ job, plan: { ...instanceOf().plan, kind: "rootTask", plannedOf } });
    const { text } = mailContent(endOf({ instance, tasks: [taskOf({ state: "Errored", error: { code, message: "x" } })] }), null);
    expect([...text.matchAll(/^ {2}sluice (.*) --workspace/gm)].map(([, command]) => command)).toEqual(expected);
  });

  test("is of a bounded size whatever the job did", () => {
    const error = { code: "TASK_FAULT", message: "x".repeat(1_000_000) };
    const tasks = Array.from({ length: 500 }, (_, at) => taskOf({ taskKey: `T${at}`, error: at === 0 ? error : null }));
    const { text } = mailContent(endOf({ tasks, displayName: "y".repeat(10_000) }), null);
    expect(text.length).toBeLessThan(40_000);
    expect(text).toContain("… and 440 more");
    expect(mailContent(endOf({ displayName: "y".repeat(10_000) }), null).subject).toHaveLength(200);
  });
});

describe("a template", () => {
  const fill = (template: { subject?: string; body?: string }, end = endOf()) =>
    mailContent(end, { subject: template.subject ?? null, body: template.body ?? null });

  test("has its names replaced, in any case, and nothing evaluated", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what a template of another kind would evaluate
    const { subject } = fill({ subject: "{{ job }} @Model.Job ${process.env.HOME} <%= 1 %> {{Nothing}} {{State}} {{Duration}}" });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it stays as it is
    expect(subject).toBe("Job_AD @Model.Job ${process.env.HOME} <%= 1 %> {{Nothing}} Errored 2 min 3 s");
  });

  test("is not filled a second time by what data hold", () => {
    const instance = instanceOf({ reason: "{{Workspace}}", message: "$& $1" });
    expect(fill({ body: "{{Reason}} {{Message}}" }, endOf({ instance })).text).toBe("{{Workspace}} $& $1");
  });

  test("of HTML keeps its tags and escapes what it is filled with; readers of text get the usual one", () => {
    const end = endOf({ displayName: "<b>&", state: "Blocked", tasks: [blockedTask] });
    const { text, html } = fill({ body: "<p style='color: red'>{{JobDisplayName}}</p>{{Thresholds}}" }, end);
    expect(html).toMatch(/^<p style='color: red'>&lt;b&gt;&amp;<\/p><h2[^>]*>Thresholds exceeded<\/h2>\n<table/);
    expect(text).toContain("Thresholds exceeded\n---");
  });

  test("of text is text, and a page of it", () => {
    const { text, html } = fill({ body: "1 < 2 <a@example.org>\n{{NextSteps}}" });
    expect(text).toMatch(/^1 < 2 <a@example.org>\nWhat to do next\n---------------\n {2}sluice logs 12/);
    expect(html).toContain("1 &lt; 2 &lt;a@example.org&gt;<br>\n<h2");
  });
});

/** Every text of an end that comes from data. */
const hostile = (text: string): JobEnd =>
  endOf({
    instance: instanceOf({ job: text, startedBy: text, reason: text, message: text, runner: { host: text, pid: 1, processStart: "1" } }),
    displayName: text,
    workspace: text,
    tasks: [
      taskOf({ taskKey: text, error: { code: "TASK_FAULT", message: text, file: text } }),
      {
        ...blockedTask,
        message: text,
        thresholds: [{ scope: text, name: "MaximumDeletedLines", limit: 1, count: 2, of: 3, exceeded: true }],
      },
    ],
  });
const anyText = fc.oneof(
  fc.string({ unit: "binary", minLength: 1 }),
  fc.constantFrom(
    "</td><script>alert(1)</script>",
    "\" onload='x'",
    "a\r\nBcc: b@example.org",
    "\u202Egpj.exe",
    "\u001B[2J",
    "&lt;",
    "=?utf-8?q?x?=",
  ),
);

describe("whatever data hold", () => {
  const tagsOf = (html: string): readonly string[] => (html.match(/<[^>]*>/g) ?? []).filter((tag) => tag !== "<br>");

  test("the tags of the page are ours", () => {
    const expected = tagsOf(mailContent(hostile("x y"), null).html);
    fc.assert(
      fc.property(anyText, (text) => {
        // A blank in the name makes it a tool's own, which is typed as it is.
        expect(tagsOf(mailContent(hostile(`x ${text}`), null).html)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test("the subject is one line, and no text has control characters or turns the direction of writing", () => {
    fc.assert(
      fc.property(anyText, (data) => {
        const { subject, text, html } = mailContent(hostile(data), null);
        expect(subject).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
        for (const each of [text, html]) expect(each).not.toMatch(/[^\P{C}\n\t]/u);
      }),
      { numRuns: 300 },
    );
  });

  test("the mail has the headers that we gave it, and its parts come out as they went in", async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (data) => {
        const content = mailContent(hostile(data), null);
        const bytes = await mailBytes({
          ...content,
          from: "sluice@example.org",
          to: ["a@example.org"],
          copy: [],
          date: new Date(0),
          messageId: "x@y",
          headers: { "X-Sluice-Job": data },
        });
        const { headers, parts } = readMail(bytes.toString("latin1"));
        expect([...headers.keys()].sort()).toEqual(
          [
            "auto-submitted",
            "content-type",
            "date",
            "from",
            "message-id",
            "mime-version",
            "subject",
            "to",
            "x-auto-response-suppress",
            "x-sluice-job",
          ].filter((name) => headers.has(name) || name !== "x-sluice-job"),
        );
        expect(parts.get("text/plain")?.trimEnd()).toBe(content.text.trimEnd());
        expect(parts.get("text/html")?.trimEnd()).toBe(content.html.trimEnd());
      }),
      { numRuns: 100 },
    );
  });
});

test("secrets are masked in texts, and nothing else changes", () => {
  expect(masked({ state: "1234", n: 1234, list: ["x1234y", null, true] }, ["1234"])).toEqual({
    state: "***",
    n: 1234,
    list: ["x***y", null, true],
  });
});

test.each([
  [-5, "0.0 s"],
  [3_349, "3.3 s"],
  [59_949, "59.9 s"],
  [59_960, "1 min 0 s"],
  [3_599_400, "59 min 59 s"],
  [7_500_000, "2 h 5 min"],
])("%i ms are %s", (milliseconds, text) => expect(durationText(milliseconds)).toBe(text));
