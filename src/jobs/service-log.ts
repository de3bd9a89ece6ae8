import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "../config/index.js";
import { maskSecrets, SluiceError } from "../errors/index.js";
import { type Clock, isoTime } from "../model/index.js";

export type ServiceLogLineLevel = "debug" | "info" | "warn" | "error";

/** What the service that runs scheduled jobs says. */
export interface ServiceLog {
  /** Never throws. `details`: what JSON can hold, and errors. */
  write(level: ServiceLogLineLevel, message: string, details?: object): void;
  /** What is written afterwards is dropped. */
  close(): Promise<void>;
}

export interface ServiceLogOptions {
  /** Asked for at each line, so that a dropped configuration counts at once; what was secret once is masked for as long as the log is open. */
  readonly settings: () => Pick<Settings, "tempFolder" | "secrets" | "service">;
  readonly clock: Clock;
  /** Takes each line in a short form for people, line end included: stderr, as a rule. */
  readonly echo?: ((text: string) => void) | undefined;
}

/** `Temp/ServiceLogs` (design §3). */
export const serviceLogFolder = ({ tempFolder }: Pick<Settings, "tempFolder">): string => join(tempFolder, "ServiceLogs");

/**
 * Opens the log of the service: one JSON document a line in `Temp/ServiceLogs/sluice_<day>.log`, day in UTC; a file that has `Service.Log.MaxSize` is followed by `sluice_<day>_2.log`, and only
 * the newest `Service.Log.Files` are kept. Each line is written whole before `write` returns and no file stays open in between: a process that is killed leaves every line it wrote, two services
 * of one workspace write to the same files, and on Windows nobody is kept from moving or removing one. Throws SRC_WRITE_FAILED where nothing can be written at all; afterwards a line that cannot be
 * written costs nobody his job: how many there were is said as soon as the disk takes one again.
 */
export const openServiceLog = (options: ServiceLogOptions): ServiceLog => {
  const folder = serviceLogFolder(options.settings());
  try {
    mkdirSync(folder, { recursive: true });
    closeSync(openSync(pathOf(folder, { day: isoTime(options.clock).slice(0, 10), number: 1 }), "a"));
  } catch (cause) {
    throw new SluiceError("SRC_WRITE_FAILED", { file: folder, reason: reasonOf(cause) }, { place: { file: folder }, cause });
  }
  return new RollingLog(options);
};

const ranks: Readonly<Record<ServiceLogLineLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const leastRank: Readonly<Record<Settings["service"]["log"]["level"], number>> = { Debug: 0, Information: 1, Warning: 2, Error: 3 };

/** One file of the log. */
interface LogFileName {
  /** `yyyy-MM-dd`, UTC. */
  readonly day: string;
  /** From 1 on, of the day. */
  readonly number: number;
}

const pathOf = (folder: string, { day, number }: LogFileName): string =>
  join(folder, `sluice_${day}${number === 1 ? "" : `_${number}`}.log`);

/** The files of the log that a folder holds, oldest first. */
const filesIn = (folder: string): readonly LogFileName[] =>
  readdirSync(folder)
    .flatMap((name) => {
      const match = /^sluice_(\d{4}-\d{2}-\d{2})(?:_(\d{1,9}))?\.log$/.exec(name);
      return match === null ? [] : [{ day: match[1] ?? "", number: Number(match[2] ?? 1) }];
    })
    .sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : a.number - b.number));

class RollingLog implements ServiceLog {
  readonly #options: ServiceLogOptions;
  readonly #secrets = new Set<string>();
  #settings: ReturnType<ServiceLogOptions["settings"]> | null = null;
  #file: LogFileName = { day: "", number: 1 };
  #isClosed = false;
  #lost = 0;

  constructor(options: ServiceLogOptions) {
    this.#options = options;
  }

  write(level: ServiceLogLineLevel, message: string, details: object = {}): void {
    if (this.#isClosed) return;
    const settings = this.#options.settings();
    if (settings !== this.#settings) {
      this.#settings = settings;
      for (const secret of settings.secrets) this.#secrets.add(secret);
    }
    if (ranks[level] < leastRank[settings.service.log.level]) return;
    const time = isoTime(this.#options.clock);
    const mask = (text: string): string => maskSecrets(text, [...this.#secrets]);
    this.#echo(mask(shortLine(time, level, message, details)));
    const line = mask(jsonLine(time, level, message, details));
    try {
      if (this.#lost > 0) {
        const said = `${this.#lost} line${this.#lost === 1 ? "" : "s"} of this log could not be written`;
        // Half a line may stand there.
        this.#append(settings, time, `\n${jsonLine(time, "warn", said, {})}`);
        this.#lost = 0;
      }
      this.#append(settings, time, line);
    } catch {
      this.#lost++;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #echo(line: string): void {
    try {
      this.#options.echo?.(line);
    } catch {
      // The terminal is gone: the file still has the line.
    }
  }

  #append(settings: Pick<Settings, "tempFolder" | "service">, time: string, text: string): void {
    const folder = serviceLogFolder(settings);
    const { fileBytes, files } = settings.service.log;
    // Emptied while the service runs, which is what Temp is for.
    mkdirSync(folder, { recursive: true });
    const day = time.slice(0, 10);
    if (this.#file.day !== day)
      this.#file = { day, number: Math.max(1, ...filesIn(folder).flatMap((file) => (file.day === day ? [file.number] : []))) };
    for (;;) {
      const descriptor = openSync(pathOf(folder, this.#file), "a");
      try {
        const { size } = fstatSync(descriptor);
        if (size < fileBytes) {
          const bytes = Buffer.from(text, "utf8");
          for (let from = 0; from < bytes.length; ) from += writeSync(descriptor, bytes, from);
          if (size === 0) removeOldest(folder, files);
          return;
        }
      } finally {
        closeSync(descriptor);
      }
      this.#file = { day, number: this.#file.number + 1 };
    }
  }
}

/** Removes what is older than the newest files. One that somebody holds open (Windows) goes the next time. */
const removeOldest = (folder: string, files: number): void => {
  for (const file of filesIn(folder).slice(0, -files)) {
    try {
      rmSync(pathOf(folder, file), { force: true });
    } catch {
      // The log itself goes on.
    }
  }
};

const reasonOf = (cause: unknown): string => (cause as NodeJS.ErrnoException).code ?? String(cause);

/** As the job's logs: level, time, process, what was said, and the details beside them. */
const jsonLine = (time: string, level: ServiceLogLineLevel, message: string, details: object): string => {
  const head = { level, time, pid: process.pid, msg: message };
  try {
    return `${JSON.stringify({ ...head, ...details, ...head }, withErrors)}\n`;
  } catch (error) {
    // Details that JSON cannot hold must not cost the line.
    return `${JSON.stringify({ ...head, detailsLost: String(error) })}\n`;
  }
};

const withErrors = (_: string, value: unknown): unknown => {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof SluiceError) return { code: value.code, message: value.message };
  return value instanceof Error ? { message: value.message, stack: value.stack } : value;
};

/** `2026-11-21 21:20:15Z error  job HR did not start  job=HR dueAt=…`. */
const shortLine = (time: string, level: ServiceLogLineLevel, message: string, details: object): string => {
  const words = Object.entries(details).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [`${key}=${shortValue(value)}`],
  );
  return `${oneLine([`${time.slice(0, 19).replace("T", " ")}Z ${level.padEnd(5)} ${message}`, ...words].join("  "))}\n`;
};

const shortValue = (value: unknown): string => {
  if (value instanceof Error) return JSON.stringify(value.message);
  if (typeof value !== "object") return /^[^\s"=]+$/.test(String(value)) ? String(value) : JSON.stringify(String(value));
  try {
    return JSON.stringify(value, withErrors);
  } catch {
    return "…";
  }
};

/** What stands in names and messages must neither begin a line of its own nor steer a terminal. */
const oneLine = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ");
