import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import pino from "pino";
import type { Configuration } from "../config/index.js";
import { maskSecrets, SluiceError } from "../errors/index.js";

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
 * that dies leaves every line it wrote. Throws SRC_WRITE_FAILED where the file cannot be opened; afterwards a line that cannot be written costs
 * nobody his job: how many there were is written as soon as the disk takes one again.
 */
export const openJobLog = (path: string, level: LogLevel, secrets: readonly string[]): JobLog => {
  const file = new LogFile(path);
  const logger = pino(
    {
      level: pinoLevels[level],
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: (line) => maskSecrets(line, secrets) },
    },
    file,
  );
  return {
    write: (lineLevel, message, details) => logger[lineLevel](details ?? {}, message),
    close: () => file.close(),
  };
};

/** pino's own destination ends the process, or tries for ever, when the disk is full. */
class LogFile {
  readonly #descriptor: number;
  #isClosed = false;
  #lost = 0;

  constructor(path: string) {
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.#descriptor = openSync(path, "a");
    } catch (cause) {
      const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
      throw new SluiceError("SRC_WRITE_FAILED", { file: path, reason }, { place: { file: path }, cause });
    }
  }

  write(line: string): void {
    // A task that was given up may still say something after the end.
    if (this.#isClosed) return;
    try {
      if (this.#lost > 0) {
        const time = /"time":"([^"]*)"/.exec(line)?.[1] ?? "";
        const msg = `${this.#lost} line${this.#lost === 1 ? "" : "s"} of this log could not be written`;
        this.#append(`\n${JSON.stringify({ level: "warn", time, msg })}\n`);
        this.#lost = 0;
      }
      this.#append(line);
    } catch {
      this.#lost++;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#descriptor);
  }

  #append(text: string): void {
    const bytes = Buffer.from(text, "utf8");
    for (let from = 0; from < bytes.length; ) from += writeSync(this.#descriptor, bytes, from);
  }
}
