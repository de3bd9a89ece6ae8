import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SluiceError } from "../../src/errors/index.js";
import { runScript, type Script } from "../../src/process/index.js";
import { temporaryFolder } from "../temporary-folder.js";

let folder = "";
const path = process.env.PATH;
beforeEach(() => {
  folder = temporaryFolder("script");
});
afterEach(() => {
  process.env.PATH = path;
});

const put = (name: string, content: string, mode = 0o755): string => {
  const file = join(folder, name);
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
};
const run = async (script: Partial<Script> & { readonly path: string }): Promise<readonly string[]> => {
  const lines: string[] = [];
  await runScript(
    { environment: {}, variables: [], ...script },
    { signal: new AbortController().signal, onLine: (line) => lines.push(line) },
  );
  return lines;
};
const errorOf = async (script: string): Promise<SluiceError> => {
  try {
    await run({ path: script });
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error("it ended well");
};

describe.skipIf(process.platform === "win32")("a script", () => {
  test("runs by itself, in its own folder, with its environment", async () => {
    const script = put("list.sh", '#!/bin/sh\npwd\necho "$A B"\ntest -n "$HOME" && echo home');
    expect(await run({ path: script, environment: { A: "a'b\"c;$(d)" } })).toEqual([folder, "a'b\"c;$(d) B", "home"]);
  });

  test("with another exit code has failed, and its last lines say how", async () => {
    const error = await errorOf(put("bad.sh", "#!/bin/sh\necho reading\necho 'no such user' >&2\nexit 3"));
    expect([error.code, error.message]).toEqual([
      "SRC_SCRIPT_FAILED",
      expect.stringMatching(/exit code 3; its last lines: .*no such user/),
    ]);
  });

  test("that may not be executed, is a folder or is not there says so", async () => {
    expect(await errorOf(put("plain.sh", "#!/bin/sh", 0o644))).toMatchObject({
      code: "SRC_SCRIPT_NOT_STARTED",
      message: expect.stringContaining("EACCES"),
    });
    mkdirSync(join(folder, "sub"));
    expect((await errorOf(join(folder, "sub"))).code).toBe("SRC_SCRIPT_NOT_STARTED");
    expect((await errorOf(join(folder, "nope.sh"))).code).toBe("SRC_FILE_MISSING");
  });
});

describe.skipIf(process.platform === "win32")("a .ps1", () => {
  beforeEach(() => {
    mkdirSync(join(folder, "bin"));
    process.env.PATH = join(folder, "bin");
  });
  const stub = '#!/bin/sh\nfor parameter in "$@"; do echo "[$parameter]"; done\necho "script $SLUICE_SCRIPT"\nexit $CODE';

  test("runs by pwsh, values only in the environment", async () => {
    put("bin/powershell", "#!/bin/sh\necho the wrong one");
    put("bin/pwsh", stub);
    const script = put("ex'port;.ps1", "");
    const lines = await run({
      path: script,
      environment: { CODE: "0", SLUICE_OUTPUT_PATH: "'; exit 9" },
      variables: [
        { name: "OutputPath", from: "SLUICE_OUTPUT_PATH", type: "text" },
        { name: "IsIncremental", from: "SLUICE_IS_INCREMENTAL", type: "boolean" },
      ],
    });
    expect(lines).toEqual([
      ...["-NoLogo", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-Command"].map((each) => `[${each}]`),
      "[$OutputPath = $env:SLUICE_OUTPUT_PATH; $IsIncremental = $env:SLUICE_IS_INCREMENTAL -eq 'true'; $global:LASTEXITCODE = 0; & $env:SLUICE_SCRIPT; exit $LASTEXITCODE]",
      `script ${script}`,
    ]);
  });

  test("runs by powershell where there is no pwsh", async () => {
    put("bin/powershell", "#!/bin/sh\necho windows");
    expect(await run({ path: put("a.ps1", "") })).toEqual(["windows"]);
  });

  test("without either names both", async () => {
    const error = await errorOf(put("a.ps1", ""));
    expect([error.code, error.message]).toEqual([
      "SRC_POWERSHELL_MISSING",
      expect.stringContaining("PowerShell not found, looked for pwsh, powershell"),
    ]);
  });
});
