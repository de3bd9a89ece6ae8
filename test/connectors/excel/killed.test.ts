import fs, { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exportExcel } from "../../../src/connectors/excel/export.js";
import { readManifest } from "../../../src/sync/index.js";
import { exportRequest, makeFolder } from "../with-folder.js";
import { row, workbookParts, zip } from "./workbook-file.js";

const names = ["openSync", "writeSync", "closeSync", "fsyncSync", "renameSync", "rmSync", "mkdirSync", "readdirSync", "statSync"] as const;

/** Runs `action` as a process that is killed before its `survived + 1`th call; gives whether it was. Reading changes nothing and goes on. */
const killedAfter = async (survived: number, action: () => Promise<unknown>): Promise<boolean> => {
  const real = Object.fromEntries(names.map((name) => [name, fs[name]]));
  let calls = 0;
  for (const name of names) {
    const original = real[name] as (...values: unknown[]) => unknown;
    const killed = (...values: unknown[]): unknown => {
      if (calls++ >= survived) throw new Error(`killed before ${name}`);
      return original(...values);
    };
    Object.assign(fs, { [name]: killed });
  }
  syncBuiltinESMExports();
  try {
    await action();
  } catch (error) {
    if (calls <= survived) throw error;
  } finally {
    Object.assign(fs, real);
    syncBuiltinESMExports();
  }
  return calls > survived;
};

test("killed before any call of the file system: each file is whole, with its manifest, or not there", async () => {
  const root = makeFolder();
  const output = join(root, "ExportOutput");
  mkdirSync(output);
  const path = join(root, "hr.xlsx");
  const settings = { Path: "hr.xlsx", OnRowError: "SetAside" };
  const run = (): Promise<unknown> => exportExcel(exportRequest(root, settings), { checkStop: () => {}, onProgress: () => {} });
  const workbook = (value: string): Buffer => {
    const sheet = row(1, "id") + row(2, value) + row(3, '<c t="e"><v>#N/A</v></c>');
    return zip(workbookParts({ sheets: [sheet, sheet.replaceAll(value, `${value}2`)] }));
  };
  writeFileSync(path, workbook("new"));
  await run();
  const files = readdirSync(output).filter((name) => name.endsWith(".csv"));
  const whole = new Map(files.map((name) => [name, readFileSync(join(output, name), "utf8")]));
  expect([...whole.keys()].sort()).toEqual(["HR_0.csv", "HR_0.rejected.csv", "HR_1.csv", "HR_1.rejected.csv"]);
  let survived = 0;
  let published = 0;
  let isKilled = true;
  for (; isKilled; survived++) {
    writeFileSync(path, workbook("old"));
    await run();
    const former = readFileSync(join(output, "HR_1.csv"), "utf8");
    writeFileSync(path, workbook("new"));
    isKilled = await killedAfter(survived, run);
    for (const name of ["HR_0.csv", "HR_1.csv"].filter((file) => existsSync(join(output, file)))) {
      const text = readFileSync(join(output, name), "utf8");
      expect(readManifest(join(output, name))?.bytes).toBe(text.length);
      // The former output goes first, each file before what stands beside it.
      if (text === whole.get(name)) published++;
      else expect(text.length).toBe(former.length - (name === "HR_0.csv" ? 1 : 0));
    }
  }
  expect(survived).toBeGreaterThan(30);
  expect(published).toBeGreaterThan(4);
  rmSync(root, { recursive: true });
});
