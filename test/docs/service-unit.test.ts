import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../temporary-folder.js";
import { read, sectionsOf } from "./document.js";

const section = (title: string): string => sectionsOf(read("docs/operations.md")).find((each) => each.title === title)?.text ?? "";
const unit = /^```ini\n([\s\S]*?)^```$/m.exec(section("With systemd"))?.[1] ?? "";

/** What systemd says of a unit file; empty where it has nothing to say. */
const verified = (text: string): string => {
  const path = join(temporaryFolder("unit"), "sluice.service");
  writeFileSync(path, text);
  const { stdout, stderr } = spawnSync("systemd-analyze", ["verify", path], { encoding: "utf8" });
  return `${stdout}${stderr}`;
};
const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;

describe("the unit of docs/operations.md", () => {
  test.skipIf(!hasSystemd)("is one that systemd takes, once the program is where it says", () => {
    const here = unit.replaceAll("/usr/bin/node", process.execPath).replaceAll(/^(?:User|Group)=.*$/gm, "");
    expect(here).toContain(`ExecStart=${process.execPath} `);
    expect(verified(here)).toBe("");
    expect(verified(`${here.replace("[Service]\n", "[Service]\nKillModus=mixed\n")}`)).toContain("KillModus");
  });

  test("lets running tasks end: SIGTERM for the program alone, and more time than the default of Scheduler.GraceTime", () => {
    expect(unit).toContain("KillMode=mixed\n");
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(60);
    expect(unit).toMatch(/^ExecStart=\S+ \S+\/sluice\.js scheduler --workspace (\S+)$/m);
    const workspace = /--workspace (\S+)$/m.exec(unit)?.[1];
    expect(unit).toContain(`ReadWritePaths=${workspace}\n`);
  });
});
