import { EventEmitter } from "node:events";
import { main } from "../../dist/cli/main.js";

/** Runs a command of the built program in this process, without faults; gives its exit code and all it printed. */
export const call = async (workspace, argv) => {
  let text = "";
  const stream = {
    write: (part) => {
      text += part;
      return true;
    },
    on: () => stream,
    once: () => stream,
    off: () => stream,
  };
  const code = await main(argv, {
    stdout: stream,
    stderr: stream,
    env: {},
    cwd: workspace,
    clock: { now: () => Date.now() },
    signals: new EventEmitter(),
  });
  return { code, text };
};

/** As `call`, for commands that prepare a scenario: throws unless it ends with `expected`. */
export const callFor = async (expected, workspace, argv) => {
  const { code, text } = await call(workspace, argv);
  if (code !== expected) throw new Error(`sluice ${argv.join(" ")} ended with ${code}, not ${expected}:\n${text}`);
};
