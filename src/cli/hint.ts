import type { Invocation } from "./command.js";
import { padTo, widthOf } from "./terminal/index.js";

/** A command line that a person may copy: with the workspace where this one was called with it. */
export const hintedCommand = (invocation: Invocation, command: string): string => {
  const workspace = invocation.arguments.value("workspace");
  if (workspace === null) return `sluice ${command}`;
  return `sluice ${command} -w ${/^[\w./:\\~-]+$/.test(workspace) ? workspace : `"${workspace}"`}`;
};

/** Commands with what they do, aligned. */
export const hintLines = (invocation: Invocation, hints: readonly (readonly [command: string, does: string])[]): string[] => {
  const commands = hints.map(([command]) => hintedCommand(invocation, command));
  const width = Math.max(0, ...commands.map(widthOf));
  return hints.map(([, does], index) => `  ${padTo(commands[index] ?? "", width)}   ${does}`);
};
