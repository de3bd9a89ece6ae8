import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addVersions } from "../store/reading/repository.js";
import { TestWorkspace } from "./workspace.js";

const execute = promisify(execFile);
/** Built before all tests. */
const program = resolve("dist/cli/sluice.js");
let workspace: TestWorkspace;

beforeAll(() => {
  workspace = new TestWorkspace();
});
afterAll(() => {
  workspace.remove();
});

const call = (...argv: string[]) => execute(process.execPath, [program, ...argv], { cwd: workspace.folder });

describe("the built program", () => {
  test("is a script with exit codes", async () => {
    expect(readFileSync(program, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect((await call("validate")).stdout).toBe("1 file, 1 connector, 1 job: no errors, no warnings\n");
    await expect(call("frobnicate")).rejects.toMatchObject({
      code: 64,
      stdout: "",
      stderr: expect.stringContaining("CMD_UNKNOWN_COMMAND"),
    });
  });

  test("tells an old Node what it needs, in one sentence", async () => {
    const old = `Object.defineProperty(process.versions, "node", { value: "18.20.4" }); await import(${JSON.stringify(program)});`;
    const answer = execute(process.execPath, ["--input-type=module", "-e", old]);
    await expect(answer).rejects.toMatchObject({
      code: 70,
      stderr: "Sluice needs Node 20.19 or newer, and this is Node 18.20.4: install a newer one\n",
    });
  });

  test("a reader that goes away after the first line is no failure", async () => {
    await workspace.withDatabase(async (knex) => {
      await knex("UM_EntityTypes").insert({ Id: 1, Identifier: "Person", MappingKey: "PersonId" });
      await addVersions(
        knex,
        Array.from({ length: 12_000 }, (_, n) => ({ id: n + 1, type: 1, C4: `P${n}`, C5: "x".repeat(400) })),
      );
    });
    const child = spawn(process.execPath, [program, "resources", "Person", "--format", "csv"], { cwd: workspace.folder });
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text;
    });
    await once(child.stdout, "readable");
    child.stdout.destroy();
    const [code] = (await once(child, "close")) as [number];
    expect([code, err]).toEqual([0, ""]);
  });

  test("validate and plan do not load the database's driver, which status needs", async () => {
    await workspace.withDatabase(async () => undefined);
    const driversLoadedBy = async (...argv: string[]): Promise<number> => {
      const script = `process.argv = ${JSON.stringify([process.execPath, program, ...argv])}; await import(process.argv[1]);
        const { createRequire } = await import("node:module");
        const loaded = Object.keys(createRequire(process.argv[1]).cache).filter((path) => /[/\\\\]knex[/\\\\]/.test(path));
        console.error(loaded.length);`;
      return Number((await execute(process.execPath, ["--input-type=module", "-e", script], { cwd: workspace.folder })).stderr);
    };
    expect(await driversLoadedBy("validate")).toBe(0);
    expect(await driversLoadedBy("plan", "Job_HR")).toBe(0);
    expect(await driversLoadedBy("status")).toBeGreaterThan(0);
  });
});
