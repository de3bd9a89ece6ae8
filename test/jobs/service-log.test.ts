import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Settings } from "../../src/config/index.js";
import { SluiceError } from "../../src/errors/index.js";
import { openServiceLog, type ServiceLog, serviceLogFolder } from "../../src/jobs/index.js";
import { temporaryFolder } from "../temporary-folder.js";

type LogSettings = Pick<Settings, "tempFolder" | "secrets" | "service">;

const settingsOf = (log: Partial<Settings["service"]["log"]> = {}, more: Partial<LogSettings> = {}): LogSettings => ({
  tempFolder: temporaryFolder("service-log"),
  secrets: [],
  service: { address: "127.0.0.1", port: null, log: { level: "Information", fileBytes: 10_000_000, files: 30, ...log } },
  ...more,
});

const noon = Date.parse("2026-11-21T12:00:00Z");
const hourMs = 3_600_000;

const linesIn = (settings: LogSettings, name: string): Record<string, unknown>[] =>
  readFileSync(join(serviceLogFolder(settings), name), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const namesIn = (settings: LogSettings): string[] => readdirSync(serviceLogFolder(settings)).sort();
/** All lines in the order of the files. */
const allLines = (settings: LogSettings): Record<string, unknown>[] =>
  namesIn(settings)
    .sort((a, b) => numberOf(a) - numberOf(b))
    .flatMap((name) => linesIn(settings, name));
const numberOf = (name: string): number => Number(/_(\d+)\.log$/.exec(name)?.[1] ?? 1);

describe("the service's log", () => {
  test("writes JSON lines of the level asked for, and each in short for a person", async () => {
    const settings = settingsOf();
    const echoed: string[] = [];
    const log = openServiceLog({ settings: () => settings, clock: { now: () => noon }, echo: (text) => echoed.push(text) });
    log.write("debug", "not asked for");
    log.write("info", "started", { job: "HR", jobInstance: 12 });
    log.write("error", "did not start\u001b[2J\nerror forged", { reason: "it runs\nstill", level: "forged", nothing: null });
    log.write("warn", "failed", { error: new SluiceError("JOB_UNKNOWN", { job: "X", nearest: null }) });
    await log.close();
    log.write("info", "too late");
    const head = { time: "2026-11-21T12:00:00.000Z", pid: process.pid };
    expect(linesIn(settings, "sluice_2026-11-21.log")).toEqual([
      { level: "info", ...head, msg: "started", job: "HR", jobInstance: 12 },
      { level: "error", ...head, msg: "did not start\u001b[2J\nerror forged", reason: "it runs\nstill", nothing: null },
      { level: "warn", ...head, msg: "failed", error: { code: "JOB_UNKNOWN", message: expect.stringContaining("X") } },
    ]);
    expect(echoed.slice(0, 2)).toEqual([
      "2026-11-21 12:00:00Z info  started  job=HR  jobInstance=12\n",
      '2026-11-21 12:00:00Z error did not start [2J error forged  reason="it runs\\nstill"  level=forged\n',
    ]);
    expect(echoed).toHaveLength(3);
  });

  test("masks what is secret now and what was secret before, in the file and for a person", async () => {
    const tempFolder = temporaryFolder("service-log");
    let settings = settingsOf({}, { tempFolder, secrets: ["hunter2"] });
    const echoed: string[] = [];
    const log = openServiceLog({ settings: () => settings, clock: { now: () => noon }, echo: (text) => echoed.push(text) });
    log.write("info", "login with hunter2");
    settings = settingsOf({ level: "Warning" }, { tempFolder, secrets: ['new"one'] });
    log.write("info", "no longer asked for");
    log.write("warn", 'login with hunter2 and new"one', { error: new Error('new"one') });
    await log.close();
    const written = readFileSync(join(serviceLogFolder(settings), "sluice_2026-11-21.log"), "utf8");
    for (const text of [written, ...echoed]) expect(text).not.toMatch(/hunter2|new\\?"one/);
    expect(linesIn(settings, "sluice_2026-11-21.log").map(({ msg }) => msg)).toEqual(["login with ***", "login with *** and ***"]);
  });

  test("begins a file each day, in UTC, goes on in it after a restart, and keeps only the newest", async () => {
    const settings = settingsOf({ files: 2 });
    let now = noon;
    mkdirSync(serviceLogFolder(settings), { recursive: true });
    for (const name of ["sluice_2026-11-20_3.log", "sluice_2026-11-20_12.log", "other.log", "sluice_2026-11-20_x.log"]) {
      writeFileSync(join(serviceLogFolder(settings), name), "");
    }
    const open = (): ServiceLog => openServiceLog({ settings: () => settings, clock: { now: () => now } });
    for (const log of [open(), open()]) {
      log.write("info", "before midnight");
      await log.close();
    }
    expect(namesIn(settings)).toEqual(["other.log", "sluice_2026-11-20_12.log", "sluice_2026-11-20_x.log", "sluice_2026-11-21.log"]);
    const log = open();
    now += 11 * hourMs + 59 * 60_000;
    log.write("info", "before midnight");
    now += 60_000;
    log.write("info", "after midnight");
    expect(namesIn(settings)).toEqual(["other.log", "sluice_2026-11-20_x.log", "sluice_2026-11-21.log", "sluice_2026-11-22.log"]);
    expect(linesIn(settings, "sluice_2026-11-21.log")).toHaveLength(3);
  });

  test("no line is lost or cut however files are rolled, also by two at once that are opened again and again", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 600 }),
        fc.array(fc.record({ who: fc.nat(1), text: fc.string({ maxLength: 300 }), reopens: fc.boolean() }), {
          minLength: 1,
          maxLength: 60,
        }),
        (fileBytes, said) => {
          const settings = settingsOf({ fileBytes, files: 10_000 });
          const open = (): ServiceLog => openServiceLog({ settings: () => settings, clock: { now: () => noon } });
          const logs = [open(), open()];
          for (const { who, text, reopens } of said) {
            if (reopens) logs[who] = open();
            logs[who]?.write("info", text);
          }
          expect(allLines(settings).map(({ msg }) => msg)).toEqual(said.map(({ text }) => text));
          // Whatever is followed by another file was full, and had been one line short of it.
          for (const name of namesIn(settings)) {
            const lines = readFileSync(join(serviceLogFolder(settings), name), "utf8").split("\n");
            expect(Buffer.byteLength(lines.slice(0, -2).join("\n"))).toBeLessThan(fileBytes);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("goes on in a new file when its folder was emptied, and details that JSON cannot hold cost no line", async () => {
    const settings = settingsOf();
    const log = openServiceLog({
      settings: () => settings,
      clock: { now: () => noon },
      echo: () => {
        throw new Error("the terminal is gone");
      },
    });
    log.write("info", "first");
    rmSync(settings.tempFolder, { recursive: true });
    const circle: Record<string, unknown> = { size: 12n };
    circle.self = circle;
    log.write("info", "second", circle);
    log.write("info", "third", { size: 12n });
    await log.close();
    expect(linesIn(settings, "sluice_2026-11-21.log").map(({ msg, size }) => [msg, size])).toEqual([
      ["second", undefined],
      ["third", "12"],
    ]);
  });

  test("a folder that cannot be made is named", () => {
    const settings = settingsOf();
    writeFileSync(serviceLogFolder(settings), "a file where the folder should be");
    expect(() => openServiceLog({ settings: () => settings, clock: { now: () => noon } })).toThrow(
      expect.objectContaining({ code: "SRC_WRITE_FAILED" }),
    );
  });

  test.runIf(existsSync("/dev/full"))("a full disk costs lines, which are counted as soon as it takes one again", async () => {
    const settings = settingsOf();
    const log = openServiceLog({ settings: () => settings, clock: { now: () => noon } });
    const file = join(serviceLogFolder(settings), "sluice_2026-11-21.log");
    rmSync(file);
    symlinkSync("/dev/full", file);
    log.write("info", "lost");
    log.write("info", "lost too");
    rmSync(file);
    log.write("info", "written");
    await log.close();
    expect(linesIn(settings, "sluice_2026-11-21.log").map(({ level, msg }) => [level, msg])).toEqual([
      ["warn", "2 lines of this log could not be written"],
      ["info", "written"],
    ]);
  });

  test("a process that is killed leaves every line that it wrote", async () => {
    const settings = settingsOf({ fileBytes: 20_000, files: 1_000 });
    const program = fileURLToPath(new URL("./service-log-child.mjs", import.meta.url));
    const child = spawn(process.execPath, [program, JSON.stringify(settings)], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (data: Buffer) => {
      said += data.toString();
      // Killed in the middle of its writing.
      if (said.split("\n").length > 500) child.kill("SIGKILL");
    });
    await once(child, "close");
    const numbers = allLines(settings).map(({ number }) => number);
    const last = Number(said.trimEnd().split("\n").at(-1));
    expect(last).toBeGreaterThan(400);
    expect(numbers.length).toBeGreaterThanOrEqual(last);
    expect(numbers).toEqual(Array.from(numbers, (_, index) => index + 1));
  });
});
