export { type CommandEnd, runCommand } from "./command.js";
export { commandEnvironment } from "./environment.js";
export { runScript, type Script } from "./script.js";
