import { onTestFinished } from "vitest";
import type { Configuration } from "../../src/config/index.js";
import { type ServiceEndpoint, type ServiceState, startServiceEndpoint } from "../../src/http/index.js";
import { type RunReport, resumeInstance, runJob } from "../../src/jobs/index.js";
import type { Counters, TaskResult } from "../../src/model/index.js";
import type { Store } from "../../src/store/index.js";
import type { DatabaseKind } from "../database.js";
import { handDriven } from "../jobs/runner/hand-driven-tasks.js";
import { sampleConfiguration, sampleJob } from "../jobs/runner/sample-configuration.js";
import { freshStore } from "../store/records/temporary-store.js";

/** How a task ends. */
export const completed = (counters: Counters = {}): TaskResult => ({ state: "Completed", producedOutput: true, counters });
export const blocked = (counters: Counters = {}): TaskResult => ({
  state: "Blocked",
  message: "Threshold Exceeded: 240 > 100",
  counters,
  thresholds: [],
});

/** A service without a scheduler: jobs are run by hand, time is set by hand. */
export interface ServiceWorld {
  readonly store: Store;
  readonly configuration: Configuration;
  readonly clock: { now: () => number; at: number };
  state: ServiceState;
  /** Runs a job, or one task of it, whose tasks end as given; null: they fail. */
  readonly run: (end: TaskResult | null, part?: { readonly job?: string; readonly task?: string }) => Promise<RunReport>;
  readonly resume: (jobInstance: number, end: TaskResult) => Promise<RunReport>;
  readonly start: (address?: string, port?: number) => Promise<ServiceEndpoint>;
}

export const quoted = 'A "quoted"\\job';

export const serviceWorld = async (kind: DatabaseKind): Promise<ServiceWorld> => {
  const store = await freshStore(kind);
  const configuration = sampleConfiguration({
    jobs: [
      sampleJob("HR", [{ id: "Load" }, { id: "Flag", type: "ComputeRoleModelTask", parents: ["Load"] }]),
      sampleJob(quoted, [{ id: "Load" }]),
    ],
    secrets: ["hunter2"],
  });
  const clock = { at: Date.now(), now: (): number => clock.at };
  let end: TaskResult | null = null;
  let validated: TaskResult = completed();
  const load = (): TaskResult => {
    if (end === null) throw new Error("it fails");
    return end;
  };
  const { registry } = handDriven({ Load: load }, () => validated);
  const surroundings = { configuration, store, startedBy: "ann", registry };
  const world: ServiceWorld = {
    store,
    configuration,
    clock,
    state: { configuration, turnedAt: clock.at, alarms: [], isConfigurationRefused: false },
    run: (result, { job = "HR", task } = {}) => {
      end = result;
      return runJob({ ...surroundings, what: { job, task } });
    },
    resume: (jobInstance, result) => {
      validated = result;
      return resumeInstance({ ...surroundings, jobInstance });
    },
    start: async (address = "127.0.0.1", port = 0) => {
      const service = { ...configuration.settings.service, address, port };
      const endpoint = await startServiceEndpoint({ settings: { service }, store, source: () => world.state, clock });
      onTestFinished(() => endpoint.close());
      return endpoint;
    },
  };
  return world;
};
