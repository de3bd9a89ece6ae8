import { accessSync, constants, statSync } from "node:fs";
import { delimiter, dirname, extname, join } from "node:path";
import { SluiceError } from "../errors/index.js";
import { type Command, type CommandEnd, runCommand } from "./command.js";
import { commandEnvironment } from "./environment.js";

/** A script of the configuration. */
export interface Script {
  /** Absolute. */
  readonly path: string;
  /** Variables it finds in its environment, besides those every program needs. */
  readonly environment: Readonly<Record<string, string>>;
  /** Variables a PowerShell script finds under these names, each with the variable of the environment that it comes from. */
  readonly variables: readonly ScriptVariable[];
}
interface ScriptVariable {
  readonly name: string;
  readonly from: string;
  /** `true` in the environment is `$true`. */
  readonly type: "text" | "boolean";
}

/** PowerShell 7, then Windows PowerShell. */
const powerShells = ["pwsh", "powershell"] as const;

/**
 * Runs a script: a `.ps1` by PowerShell, anything else by itself, in its own folder. Lines of its output go to `onLine`.
 * @throws SRC_FILE_MISSING, SRC_POWERSHELL_MISSING, SRC_SCRIPT_NOT_STARTED, SRC_SCRIPT_FAILED
 */
export const runScript = async (
  script: Script,
  options: { readonly signal: AbortSignal; readonly onLine: (line: string) => void },
): Promise<void> => {
  const { path } = script;
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new SluiceError("SRC_FILE_MISSING", { file: path }, { place: { file: path } });
  if (!found.isFile())
    throw new SluiceError("SRC_SCRIPT_NOT_STARTED", { script: path, reason: "it is no file" }, { place: { file: path } });
  let end: CommandEnd;
  try {
    end = await runCommand(commandOf(script), options);
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause;
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new SluiceError("SRC_SCRIPT_NOT_STARTED", { script: path, reason }, { place: { file: path }, cause });
  }
  const said = saidOf(end);
  if (said === null) return;
  throw new SluiceError("SRC_SCRIPT_FAILED", { script: path, end: said, output: quoted(end.lastLines) }, { place: { file: path } });
};

/** How it ended, as the middle of a sentence; null: well. */
const saidOf = ({ exitCode, signal, isStopped }: CommandEnd): string | null => {
  if (isStopped) return "was stopped, with all that it had started";
  if (signal !== null) return `was ended by the signal ${signal}`;
  return exitCode === 0 ? null : `ended with exit code ${exitCode}`;
};

/** Characters of output that a message quotes: the log has more. */
const quotedCharacters = 800;
const quoted = (lines: readonly string[]): string =>
  lines
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" | ")
    .slice(-quotedCharacters);

const commandOf = (script: Script): Command => {
  const { path } = script;
  const environment = commandEnvironment(script.environment);
  const folder = dirname(path);
  switch (extname(path).toLowerCase()) {
    case ".ps1":
      return {
        file: powerShellOn(environment, path),
        parameters: [
          "-NoLogo",
          "-NoProfile",
          "-NonInteractive",
          "-ExecutionPolicy",
          "Bypass",
          "-Command",
          powerShellText(script.variables),
        ],
        folder,
        environment: { ...environment, [scriptVariable]: path },
      };
    case ".cmd":
    case ".bat":
      // Windows starts them by their interpreter only. What that reads is fixed, the path comes from the environment; of the quotes it takes the outer ones away.
      return process.platform === "win32"
        ? {
            file: "cmd.exe",
            parameters: ["/d", "/s", "/c", `""%${scriptVariable}%""`],
            folder,
            environment: { ...environment, [scriptVariable]: path },
            isVerbatim: true,
          }
        : { file: path, parameters: [], folder, environment };
    default:
      return { file: path, parameters: [], folder, environment };
  }
};

/** The path of the script itself, for its interpreter. */
const scriptVariable = "SLUICE_SCRIPT";

/**
 * What PowerShell is told, the same whatever the values are: they come from the environment, so that none can become syntax (design §7.8).
 * Without it a script's `exit 3` would end PowerShell with 1.
 */
const powerShellText = (variables: readonly ScriptVariable[]): string =>
  [
    ...variables.map(({ name, from, type }) => (type === "text" ? `$${name} = $env:${from}` : `$${name} = $env:${from} -eq 'true'`)),
    "$global:LASTEXITCODE = 0",
    `& $env:${scriptVariable}`,
    "exit $LASTEXITCODE",
  ].join("; ");

const powerShellOn = (environment: Readonly<Record<string, string>>, script: string): string => {
  const path = Object.entries(environment).find(([name]) => name.toUpperCase() === "PATH")?.[1] ?? "";
  const ending = process.platform === "win32" ? ".exe" : "";
  for (const name of powerShells) {
    for (const folder of path.split(delimiter)) {
      if (folder !== "" && isProgram(join(folder, name + ending))) return join(folder, name + ending);
    }
  }
  throw new SluiceError("SRC_POWERSHELL_MISSING", { script, looked: powerShells }, { place: { file: script } });
};

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};
