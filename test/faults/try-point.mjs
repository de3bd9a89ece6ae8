import { join } from "node:path";
import { differences, endState } from "./end-state.mjs";
import { runWithFault } from "./kill-point.mjs";
import { call } from "./program.mjs";
import { copyWorkspace, removeWorkspace } from "./workspace.mjs";

/** A scenario with its workspace made, its end known and its writes counted. */
export const openScenario = async (scenario) => {
  const template = await scenario.prepare();
  const undisturbed = copyWorkspace(template);
  const run = await runWithFault(undisturbed, scenario.command);
  if (run.code !== scenario.ends) throw new Error(`${scenario.name} undisturbed ended with ${run.code}:\n${run.text}`);
  const expected = endState(undisturbed);
  removeWorkspace(undisturbed);
  return { scenario, template, expected, trace: run.trace };
};

export const closeScenario = ({ template }) => removeWorkspace(template);

/** The end of a command that failed by a fault: it names an error, and it is no fault of the program itself. */
const unnamed = ({ code, text }) => {
  if (code === 0 || code === 2) return null;
  if (code === 70) return `exit 70, a fault of the program itself: ${text.trim().split("\n").slice(-3).join(" / ")}`;
  return /\b(CFG|SRC|DATA|SYNC|DB|JOB|TASK|LOCK|CMD)_[A-Z_]+\b/.test(text)
    ? null
    : `exit ${code} without an error's name: ${text.trim().split("\n").slice(-3).join(" / ")}`;
};

/**
 * One interruption in a fresh copy of the workspace. Gives what is wrong, nothing when all holds.
 * @param fault as of `runWithFault`, but `file` relative to the workspace
 */
export const tryPoint = async ({ scenario, template, expected }, fault) => {
  const workspace = copyWorkspace(template);
  const wrong = [];
  try {
    const file = fault.file === undefined ? {} : { file: join(workspace, fault.file) };
    const onStop =
      fault.act !== "stop"
        ? null
        : async () => {
            const other = await call(workspace, scenario.command);
            if (other.code === 70 || other.code === 1)
              wrong.push(`a second process ended with ${other.code}: ${other.text.trim().split("\n").slice(-3).join(" / ")}`);
          };
    const end = await runWithFault(workspace, scenario.command, { ...fault, ...file }, onStop);
    const isReached = end.trace.length >= fault.at;
    const point = end.trace[fault.at - 1] ?? "";
    if (fault.act === "kill") {
      if (isReached && end.signal !== "SIGKILL" && fault.phase !== "torn") wrong.push(`was not killed: exit ${end.code}`);
    } else if (end.signal !== null) wrong.push(`ended by ${end.signal}`);
    else {
      const name = unnamed(end);
      if (name !== null) wrong.push(name);
      if ((fault.act === "clock" || fault.act === "stop") && end.code !== scenario.ends)
        wrong.push(`ended with ${end.code}: ${end.text.trim().split("\n").slice(-3).join(" / ")}`);
    }
    const again = await scenario.again(workspace);
    if (again.code !== scenario.ends)
      wrong.push(`taken up again it ended with ${again.code}: ${again.text.trim().split("\n").slice(-6).join(" / ")}`);
    wrong.push(...differences(expected, endState(workspace)));
    return { wrong, point, end };
  } catch (error) {
    return { wrong: [...wrong, String(error?.stack ?? error)], point: "", end: null };
  } finally {
    removeWorkspace(workspace);
  }
};
