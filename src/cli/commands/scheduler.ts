import type { Configuration } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import type { ServiceEndpoint } from "../../http/index.js";
import type { SchedulerState, ServiceLog } from "../../jobs/index.js";
import { systemTiming } from "../../model/index.js";
import type { Store } from "../../store/index.js";
import type { Command } from "../command.js";
import { serviceSignals } from "../service-signals.js";
import { fault, wrongCall } from "./exit-codes.js";

/** First and longest pause between two tries to open the database (ms): a machine that starts brings its database up within a minute. */
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

/** `sluice scheduler` (jobs-and-tasks §3.8, design §10). */
export const scheduler: Command = {
  definition: {
    name: "scheduler",
    description: [
      "Runs jobs by their schedule until it is asked to stop; meant for systemd, a Windows service or a terminal. Configuration that is dropped into the workspace takes over between runs; one with errors is refused, and the last good one goes on. What did not start is an error in its log and in sluice status.",
      "Any number of them may work on one database: a run is started once. The first SIGTERM or Ctrl-C starts no job any more and lets running tasks end, for Scheduler.GraceTime at most; a second one stops them at once. What was interrupted can be resumed.",
    ],
    arguments: [],
    options: [],
    formats: ["text"],
    exitCodes: [[0, "it was asked to stop, and has"], wrongCall, fault],
    example: { command: "sluice scheduler --workspace examples", says: "runs the jobs of that workspace until Ctrl-C" },
  },
  run: async (invocation) => {
    const { workspace, env, err } = invocation;
    const jobs = await import("../../jobs/index.js");
    const { thisProcess } = await import("../../store/index.js");
    const timing = systemTiming;
    const source = await jobs.openConfigurationSource({ workspace, env, timing });
    const log = jobs.openServiceLog({
      settings: () => source.inForce.configuration.settings,
      clock: timing,
      echo: (text) => void err.write(text).catch(() => undefined),
    });
    const signals = serviceSignals(invocation.signals);
    let store: Store | null = null;
    let endpoint: Pick<ServiceEndpoint, "close"> | null = null;
    try {
      const { configuration, since } = source.inForce;
      const { pid, host } = thisProcess();
      log.write("info", "the scheduler starts", { workspace, host, process: pid, configuration: configuration.hash, since });
      if (source.refused !== null) {
        const errors = source.refused.findings.filter(({ severity }) => severity === "error").length;
        log.write(
          "error",
          `the configuration in the workspace has errors (${errors}): the last good one, of ${since}, is in force; sluice validate lists them`,
        );
      }
      store = await openPatiently(configuration, log, signals.halt);
      if (store === null) return 0;
      const opened: Store = store;
      log.write("info", opened.database);
      const service = new jobs.Scheduler({
        store: opened,
        source,
        timing,
        scheduler: thisProcess(),
        serverTimeZone: jobs.localTimeZone(),
        log,
        onDead: (report, inForce) => jobs.notifyEnd({ configuration: inForce, store: opened, report, timing, signal: signals.stop }),
        daily: async () => {
          const { configuration: inForce } = source.inForce;
          await jobs.applyRetention({ store: opened, configuration: inForce, timing, log, signal: signals.halt });
          await jobs.pruneSnapshots(opened, inForce.settings.workFolder);
        },
      });
      endpoint = await startEndpoint(configuration, opened, () => service.state, log);
      await service.serve(signals);
      return 0;
    } finally {
      signals.end();
      // Together: an answer of the endpoint may wait for a server that only the closing gives up.
      await Promise.all([endpoint?.close(), store?.close()]);
      await log.close();
    }
  },
};

/** Waits for a database that is away, as the service does later on; null when it was asked to stop before. Throws what waiting does not mend. */
const openPatiently = async (configuration: Configuration, log: ServiceLog, halt: AbortSignal): Promise<Store | null> => {
  const { openStore } = await import("../../store/index.js");
  for (let pause = firstPauseMs; !halt.aborted; pause = Math.min(pause * 2, longestPauseMs)) {
    try {
      return await openStore(configuration.settings.database);
    } catch (error) {
      const isAway = error instanceof SluiceError && (error.exit === 69 || error.code === "DB_LOCKED");
      if (!isAway) throw error;
      log.write("error", "the database cannot be reached; it is tried again", { problem: error.message, seconds: pause / 1_000 });
      await systemTiming.sleep(pause, halt);
    }
  }
  return null;
};

/** What ends metrics and health; null where no port is set. */
const startEndpoint = async (
  { settings }: Configuration,
  store: Store,
  source: () => SchedulerState,
  log: ServiceLog,
): Promise<Pick<ServiceEndpoint, "close"> | null> => {
  if (settings.service.port === null) return null;
  const { keepServiceEndpoint } = await import("../../http/index.js");
  return await keepServiceEndpoint({
    settings,
    store,
    source,
    timing: systemTiming,
    onStarted: (address) => log.write("info", `metrics and health on ${address}`),
    onFailed: (error) =>
      log.write("error", "there are no metrics and no health from here; the port is tried again each minute", {
        problem: error instanceof Error ? error.message : String(error),
      }),
  });
};
