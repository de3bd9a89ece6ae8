import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Configuration, loadSnapshot, loadWorkspace } from "../../../src/config/index.js";
import {
  configurationOf,
  keepSnapshot,
  listSnapshots,
  openConfigurationSource,
  pruneSnapshots,
  snapshotFolder,
} from "../../../src/jobs/index.js";
import type { JobState } from "../../../src/model/index.js";
import type { Store } from "../../../src/store/index.js";
import { onEachDatabase } from "../../database.js";
import { freshStore, openInstance } from "../../store/records/temporary-store.js";
import { DropFolder, HandClock, jobFile } from "./dropping.js";

const loadValid = (drop: DropFolder, env: Record<string, string> = {}): Configuration => {
  const { configuration } = loadWorkspace({ workspace: drop.folder, env });
  if (configuration === null) throw new Error("invalid");
  return configuration;
};

/** Keeps the workspace under several schedules; gives the configurations in that order. */
const keepVersions = (drop: DropFolder, crons: readonly string[]): readonly Configuration[] =>
  crons.map((cron) => {
    drop.drop("jobs/hr.xml", jobFile("Job_HR", cron));
    const configuration = loadValid(drop);
    expect(keepSnapshot(configuration, {})).toBe(true);
    return configuration;
  });

describe("a run keeps its configuration", () => {
  test("once, and marks it as used from then on", () => {
    const drop = new DropFolder();
    const [one, two] = keepVersions(drop, ["0 1 * * *", "0 2 * * *"]);
    if (one === undefined || two === undefined) throw new Error("two were kept");
    const folder = snapshotFolder(drop.path("Work"), one.hash);
    utimesSync(folder, new Date("2026-01-01"), new Date("2026-01-01"));
    const written = statSync(join(folder, "model.xml")).mtimeMs;
    expect(listSnapshots(drop.path("Work")).map(({ hash }) => hash)).toEqual([two.hash, one.hash]);
    // Its files are no longer in the workspace, and are not needed.
    expect(keepSnapshot(one, {})).toBe(false);
    expect(statSync(join(folder, "model.xml")).mtimeMs).toBe(written);
    expect(listSnapshots(drop.path("Work")).map(({ hash }) => hash)).toEqual([one.hash, two.hash]);
  });

  test("and says when the files are another configuration by then", () => {
    const drop = new DropFolder();
    const before = loadValid(drop);
    drop.drop("jobs/hr.xml", jobFile("Job_HR", "0 9 * * *"));
    expect(() => keepSnapshot(before, {})).toThrow(/the files of the workspace changed/);
    expect(drop.kept).toEqual([]);
  });

  test("whole: what a process left that died is taken for none", () => {
    const drop = new DropFolder();
    const configuration = loadValid(drop);
    // Its own number, and one that no process can have.
    for (const pid of [process.pid, 2 ** 30]) {
      const half = join(drop.path("Work/Configurations"), `.${configuration.hash}.${pid}.tmp`);
      mkdirSync(half, { recursive: true });
      writeFileSync(join(half, "model.xml"), "half");
    }
    expect(listSnapshots(drop.path("Work"))).toEqual([]);
    expect(keepSnapshot(configuration, {})).toBe(true);
    expect(readdirSync(drop.path("Work/Configurations"))).toEqual([configuration.hash]);
  });
});

describe("an instance's configuration", () => {
  const env = { SLUICE__Connections__People__Path: "of-the-environment.csv" };

  test("is what it was started with, under the settings and secrets of the present", () => {
    const drop = new DropFolder();
    const started = loadValid(drop, env);
    keepSnapshot(started, env);
    drop.drop("jobs/hr.xml", jobFile("Job_HR", "0 9 * * *"));
    drop.drop("appsettings.json", JSON.stringify({ Scheduler: { MaxLockWatchTime: 7 }, TempFolderPath: "Elsewhere" }));
    drop.drop("appsettings.agent.json", JSON.stringify({ Connections: { People: { Path: "b.csv", Password: "second-secret" } } }));
    const present = loadValid(drop);
    const found = configurationOf(started.hash, {
      workspace: drop.folder,
      env: {},
      configuration: present,
      settings: present.settings,
    });
    expect(found?.hash).toBe(started.hash);
    expect(found?.jobs).toEqual(started.jobs);
    expect(found?.connectorHash).toEqual(started.connectorHash);
    expect(found?.settings).toEqual({
      ...present.settings,
      connections: new Map([["people", { Path: "of-the-environment.csv", Password: "second-secret" }]]),
    });
  });

  test("is the present one where that is the same, and none where it was not kept or is damaged", () => {
    const drop = new DropFolder();
    const started = loadValid(drop);
    const present = { workspace: drop.folder, env: {}, configuration: started, settings: started.settings };
    expect(configurationOf(started.hash, present)).toBe(started);
    expect(configurationOf("../../etc", present)).toBeNull();
    expect(configurationOf("a".repeat(64), present)).toBeNull();
    keepSnapshot(started, {});
    expect(configurationOf(started.hash, { ...present, configuration: null })?.hash).toBe(started.hash);
    writeFileSync(join(snapshotFolder(drop.path("Work"), started.hash), "model.xml"), "<ConfigurationFile/>");
    expect(configurationOf(started.hash, { ...present, configuration: null })).toBeNull();
  });

  test("is not looked for among the workspace's own files, wherever Work lay before", async () => {
    const drop = new DropFolder();
    drop.drop("appsettings.json", JSON.stringify({ WorkFolderPath: "Data" }));
    keepSnapshot(loadValid(drop), {});
    drop.remove("appsettings.json");
    expect(loadValid(drop).jobs.size).toBe(1);
  });
});

const startedUnder = async (store: Store, job: string, hash: string, state: JobState): Promise<void> => {
  const held = await openInstance(store, job);
  await store.knex("UJ_JobInstances").where({ Id: held.id }).update({ ConfigurationHash: hash });
  if (state !== "Waiting") await store.records.advance(held, { state });
};

onEachDatabase((kind) => {
  test("what nobody needs is pruned: not what is in force, not what an instance may go on under, not the last five", async () => {
    const store = await freshStore(kind);
    const drop = new DropFolder();
    const versions = keepVersions(
      drop,
      Array.from({ length: 12 }, (_, hour) => `0 ${hour} * * *`),
    );
    const work = drop.path("Work");
    const [ended = "", blocked = "", errored = "", running = "", unknown = "", inForce = ""] = versions.map(({ hash }) => hash);
    for (const [index, { hash }] of versions.entries()) {
      const used = new Date(Date.UTC(2026, 0, 1 + index));
      utimesSync(snapshotFolder(work, hash), used, used);
    }
    writeFileSync(join(work, "Configurations", "current"), JSON.stringify({ format: 1, hash: inForce, since: "2026-11-21T09:00:00.000Z" }));
    const old = join(work, "Configurations", `.${ended}.1.tmp`);
    mkdirSync(old);
    utimesSync(old, new Date("2026-01-01"), new Date("2026-01-01"));
    await startedUnder(store, "A", ended, "Completed");
    await startedUnder(store, "B", blocked, "Blocked");
    await startedUnder(store, "C", errored, "Errored");
    await startedUnder(store, "D", running, "InProgress");
    await startedUnder(store, "E", "f".repeat(64), "Aborted");

    expect((await store.reading.neededConfigurations()).toSorted()).toEqual([blocked, errored, running, "f".repeat(64)].toSorted());
    // The twelve but the five last used (7 to 11), the three needed and the one in force.
    expect(await pruneSnapshots(store, work)).toBe(3);
    const left = listSnapshots(work).map(({ hash }) => hash);
    expect(left).not.toContain(ended);
    expect(left).not.toContain(unknown);
    expect(left.toSorted()).toEqual([blocked, errored, running, inForce, ...versions.slice(7).map(({ hash }) => hash)].toSorted());
    expect(readdirSync(join(work, "Configurations")).filter((name) => name.startsWith("."))).toEqual([]);
    expect(await pruneSnapshots(store, work)).toBe(0);
    for (const hash of left)
      expect(loadSnapshot(snapshotFolder(work, hash), { workspace: drop.folder, env: {} }).configuration?.hash).toBe(hash);
  });
});

test("two services in one workspace keep and refuse the same", async () => {
  const drop = new DropFolder();
  const options = { workspace: drop.folder, env: {}, timing: new HandClock() };
  const both = [await openConfigurationSource(options), await openConfigurationSource(options)];
  drop.drop("jobs/hr.xml", jobFile("Job_HR", "0 4 * *"));
  for (const source of both) expect([await source.look(), await source.look()]).toEqual(["same", "refused"]);
  expect(drop.notes).toEqual(["jobs/hr.xml.refused.txt"]);
  drop.drop("jobs/hr.xml", jobFile("Job_HR", "0 4 * * *"));
  for (const source of both) expect([await source.look(), await source.look()]).toEqual(["same", "changed"]);
  expect(drop.notes).toEqual([]);
  expect(both[0]?.inForce).toEqual(both[1]?.inForce);
});
