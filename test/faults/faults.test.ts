import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";

/** Signals between processes are not Windows' way. */
const posix = process.platform === "win32" ? describe.skip : describe;

/** Seconds that the interruptions may take; an undisturbed run of each scenario comes on top. */
const seconds = 40;
/** One interruption of so many is tried, another one each day: all of them come round, and npm run faults tries all at once. */
const every = 97;

posix("a part of npm run faults", () => {
  test("interrupted at writes all over, jobs end as undisturbed ones", { timeout: 600_000 }, () => {
    const offset = Math.floor(Date.now() / 86_400_000);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["test/faults/run.mjs", "--every", String(every), "--offset", String(offset), "--seconds", String(seconds)],
      { encoding: "utf8" },
    );
    expect(status, `${stdout}${stderr}`).toBe(0);
    expect(Number(/^(\d+) interruptions, 0 failed/m.exec(stdout)?.[1])).toBeGreaterThan(0);
  });
});
