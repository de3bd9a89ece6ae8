import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Configuration, NotificationSettings, Subscription } from "../../../src/config/index.js";
import { SluiceError } from "../../../src/errors/index.js";
import {
  jobLogPath,
  notificationCounts,
  notifyDead,
  notifyEnd,
  type RunReport,
  reportOf,
  resumeInstance,
  runJob,
} from "../../../src/jobs/index.js";
import type { TaskResult } from "../../../src/model/index.js";
import { openStore, type Store } from "../../../src/store/index.js";
import { freshDatabase, onEachDatabase, type TestDatabase } from "../../database.js";
import { handDriven } from "../runner/hand-driven-tasks.js";
import { type Sample, sampleConfiguration, sampleJob, silentNotification } from "../runner/sample-configuration.js";
import { mailServer, readMail, settingsFor } from "./mail-server.js";

const blocked: TaskResult = {
  state: "Blocked",
  message: "Threshold Exceeded: MaximumDeletedLines; a column is empty everywhere",
  counters: { deleted: 240 },
  thresholds: [{ scope: "Connector A", name: "MaximumDeletedLines", limit: 100, count: 240, of: 2000, exceeded: true }],
};
const failing = (): never => {
  throw new SluiceError("TASK_DEADLINE", { task: "Load <s3cret>", minutes: 1 }, { place: { file: "a.csv", line: 3 } });
};
const onErrors: readonly Subscription[] = [{ profile: "Operator", state: "Errored", isResumed: false }];
const told = (more: Partial<NotificationSettings> = {}): Partial<NotificationSettings> => ({
  profiles: new Map([["operator", ["operator@example.org"]]]),
  ...more,
});

/** A killed process whose parent never asks for it stays as a zombie. */
const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.startsWith("Z") !== true;
  } catch {
    return false;
  }
};

onEachDatabase((kind) => {
  const stores: Store[] = [];
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });

  const prepare = async (
    settings: Partial<NotificationSettings>,
    subscriptions: readonly Subscription[] = [],
    more: Partial<Sample> = {},
  ): Promise<{ readonly configuration: Configuration; readonly store: Store; readonly database: TestDatabase }> => {
    const database = await freshDatabase(kind);
    const sample = sampleConfiguration({
      jobs: [sampleJob("Job", [{ id: "Load", connector: "A" }])],
      database: database.setting,
      ...more,
    });
    mkdirSync(sample.workspace, { recursive: true });
    const store = await openStore(sample.settings.database);
    stores.push(store);
    const configuration = {
      ...sample,
      notification: { ...sample.notification, subscriptions },
      settings: { ...sample.settings, notification: { ...silentNotification, ...settings } },
    };
    return { configuration, store, database };
  };
  type Given = Awaited<ReturnType<typeof prepare>>;

  const run = (given: Given, load: () => TaskResult, more: object = {}): Promise<RunReport> =>
    runJob({ ...given, startedBy: "ann", what: { job: "Job" }, registry: handDriven({ Load: load }).registry, ...more });
  const done = (): TaskResult => ({ state: "Completed", producedOutput: true });
  const mailsIn = ({ configuration }: Given): readonly string[] => {
    const folder = join(configuration.settings.tempFolder, "Mails");
    return existsSync(folder) ? readdirSync(folder).sort() : [];
  };
  const mailNamed = ({ configuration }: Given, name: string) =>
    readMail(readFileSync(join(configuration.settings.tempFolder, "Mails", name), "utf8"));
  const logOf = ({ configuration }: Given, jobInstance = 1): string => readFileSync(jobLogPath(configuration, "Job", jobInstance), "utf8");

  describe("a mail", () => {
    test("lies in Temp/Mails where no server is set, with the error itself and the way on, without secrets", async () => {
      const given = await prepare(told(), onErrors, { secrets: ["s3cret"] });
      const before = notificationCounts();
      const report = await run(given, failing, { reason: "for s3cret reasons" });
      expect(report.state).toBe("Errored");
      expect(mailsIn(given)).toEqual(["1-Errored.eml"]);
      const { headers, parts } = mailNamed(given, "1-Errored.eml");
      expect(Object.fromEntries(headers)).toMatchObject({
        "x-unsent": "1",
        to: "operator@example.org",
        subject: "Job: Errored (instance 1)",
        "x-sluice-instance": "1",
        "auto-submitted": "auto-generated",
      });
      expect(headers.has("x-sluice-unsent")).toBe(false);
      const text = parts.get("text/plain") ?? "";
      expect(text).toContain("Load: TASK_DEADLINE\n  Load <***> was stopped after 1 minutes");
      expect(text).toContain("\n  in a.csv:3\n");
      expect(text).toContain(`\n  sluice resume 1 --workspace ${given.configuration.workspace}\n`);
      expect(parts.get("text/html")).toContain("Load &lt;***&gt; was stopped");
      expect(JSON.stringify([...parts])).not.toContain("s3cret");
      expect(logOf(given)).toContain("a mail about this end is in");
      expect(notificationCounts().mailsWritten - before.mailsWritten).toBe(1);
    });

    test("goes to nobody who did not ask for that state; then nothing is made at all", async () => {
      const given = await prepare(told(), onErrors);
      expect((await run(given, done)).state).toBe("Completed");
      expect(mailsIn(given)).toEqual([]);
    });

    test("of a resumed instance goes to those of Repair, of others to those of Launch", async () => {
      const subscriptions: readonly Subscription[] = [
        { profile: "Operator", state: "Blocked", isResumed: false },
        { profile: "Mender", state: "Completed", isResumed: true },
        { profile: "Nobody", state: "Completed", isResumed: false },
      ];
      const profiles = new Map(["operator", "mender", "nobody"].map((profile) => [profile, [`${profile}@example.org`]]));
      const given = await prepare({ profiles }, subscriptions);
      expect((await run(given, () => blocked)).state).toBe("Blocked");
      const { registry } = handDriven({});
      expect((await resumeInstance({ ...given, startedBy: "bob", jobInstance: 1, registry })).state).toBe("Completed");
      expect(mailsIn(given)).toEqual(["1-Blocked.eml", "1-Completed.eml"]);
      const first = mailNamed(given, "1-Blocked.eml");
      expect(first.headers.get("to")).toBe("operator@example.org");
      expect(first.parts.get("text/plain")).toMatch(/Load {2}Connector A {2}MaximumDeletedLines +100 +240 +2,000\n/);
      expect(mailNamed(given, "1-Completed.eml").headers.get("to")).toBe("mender@example.org");
    });

    test("goes once to each, to whom the settings name too, within the domains that are allowed", async () => {
      const given = await prepare(
        told({
          mail: { ...silentNotification.mail, allowedDomains: ["example.org"], catchAllCopy: "copy@example.net" },
          recipients: new Map([["Errored", ["Operator@Example.org", "other@example.org", "far@example.com"]]]),
        }),
        onErrors,
      );
      await run(given, failing);
      const { headers } = mailNamed(given, "1-Errored.eml");
      expect([headers.get("to")?.toLowerCase(), headers.get("cc")]).toEqual([
        "operator@example.org, other@example.org",
        "copy@example.net",
      ]);
      expect(logOf(given)).toContain("far@example.com");
    });

    test("goes to those who have the profile by name and are not denied it", async () => {
      const given = await prepare({}, onErrors);
      const always = { profile: "Operator", isDenied: false, from: "1900-01-01T00:00:00.000Z", until: "2079-06-06T00:00:00.000Z" };
      const assigned = [
        { ...always, user: "1", email: "one@example.org" },
        { ...always, user: "2", email: "two@example.org" },
        { ...always, user: "2", email: null, isDenied: true },
        { ...always, user: "3", email: "three@example.org", until: "2020-01-01T00:00:00.000Z" },
        { ...always, user: "4", email: "four@example.org", profile: "Other" },
      ];
      const configuration = { ...given.configuration, notification: { ...given.configuration.notification, assigned } };
      await run({ ...given, configuration }, failing);
      expect(mailNamed(given, "1-Errored.eml").headers.get("to")).toBe("one@example.org");
    });

    test("is sent by the server, and then lies nowhere", async () => {
      const server = await mailServer({ hideSTARTTLS: true });
      const given = await prepare(told({ mail: settingsFor(server.port, { security: "None" }) }), onErrors);
      const before = notificationCounts();
      await run(given, failing);
      expect(server.mails).toMatchObject([{ from: "sluice@example.org", to: ["operator@example.org"] }]);
      const { headers, parts } = readMail(server.mails[0]?.content ?? "");
      expect(headers.get("message-id")).toMatch(/^<sluice\.1\.Errored\.\d+@\S+>$/);
      expect(parts.get("text/plain")).toContain("TASK_DEADLINE");
      expect(mailsIn(given)).toEqual([]);
      expect(notificationCounts().mailsSent - before.mailsSent).toBe(1);
    });

    test("that the server does not take lies in Temp/Mails with the reason, and the job ends as it did", async () => {
      const server = await mailServer({
        hideSTARTTLS: true,
        onMailFrom: (_address, _session, end) => end(Object.assign(new Error("s3cret sender is not welcome"), { responseCode: 554 })),
      });
      const given = await prepare(told({ mail: settingsFor(server.port, { security: "None" }) }), onErrors, { secrets: ["s3cret"] });
      const before = notificationCounts();
      expect((await run(given, failing)).state).toBe("Errored");
      expect(mailNamed(given, "1-Errored.eml").headers.get("x-sluice-unsent")).toMatch(
        /^to operator@example.org: .*\*\*\* sender is not welcome/,
      );
      expect(logOf(given)).toContain('"code":"JOB_MAIL_UNSENT"');
      expect(logOf(given)).not.toContain("s3cret");
      expect(notificationCounts().mailsFailed - before.mailsFailed).toBe(1);
    });

    test("does not take the place of an earlier one", async () => {
      const given = await prepare(told(), onErrors);
      const report = await run(given, failing);
      await notifyEnd({ ...given, report });
      await notifyEnd({ ...given, report });
      expect(mailsIn(given)).toEqual(["1-Errored-2.eml", "1-Errored-3.eml", "1-Errored.eml"]);
    });

    test("that cannot be written is noted, and the job ends as it did", async () => {
      const given = await prepare(told(), onErrors);
      const { tempFolder } = given.configuration.settings;
      mkdirSync(tempFolder, { recursive: true });
      writeFileSync(join(tempFolder, "Mails"), "a file");
      expect((await run(given, failing)).state).toBe("Errored");
      expect(logOf(given)).toMatch(/EEXIST|ENOTDIR/);
    });
  });

  describe("of an end that no runner saw", () => {
    test("an instance found dead is told of, in its own log", async () => {
      const given = await prepare(told(), [{ profile: "Operator", state: "Aborted", isResumed: false }]);
      await run(given, done);
      const knex = await given.database.knex();
      await knex("UJ_JobInstances").update({ State: "Aborted", Message: "its runner (process 1 on vm) is gone" });
      await notifyDead({ ...given, aborted: [{ id: 1 }, { id: 99 }] });
      expect(mailsIn(given)).toEqual(["1-Aborted.eml"]);
      expect(mailNamed(given, "1-Aborted.eml").parts.get("text/plain")).toContain("its runner (process 1 on vm) is gone");
      expect(logOf(given)).toContain("a mail about this end is in");
    });

    test("an instance whose log cannot be written is Aborted, and told of", async () => {
      const given = await prepare(told(), [{ profile: "Operator", state: "Aborted", isResumed: false }]);
      const folder = dirname(jobLogPath(given.configuration, "Job", 1));
      mkdirSync(dirname(folder), { recursive: true });
      writeFileSync(folder, "a file");
      await expect(run(given, done)).rejects.toMatchObject({ code: "SRC_WRITE_FAILED" });
      expect(mailsIn(given)).toEqual(["1-Aborted.eml"]);
      expect(mailNamed(given, "1-Aborted.eml").parts.get("text/plain")).toMatch(/\nMessage +\S/);
    });

    test("one that runs still is not told of, and a store that is gone is no error", async () => {
      const given = await prepare(told(), onErrors);
      const report = await run(given, failing);
      await notifyEnd({ ...given, report: { ...report, state: "InProgress" } });
      expect(mailsIn(given)).toEqual(["1-Errored.eml"]);
      await given.store.close();
      stores.splice(0);
      await notifyEnd({ ...given, report });
      expect(mailsIn(given)).toEqual(["1-Errored.eml"]);
    });
  });

  describe("a command", () => {
    const script = (given: Given, name: string, text: string): string => {
      writeFileSync(join(given.configuration.workspace, name), text);
      return name;
    };
    const commanded = (given: Given, parameters: readonly string[], more: object = {}): Given => {
      const command = { file: process.execPath, parameters, timeoutSeconds: 60, states: ["Errored"] as const, ...more };
      const notification = { ...given.configuration.settings.notification, command };
      return { ...given, configuration: { ...given.configuration, settings: { ...given.configuration.settings, notification } } };
    };

    test("reads the instance as JSON and knows what it is about from its environment", async () => {
      const plain = await prepare({}, [], { secrets: ["s3cret"] });
      const tell = script(
        plain,
        "tell.mjs",
        `import { writeFileSync } from "node:fs";
         let text = "";
         for await (const chunk of process.stdin) text += chunk;
         const { SLUICE_JOB, SLUICE_JOB_INSTANCE, SLUICE_STATE } = process.env;
         writeFileSync("told.json", JSON.stringify({ document: JSON.parse(text), SLUICE_JOB, SLUICE_JOB_INSTANCE, SLUICE_STATE, arguments: process.argv.slice(2) }));
         console.log("told somebody");`,
      );
      const given = commanded(plain, [tell, "", "a b"]);
      const before = notificationCounts();
      const report = await run(given, failing, { logLevel: "Debug" });
      const found = JSON.parse(readFileSync(join(plain.configuration.workspace, "told.json"), "utf8")) as Record<string, unknown>;
      expect(found).toEqual({
        document: report,
        SLUICE_JOB: "Job",
        SLUICE_JOB_INSTANCE: "1",
        SLUICE_STATE: "Errored",
        arguments: ["", "a b"],
      });
      expect(JSON.stringify(found)).not.toContain("s3cret");
      expect(logOf(given)).toContain("told somebody");
      expect(notificationCounts().commandsRun - before.commandsRun).toBe(1);
    });

    test("is not started for other states", async () => {
      const plain = await prepare({});
      const given = commanded(plain, [script(plain, "tell.mjs", 'import { writeFileSync } from "node:fs"; writeFileSync("told", "");')]);
      await run(given, done);
      expect(existsSync(join(plain.configuration.workspace, "told"))).toBe(false);
    });

    test("that fails, is not there, or does not read, changes nothing of the job", async () => {
      const plain = await prepare({}, [], { jobs: [sampleJob("Job", [{ id: "Load", connector: "A" }])] });
      const fails = commanded(plain, [script(plain, "fails.mjs", 'console.error("no such channel"); process.exit(3);')]);
      const before = notificationCounts();
      expect((await run(fails, failing)).state).toBe("Errored");
      expect(logOf(fails)).toMatch(/JOB_NOTIFY_COMMAND/);
      expect(logOf(fails)).toMatch(/ended with exit code 3: no such channel/);
      const missing = commanded(plain, [], { file: "./none" });
      expect((await run(missing, failing)).state).toBe("Errored");
      expect(logOf(missing, 2)).toMatch(/Notify.Command .\/none could not be started \(ENOENT\)/);
      // More than a pipe holds, to a program that never reads.
      const deaf = commanded(plain, ["-e", "0"]);
      const error = { code: "TASK_FAULT", message: "y".repeat(2_000_000) };
      const report = await reportOf(plain.store, 2);
      await notifyEnd({ ...deaf, report: { ...report, tasks: report.tasks.map((task) => ({ ...task, error })) } });
      expect(notificationCounts().commandsFailed - before.commandsFailed).toBe(2);
      expect(notificationCounts().commandsRun - before.commandsRun).toBe(1);
    });

    test.skipIf(process.platform === "win32")("that hangs is ended after its time, with all that it started", async () => {
      const plain = await prepare({});
      const hangs = script(
        plain,
        "hangs.mjs",
        `import { spawn } from "node:child_process";
         import { writeFileSync } from "node:fs";
         const child = spawn("sleep", ["600"], { stdio: "inherit" });
         writeFileSync("child.pid", String(child.pid));
         setInterval(() => undefined, 1000);`,
      );
      const given = commanded(plain, [hangs], { timeoutSeconds: 2 });
      expect((await run(given, failing)).state).toBe("Errored");
      expect(logOf(given)).toMatch(/was ended with all that it had started, after 2 s/);
      const pid = Number(readFileSync(join(plain.configuration.workspace, "child.pid"), "utf8"));
      // Looked at whenever the event loop comes round.
      while (isRunning(pid)) await new Promise((next) => setImmediate(next));
    });

    test("gets a few seconds where the process was told to stop already", async () => {
      const plain = await prepare({});
      const given = commanded(plain, ["-e", 'require("node:fs").writeFileSync("told", "")']);
      const report = await run(await prepare({}), failing);
      const stop = new AbortController();
      stop.abort();
      await notifyEnd({ ...given, report: { ...report, state: "Errored" }, signal: stop.signal });
      expect(existsSync(join(plain.configuration.workspace, "told"))).toBe(true);
    });
  });
});
