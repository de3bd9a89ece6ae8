import { existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { Configuration } from "../../../src/config/index.js";
import { applyRetention, type RetentionOutcome } from "../../../src/jobs/index.js";
import type { Store } from "../../../src/store/index.js";
import { type DatabaseKind, onEachDatabase } from "../../database.js";
import { addInstance } from "../../store/maintenance/filled.js";
import { freshStore } from "../../store/records/temporary-store.js";
import { sampleConfiguration, sampleJob } from "../runner/sample-configuration.js";

const now = Date.parse("2026-11-21T09:00:00Z");
const daysAgo = (days: number): string => new Date(now - days * 86_400_000).toISOString();

const guid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;

/** A file, or a folder with one in it, that was last written so many days ago. */
const put = (path: string, days: number, isFolder = false): void => {
  mkdirSync(isFolder ? path : dirname(path), { recursive: true });
  const file = isFolder ? join(path, "errors.csv") : path;
  writeFileSync(file, "x");
  const at = new Date(daysAgo(days));
  utimesSync(file, at, at);
  if (isFolder) utimesSync(path, at, at);
};

const configurationWith = (retention: Partial<Configuration["settings"]["retention"]>, tasks: readonly string[] = []): Configuration => {
  const configuration = sampleConfiguration({
    jobs: [
      sampleJob(
        "HR",
        tasks.map((type) => ({ id: type, type })),
      ),
    ],
  });
  return { ...configuration, settings: { ...configuration.settings, retention: { ...configuration.settings.retention, ...retention } } };
};

interface Said {
  readonly level: string;
  readonly message: string;
  readonly details: unknown;
}
interface World {
  readonly configuration: Configuration;
  readonly store: Store;
  readonly said: Said[];
  readonly apply: (more?: { readonly dryRun?: boolean; readonly signal?: AbortSignal }) => Promise<RetentionOutcome>;
}

const world = async (kind: DatabaseKind, configuration: Configuration): Promise<World> => {
  const store = await freshStore(kind);
  const said: Said[] = [];
  const log = { write: (level: string, message: string, details: object = {}): void => void said.push({ level, message, details }) };
  const apply: World["apply"] = (more = {}) => applyRetention({ store, configuration, timing: { now: () => now }, log, ...more });
  return { configuration, store, said, apply };
};

const nothing = {
  jobInstances: 0,
  taskInstances: 0,
  sessions: 0,
  scheduledRuns: 0,
  appliedChanges: 0,
  sessionFolders: 0,
  jobLogs: 0,
  mails: 0,
  problems: [],
};

const addSession = async ({ store }: World, number: number, days: number, state = "applied"): Promise<void> => {
  await store.knex("UJ_SynchronizationSessions").insert({
    Guid: guid(number),
    Sequence: number,
    Connector: "A",
    Mode: "Complete",
    Type: "None",
    State: state,
    MappingHash: "m",
    CreatedAt: daysAgo(days),
    ChangedAt: daysAgo(days),
  });
};

onEachDatabase((kind) => {
  test("removes what is older than its setting from database and folders, says so, and finds nothing a second time", async () => {
    const made = await world(kind, configurationWith({ instances: 90, sessions: 30, logs: 10, mails: 5 }));
    const { configuration, store, said, apply } = made;
    const { workFolder, tempFolder } = configuration.settings;
    const old = await addInstance(store.knex, daysAgo(91));
    const young = await addInstance(store.knex, daysAgo(89));
    const blocked = await addInstance(store.knex, daysAgo(500), { state: "Blocked", taskState: "Blocked" });
    const errored = await addInstance(store.knex, daysAgo(500), { state: "Errored", job: "B" });
    const log = (instance: number, days: number): string => {
      const path = join(tempFolder, "JobLogs", `HR_${instance}.log`);
      put(path, days);
      return path;
    };
    const kept = [log(young.instance, 9), log(blocked.instance, 400), log(errored.instance, 400), join(tempFolder, "JobLogs", "notes.txt")];
    put(kept.at(-1) ?? "", 400);
    const goneLogs = [log(old.instance, 91), log(4_711, 11)];
    for (const [number, days, state] of [
      [1, 31, "applied"],
      [2, 31, "ready"],
      [3, 29, "applied"],
      [4, 31, "failed"],
    ] as const) {
      await addSession(made, number, days, state);
      put(join(workFolder, "Synchronization", guid(number)), days, true);
    }
    // Of no session that the database knows; and what is not ours.
    put(join(workFolder, "Synchronization", guid(5)), 31, true);
    put(join(workFolder, "Synchronization", guid(6)), 29, true);
    put(join(workFolder, "Synchronization", "mine"), 400, true);
    put(join(workFolder, "Collect", "previous", "promoted", "A", "x.csv"), 400);
    for (const [name, days] of [
      ["1-Errored.eml", 6],
      ["2-Errored.eml", 4],
      ["mine.txt", 400],
    ] as const)
      put(join(tempFolder, "Mails", name), days);

    const counts = { ...nothing, jobInstances: 1, taskInstances: 1, sessionFolders: 2, jobLogs: 2, mails: 1 };
    expect(await apply({ dryRun: true })).toEqual(counts);
    expect(said).toEqual([]);
    expect(goneLogs.every((path) => existsSync(path))).toBe(true);
    expect(await apply()).toEqual(counts);
    expect(said).toMatchObject([{ level: "info", details: { jobInstances: 1, sessionFolders: 2 } }]);
    expect(readdirSync(join(workFolder, "Synchronization")).sort()).toEqual([guid(2), guid(3), guid(4), guid(6), "mine"].sort());
    expect(readdirSync(join(tempFolder, "Mails")).sort()).toEqual(["2-Errored.eml", "mine.txt"]);
    expect([...kept, join(workFolder, "Collect", "previous", "promoted", "A", "x.csv")].filter((path) => !existsSync(path))).toEqual([]);
    expect(goneLogs.filter((path) => existsSync(path))).toEqual([]);
    expect(await apply()).toEqual(nothing);
    expect(said.at(-1)?.level).toBe("debug");
  });

  test("0 days keep for ever, and folders that are not there are no problem", async () => {
    const { store, configuration, apply } = await world(
      kind,
      configurationWith({ instances: null, sessions: null, logs: null, mails: null }),
    );
    await addInstance(store.knex, daysAgo(5_000));
    await addInstance(store.knex, daysAgo(4_000));
    expect(await apply()).toEqual(nothing);
    put(join(configuration.settings.tempFolder, "JobLogs", "HR_1.log"), 5_000);
    put(join(configuration.settings.tempFolder, "Mails", "1.eml"), 5_000);
    put(join(configuration.settings.workFolder, "Synchronization", guid(1)), 5_000, true);
    expect(await apply()).toEqual(nothing);
  });

  test("keeps applied changes as long as a task of the configuration consumes them", async () => {
    for (const [tasks, removed] of [
      [["SetRecentlyModifiedFlagTask"], 0],
      [["SynchronizeTask"], 1],
    ] as const) {
      const { store, apply } = await world(kind, configurationWith({}, tasks));
      const { task } = await addInstance(store.knex, daysAgo(400));
      const change = { TaskInstance: task, State: "applied", Command: "update", Type: 1, Key: "k", ResourceId: 1, Changes: "{}" };
      await store.knex("UR_ResourceChanges").insert(change);
      expect((await apply()).appliedChanges).toBe(removed);
    }
  });

  test("without the database no file goes, and what failed is said and given", async () => {
    const { store, configuration, said, apply } = await world(kind, configurationWith({}));
    const path = join(configuration.settings.tempFolder, "JobLogs", "HR_1.log");
    put(path, 400);
    await store.knex.schema.dropTable("UJ_SynchronizationSessions");
    const { problems, ...counts } = await apply();
    expect(counts).toMatchObject({ jobLogs: 0, mails: 0 });
    expect(problems.length).toBeGreaterThan(0);
    expect(said.filter(({ level }) => level === "warn")).toHaveLength(problems.length);
    expect(existsSync(path)).toBe(true);
  });

  test("a link among the logs goes itself, never what it points to; what cannot be looked at does not keep the rest", async () => {
    const { configuration, apply } = await world(kind, configurationWith({ logs: 10 }));
    const folder = join(configuration.settings.tempFolder, "JobLogs");
    const outside = join(configuration.workspace, "outside");
    put(join(outside, "precious.csv"), 400);
    put(join(folder, "HR_2.log"), 400);
    symlinkSync(outside, join(folder, "HR_1.log"));
    const { jobLogs } = await apply();
    // The link itself was made now.
    expect(jobLogs).toBe(1);
    expect(existsSync(join(outside, "precious.csv"))).toBe(true);
  });

  test("a stop ends it without a problem", async () => {
    const { store, configuration, apply } = await world(kind, configurationWith({}));
    await addInstance(store.knex, daysAgo(400));
    await addInstance(store.knex, daysAgo(300));
    put(join(configuration.settings.tempFolder, "Mails", "1.eml"), 400);
    expect(await apply({ signal: AbortSignal.abort() })).toEqual(nothing);
  });
});
