import { mkdirSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import type { Configuration } from "../config/index.js";
import { maskSecrets } from "../errors/index.js";

/** As documented for jobs (jobs-and-tasks §1); Verbose and Fatal of the tools are Trace and Critical. */
export type LogLevel = "Trace" | "Debug" | "Information" | "Warning" | "Error" | "Critical";

const pinoLevels: Readonly<Record<LogLevel, pino.Level>> = {
  Trace: "trace",
  Debug: "debug",
  Information: "info",
  Warning: "warn",
  Error: "error",
  Critical: "fatal",
};

type JobLogLine = (level: pino.Level, message: string, details?: Readonly<Record<string, unknown>>) => void;

/** The log of one job instance. */
export interface JobLog {
  readonly write: JobLogLine;
  readonly close: () => void;
}

/** `Temp/JobLogs/<Job>_<instance>.log` (design §4). A job's identifier may hold characters that a file name may not: they become `_`. */
export const jobLogPath = (configuration: Pick<Configuration, "settings">, job: string, jobInstance: number): string =>
  join(configuration.settings.tempFolder, "JobLogs", `${job.replaceAll(/[^\p{L}\p{N}._-]/gu, "_")}_${jobInstance}.log`);

/**
 * Opens the log of an instance, one JSON document a line; a resumed instance goes on in its file. Written synchronously, so that a process
 * that dies leaves every line it wrote.
 */
export const openJobLog = (path: string, level: LogLevel, secrets: readonly string[]): JobLog => {
  mkdirSync(join(path, ".."), { recursive: true });
  const destination = pino.destination({ dest: path, append: true, sync: true });
  const logger = pino(
    {
      level: pinoLevels[level],
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: (line) => maskSecrets(line, secrets) },
    },
    destination,
  );
  let isClosed = false;
  return {
    // A task that was given up may still say something after the end.
    write: (lineLevel, message, details) => {
      if (!isClosed) logger[lineLevel](details ?? {}, message);
    },
    close: () => {
      isClosed = true;
      destination.end();
    },
  };
};
