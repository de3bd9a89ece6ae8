import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type JobLog, openJobLog } from "../../src/jobs/job-log.js";
import { temporaryFolder } from "../temporary-folder.js";

const folder = (): string => temporaryFolder("log");
let log: JobLog | null = null;
afterEach(() => {
  log?.close();
  log = null;
});

const linesOf = (path: string): Record<string, unknown>[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("a job's log", () => {
  test("goes on in its file, masks secrets, and takes nothing once it is closed", () => {
    const path = join(folder(), "logs", "Job_1.log");
    for (const message of ["first", "second"]) {
      log = openJobLog(path, "Information", ["hunter2"]);
      log.write("info", message, { password: "hunter2" });
      log.write("debug", "not asked for");
      log.close();
      log.write("info", "too late");
      log.close();
    }
    expect(linesOf(path).map(({ level, msg, password }) => [level, msg, password])).toEqual([
      ["info", "first", "***"],
      ["info", "second", "***"],
    ]);
  });

  test("a file that cannot be opened is named", () => {
    const here = folder();
    writeFileSync(join(here, "logs"), "a file where the folder should be");
    expect(() => openJobLog(join(here, "logs", "Job_1.log"), "Information", [])).toThrow(
      expect.objectContaining({ code: "SRC_WRITE_FAILED", place: { file: join(here, "logs", "Job_1.log") } }),
    );
  });

  test.runIf(existsSync("/dev/full"))("a full disk costs lines, not the job", () => {
    const path = join(folder(), "Job_1.log");
    symlinkSync("/dev/full", path);
    const opened = openJobLog(path, "Information", []);
    log = opened;
    expect(() => {
      for (let line = 0; line < 3; line++) opened.write("info", "lost");
      opened.close();
    }).not.toThrow();
  });
});
