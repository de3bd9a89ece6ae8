import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { confinedPath } from "../../connectors/index.js";
import { runScript } from "../../process/index.js";
import { manifestPath } from "../../sync/index.js";
import type { AgentTaskKind } from "../task-kind.js";

/**
 * Runs a script of the workspace (jobs-and-tasks §2.1): a `.ps1` by PowerShell, anything else by itself. It needs nothing of the server, so that it runs on either side. The script finds
 * in its environment where it runs for; lines of its output go to the job's log. An exported file that it changed is its own from then on: the export's manifest goes.
 */
export const invokeExpressionTask: AgentTaskKind = {
  element: "InvokeExpressionTask",
  side: "agent",
  summary: "Runs a script.",
  hasDeadline: true,
  refusal: (task) => (inputPath(task.attributes.InputPath) === null ? "it names no InputPath, the script to run" : null),
  run: async ({ work, configuration, signal, onProgress, log }) => {
    const { task, jobInstance, taskInstance } = work;
    const { workspace, settings } = configuration;
    const path = confinedPath(`InputPath of ${task.identifier}`, inputPath(task.attributes.InputPath) ?? "", workspace, [workspace]);
    const exported = join(settings.tempFolder, "ExportOutput");
    const before = stateOf(exported);
    onProgress({ step: `running ${path}`, rows: 0 });
    await runScript(
      {
        path,
        environment: {
          SLUICE_WORKSPACE: workspace,
          SLUICE_WORK_FOLDER: settings.workFolder,
          SLUICE_TEMP_FOLDER: settings.tempFolder,
          SLUICE_EXPORT_OUTPUT: exported,
          SLUICE_TASK: task.identifier,
          SLUICE_JOB_INSTANCE: String(jobInstance),
          SLUICE_TASK_INSTANCE: String(taskInstance),
        },
        variables: [],
      },
      { signal, onLine: (line) => log("info", line) },
    );
    const after = stateOf(exported);
    for (const [name, state] of after) {
      const manifest = manifestPath(name);
      if (!isExported(name) || before.get(name) === state || !before.has(name)) continue;
      // With a manifest of its own it is from an export, of a job of another connector that runs meanwhile.
      if (before.get(manifest) !== after.get(manifest)) continue;
      rmSync(manifestPath(join(exported, name)), { force: true });
      log("info", `${name} was changed by ${task.identifier}`);
    }
    // It ran to its end (jobs-and-tasks §3.3).
    return { state: "Completed", producedOutput: true };
  },
};

const inputPath = (value: unknown): string | null => (typeof value === "string" && value.trim() !== "" ? value : null);

const isExported = (name: string): boolean => name.endsWith(".csv");

/** Size, time and identity of each exported file and manifest. */
const stateOf = (folder: string): ReadonlyMap<string, string> => {
  const states = new Map<string, string>();
  for (const { name } of statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true
    ? readdirSync(folder, { withFileTypes: true })
    : []) {
    const file =
      isExported(name) || name.endsWith(manifestPath(".csv")) ? statSync(join(folder, name), { throwIfNoEntry: false }) : undefined;
    if (file !== undefined) states.set(name, `${file.size} ${file.mtimeMs} ${file.ino}`);
  }
  return states;
};
