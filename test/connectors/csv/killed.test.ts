import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exportCsv } from "../../../src/connectors/csv/export.js";
import { readManifest } from "../../../src/sync/index.js";
import { killedAfter } from "../../sync/dying-disk.js";

test("killed before any call of the file system: the output is whole, with its manifest, or not there", () => {
  const root = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "killed-"));
  const output = join(root, "out");
  const path = join(output, "HR.csv");
  const run = (): void => {
    exportCsv(
      {
        connection: "HR",
        settings: { Path: "hr.csv", Separator: ";", OnRowError: "SetAside" },
        workspace: root,
        sourcesRootPaths: [],
        outputFolder: output,
        mode: "complete",
        forceComplete: false,
        cookies: null,
        newCookies: join(root, "cookies"),
        jobInstance: 1,
        taskInstance: 1,
      },
      { checkStop: () => {}, onProgress: () => {} },
    );
  };
  writeFileSync(join(root, "hr.csv"), `id;n\n${Array.from({ length: 60_000 }, (_, i) => `${i};name ${i}\n`).join("")}1;2;3\n`);
  run();
  const whole = readFileSync(path, "utf8");
  const rejected = readFileSync(join(output, "HR.rejected.csv"), "utf8");
  let survived = 0;
  for (; killedAfter(survived, run); survived++) {
    if (!existsSync(path)) continue;
    expect(readFileSync(path, "utf8")).toBe(whole);
    // While the former output is being removed its file goes first.
    expect(readManifest(path)?.bytes).toBe(whole.length);
    expect(readFileSync(join(output, "HR.rejected.csv"), "utf8")).toBe(rejected);
  }
  expect(survived).toBeGreaterThan(20);
  expect(readdirSync(output).sort()).toEqual(["HR.csv", "HR.csv.manifest.json", "HR.rejected.csv"]);
  rmSync(root, { recursive: true });
});
