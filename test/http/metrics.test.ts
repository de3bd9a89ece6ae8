import { expect, test } from "vitest";
import { cancelInstance } from "../../src/jobs/index.js";
import { onEachDatabase, renameTable } from "../database.js";
import { blocked, completed, quoted, serviceWorld } from "./service-world.js";

/** Samples by name and labels: `sluice_job_ends_total{job="HR",state="Completed"}` → 1. */
const samplesOf = (text: string): ReadonlyMap<string, number> =>
  new Map(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => {
        const at = line.lastIndexOf(" ");
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
  );

const metricsAt = async (address: string): Promise<ReadonlyMap<string, number>> =>
  samplesOf(await (await fetch(`${address}/metrics`)).text());

const startingWith = (samples: ReadonlyMap<string, number>, name: string): Record<string, number> =>
  Object.fromEntries([...samples].filter(([key]) => key.startsWith(`${name}{`)).map(([key, value]) => [key.slice(name.length), value]));

onEachDatabase((kind) => {
  test("count ends, rows and durations from the start of the service on, each once, whoever collects", async () => {
    const world = await serviceWorld(kind);
    await world.run(completed({ inserted: 1_000 }));
    const { address } = await world.start();
    expect(startingWith(await metricsAt(address), "sluice_job_ends_total")).toEqual({});
    await world.run(completed({ inserted: 5, updated: 0, orphans: 7 }));
    await world.run(null);
    await world.run(completed({ inserted: 2 }), { job: quoted });
    await Promise.all([metricsAt(address), metricsAt(address)]);
    const samples = await metricsAt(address);
    const asLabel = quoted.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
    expect(startingWith(samples, "sluice_job_ends_total")).toEqual({
      '{job="HR",state="Completed"}': 1,
      '{job="HR",state="Errored"}': 1,
      [`{job="${asLabel}",state="Completed"}`]: 1,
    });
    expect(startingWith(samples, "sluice_rows_total")).toEqual({
      '{job="HR",type="SynchronizeTask",counter="inserted"}': 5,
      [`{job="${asLabel}",type="SynchronizeTask",counter="inserted"}`]: 2,
    });
    expect(startingWith(samples, "sluice_job_duration_seconds_count")).toEqual({
      '{job="HR",state="Completed"}': 1,
      '{job="HR",state="Errored"}': 1,
      [`{job="${asLabel}",state="Completed"}`]: 1,
    });
    expect(samples.get("sluice_database_up")).toBe(1);
    expect(samples.get("process_cpu_seconds_total")).toBeGreaterThan(0);
    expect(samples.get("nodejs_heap_size_used_bytes")).toBeGreaterThan(0);
  });

  test("a blocked instance stands as such until it is resumed or cancelled, which is an end of its own; staged rows are none", async () => {
    const world = await serviceWorld(kind);
    const before = await world.run(blocked({ deleted: 240 }));
    const { address } = await world.start();
    const open = async (): Promise<number | undefined> => (await metricsAt(address)).get('sluice_blocked_instances{job="HR"}');
    expect(await open()).toBe(1);
    expect(startingWith(await metricsAt(address), "sluice_job_ends_total")).toEqual({});
    const after = await world.run(blocked({ deleted: 3 }));
    expect(await open()).toBe(2);
    await world.resume(before.jobInstance, completed({ deleted: 240 }));
    await cancelInstance({ store: world.store, jobInstance: after.jobInstance, by: "ann" });
    expect(await open()).toBe(0);
    const samples = await metricsAt(address);
    expect(startingWith(samples, "sluice_job_ends_total")).toEqual({
      '{job="HR",state="Blocked"}': 1,
      '{job="HR",state="Completed"}': 1,
      '{job="HR",state="Cancelled"}': 1,
    });
    // Once, although the blocked task and its validation both have the counts.
    expect(startingWith(samples, "sluice_rows_total")).toEqual({ '{job="HR",type="SynchronizeTask",counter="deleted"}': 240 });
    // What a person took to decide is no duration.
    expect(startingWith(samples, "sluice_job_duration_seconds_count")).toEqual({ '{job="HR",state="Blocked"}': 1 });
  });

  test("seconds since the last success: a whole run that Completed, before the start of the service too", async () => {
    const world = await serviceWorld(kind);
    const name = 'sluice_job_seconds_since_success{job="HR"}';
    const first = await world.run(completed());
    const { address } = await world.start();
    const since = async (): Promise<number> => (await metricsAt(address)).get(name) ?? Number.NaN;
    const ended = Date.parse(first.endedAt ?? "");
    world.clock.at = ended + 100_000;
    expect(await since()).toBe(100);
    await world.run(null);
    await world.run(completed(), { task: "Load" });
    await world.run(blocked());
    expect(await since()).toBe(100);
    const last = await world.run(completed());
    world.clock.at = Date.parse(last.endedAt ?? "") + 7_000;
    expect(await since()).toBe(7);
    expect([...(await metricsAt(address)).keys()].filter((key) => key.startsWith("sluice_job_seconds_since_success"))).toEqual([name]);
  });

  test("alarms, refusal and the loop's last turn are the service's own", async () => {
    const world = await serviceWorld(kind);
    const { address } = await world.start();
    world.state = {
      ...world.state,
      turnedAt: world.clock.at - 3_000,
      alarms: [{ job: "HR" }, { job: "HR" }, { job: "Gone" }],
      isConfigurationRefused: true,
    };
    const samples = await metricsAt(address);
    expect(startingWith(samples, "sluice_scheduler_alarms")).toMatchObject({ '{job="HR"}': 2, '{job="Gone"}': 1 });
    expect(samples.get("sluice_scheduler_seconds_since_turn")).toBe(3);
    expect(samples.get("sluice_configuration_refused")).toBe(1);
    world.state = { ...world.state, alarms: [], turnedAt: null, isConfigurationRefused: false };
    const later = await metricsAt(address);
    expect(later.get('sluice_scheduler_alarms{job="HR"}')).toBe(0);
    expect(later.has('sluice_scheduler_alarms{job="Gone"}')).toBe(false);
    expect(later.get("sluice_configuration_refused")).toBe(0);
  });

  test("what could not be read is absent, and counted when the database answers again", async () => {
    const world = await serviceWorld(kind);
    const { address } = await world.start();
    await world.run(blocked());
    await renameTable(kind, world.store.knex, "UJ_TaskInstances", "Away");
    const away = await metricsAt(address);
    expect(away.get("sluice_database_up")).toBe(0);
    expect(startingWith(away, "sluice_blocked_instances")).toEqual({});
    await renameTable(kind, world.store.knex, "Away", "UJ_TaskInstances");
    const back = await metricsAt(address);
    expect(startingWith(back, "sluice_job_ends_total")).toEqual({ '{job="HR",state="Blocked"}': 1 });
    expect(back.get('sluice_blocked_instances{job="HR"}')).toBe(1);
  });
});
