import { readdirSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { loadWorkspace } from "../../dist/config/index.js";
import { startServiceEndpoint } from "../../dist/http/index.js";
import { applyRetention, openServiceLog, runJob } from "../../dist/jobs/index.js";
import { openStore } from "../../dist/store/index.js";
import { writeRound, writeWorkspace } from "./workspace.mjs";

// A collection on demand: what a process holds is measured after it.
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

/** Rounds between two applications of retention, as days lie between two of them. */
const roundsOfRetention = 5;
const dayMs = 86_400_000;

/** Open files and sockets where the system tells them; else what keeps the process alive. */
const openHandles = () => {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return process.getActiveResourcesInfo().length;
  }
};

const filesBelow = (folder) => readdirSync(folder, { recursive: true }).length;

/** A thread that has done its work takes a moment to go, with its five handles and its memory: so long is waited for it at most (ms), and looked so often. */
const restMs = 2_000;
const lookMs = 50;

const sampleOf = async (workspace, jobs, people, fewestHandles) => {
  for (let waited = 0; waited < restMs && openHandles() > fewestHandles; waited += lookMs)
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  // Twice: what a first one finalizes, the second frees.
  for (let time = 0; time < 2; time++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { jobs, people, heap: heapUsed, external, rss, handles: openHandles(), files: filesBelow(workspace) };
};

/**
 * Runs jobs in this process as the service does, one after the other, for so many seconds, and at least so many: a complete and an incremental one in turn, over data that grows from round to round, with the service's log, its endpoint asked
 * after each job, and retention on a clock of its own that is days ahead. Gives the samples. `onSample` is told each. `disturb` is called after each job (a test leaks something there).
 */
export const soak = async ({ workspace, seconds, fewestJobs, people, growth, onSample = () => undefined, disturb = () => undefined }) => {
  writeWorkspace(workspace);
  await writeRound(workspace, 0, people);
  const { configuration, findings } = loadWorkspace({ workspace, env: {} });
  if (configuration === null) throw new Error(JSON.stringify(findings));
  const { settings } = configuration;
  const clock = { now: () => Date.now() };
  const log = openServiceLog({ settings: () => settings, clock });
  const store = await openStore(settings.database);
  const state = { configuration, turnedAt: clock.now(), alarms: [], isConfigurationRefused: false };
  const service = { ...settings.service, port: 0 };
  const endpoint = await startServiceEndpoint({ settings: { service }, store, source: () => ({ ...state, turnedAt: clock.now() }), clock });
  const samples = [];
  const until = Date.now() + seconds * 1000;
  let jobs = 0;
  try {
    for (let round = 0; Date.now() < until || round < fewestJobs; round++) {
      const present = people + round * growth;
      await writeRound(workspace, round, present);
      const name = round % 2 === 0 ? "Complete" : "Incremental";
      const report = await runJob({ configuration, store, startedBy: "soak", what: { job: name }, trigger: "Scheduler" });
      jobs++;
      if (report.state !== "Completed")
        throw new Error(
          `${name} ended ${report.state}: ${JSON.stringify(report.tasks.map(({ error, thresholds }) => error ?? thresholds))}`,
        );
      log.write("debug", `job ${name} ended`, { jobInstance: report.jobInstance, counters: report.tasks.map(({ counters }) => counters) });
      for (const path of ["/metrics", "/health"]) {
        const answer = await fetch(`${endpoint.address}${path}`, { headers: { Connection: "close" } });
        await answer.text();
        if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
      }
      if (round % roundsOfRetention === roundsOfRetention - 1) {
        const { problems } = await applyRetention({ store, configuration, timing: { now: () => Date.now() + 2 * dayMs }, log });
        if (problems.length > 0) throw problems[0];
      }
      disturb(round);
      samples.push(await sampleOf(workspace, jobs, present, Math.min(...samples.map(({ handles }) => handles))));
      onSample(samples.at(-1));
    }
  } finally {
    await endpoint.close();
    await store.close();
    await log.close();
  }
  return samples;
};
