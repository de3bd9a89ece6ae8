import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { connectorPackages, type ExportRequest } from "../../../src/connectors/index.js";
import { SluiceError } from "../../../src/errors/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

let root = "";
let output = "";
beforeEach(() => {
  root = temporaryFolder("powershell-sync");
  output = join(root, "Temp", "ExportOutput");
  mkdirSync(output, { recursive: true });
});

const request = (more: Partial<ExportRequest> = {}): ExportRequest => ({
  connection: "HR",
  settings: { PowerShellScriptPath: "export.sh" },
  workspace: root,
  sourcesRootPaths: [],
  outputFolder: output,
  mode: "complete",
  forceComplete: false,
  cookies: null,
  newCookies: join(root, "Work", "ExportCookies", "new", "HR"),
  jobInstance: 3,
  taskInstance: 9,
  ...more,
});
const lines: string[] = [];
const run = (more: Partial<ExportRequest> = {}, signal = new AbortController().signal) => {
  lines.length = 0;
  const exporter = connectorPackages.get("PowershellSync")?.exporter;
  if (exporter === undefined) throw new Error("there is no such package");
  return exporter.export(
    request(more),
    signal,
    () => {},
    (_, line) => lines.push(line),
  );
};
const errorOf = async (more: Partial<ExportRequest> = {}): Promise<SluiceError> => {
  try {
    await run(more);
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error("it ended well");
};
const script = (content: string): void => {
  writeFileSync(join(root, "export.sh"), `#!/bin/sh\n${content}\n`);
  chmodSync(join(root, "export.sh"), 0o755);
};
const put = (name: string): void => writeFileSync(join(output, name), "old\n");

describe.skipIf(process.platform === "win32")("a script that exports", () => {
  test("has its files brought into canonical form, with manifests, and its lines in the log", async () => {
    script(
      'echo hello\nprintf \'\\357\\273\\277Id,"Name"\\r\\n1,"Zoë"\\r\\n\' > "$OutputPath"users.csv\nprintf \'a\\n\' > "$OutputPath"groups.csv',
    );
    expect(await run()).toEqual({ counters: { read: 1, written: 1, rejected: 0 }, files: ["HR_groups.csv", "HR_users.csv"] });
    expect(lines).toEqual(["hello"]);
    expect(readFileSync(join(output, "HR_users.csv"), "utf8")).toBe("Id,Name\n1,Zoë\n");
    expect(JSON.parse(readFileSync(join(output, "HR_users.csv.manifest.json"), "utf8"))).toMatchObject({
      rows: 1,
      jobInstance: 3,
      taskInstance: 9,
    });
    expect(readdirSync(output).toSorted()).toEqual([
      "HR_groups.csv",
      "HR_groups.csv.manifest.json",
      "HR_users.csv",
      "HR_users.csv.manifest.json",
    ]);
  });

  test("starts without former output, and touches no other connection's", async () => {
    for (const name of ["HR_old.csv", "HR_old.csv.manifest.json", "HR_Payroll_users.csv", "HR_Payroll.csv", "Other.csv"]) put(name);
    script('ls "$(dirname "$OutputPath")"; echo Id > "$OutputPath"users.csv');
    const { files } = await run({ connections: ["HR", "HR_Payroll", "Other"] });
    expect(files).toEqual(["HR_users.csv"]);
    expect(lines).toEqual(["HR_Payroll.csv", "HR_Payroll_users.csv", "Other.csv"]);
    expect(existsSync(join(output, "HR_Payroll_users.csv"))).toBe(true);
  });

  test.each([
    ["another exit code", 'echo Id > "$OutputPath"users.csv; echo no licence >&2; exit 4', "SRC_SCRIPT_FAILED", /exit code 4.*no licence/],
    ["no file", "exit 0", "SRC_SCRIPT_NO_FILE", /HR_<table>\.csv/],
    ["a file that is no CSV", 'printf "Id,Name\\n1\\n" > "$OutputPath"users.csv', "DATA_FIELD_COUNT", /HR_users\.csv/],
    ["one good file and an empty one", 'echo Id > "$OutputPath"a.csv; : > "$OutputPath"b.csv', "SRC_FILE_EMPTY", /HR_b\.csv/],
  ])("that ends with %s has failed and leaves nothing", async (_, content, code, message) => {
    put("HR_old.csv");
    script(content);
    const error = await errorOf();
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
    expect(readdirSync(output)).toEqual([]);
  });

  test("that is not named, or not there, is an error that leaves no former output", async () => {
    put("HR_old.csv");
    expect(await errorOf({ settings: {} })).toMatchObject({
      code: "SRC_SETTING_INVALID",
      message: expect.stringContaining("PowerShellScriptPath"),
    });
    expect((await errorOf()).code).toBe("SRC_FILE_MISSING");
    expect(readdirSync(output)).toEqual([]);
  });

  test("is told whether it is incremental, and where its cookies are", async () => {
    const cookies = join(root, "Work", "ExportCookies");
    const own =
      'echo "$IsIncremental $SLUICE_IS_INCREMENTAL [$SLUICE_COOKIE] $SLUICE_OUTPUT_PATH"; echo next > "$SLUICE_NEW_COOKIE"; echo Id > "$OutputPath"users.csv';
    script(own);
    await run();
    expect(lines).toEqual([`false false [] ${output}/HR_`]);
    expect(readFileSync(join(cookies, "new", "HR", "HR_cookie.bin"), "utf8")).toBe("next\n");
    writeFileSync(join(cookies, "HR_cookie.bin"), "last\n");
    await run({ mode: "incremental", cookies });
    expect(lines).toEqual([`true true [${cookies}/HR_cookie.bin] ${output}/HR_`]);
    // The cookie that is there belongs to another state than the one that was applied last.
    expect((await errorOf({ mode: "incremental", cookies: null })).code).toBe("SYNC_COMPLETE_REQUIRED");
    expect(readdirSync(output)).toEqual([]);
  });

  test("never sees settings of the environment", async () => {
    process.env.SLUICE__Connections__HR__Password = "verysecret";
    try {
      script('env; echo Id > "$OutputPath"users.csv');
      await run();
      expect(lines.join("\n")).not.toContain("verysecret");
      expect(lines).toContain("SLUICE_CONNECTION=HR");
    } finally {
      delete process.env.SLUICE__Connections__HR__Password;
    }
  });

  test("ends when it is stopped, and leaves nothing", async () => {
    script('echo Id > "$OutputPath"users.csv; echo started; sleep 300');
    const controller = new AbortController();
    const exporter = connectorPackages.get("PowershellSync")?.exporter;
    const running = exporter?.export(
      request(),
      controller.signal,
      () => {},
      () => controller.abort(),
    );
    await expect(running).rejects.toMatchObject({ code: "SRC_SCRIPT_FAILED", message: expect.stringContaining("was stopped") });
    expect(readdirSync(output)).toEqual([]);
  });
});
