/**
 * Puts the files of one day where the connections of this workspace read them: `examples/Sources`.
 *
 *     node examples/day.mjs 3
 */
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isProgram } from "./program.mjs";

export const workspace = dirname(fileURLToPath(import.meta.url));
const numbers = ["1", "2", "3"];
/** On Windows a virus scanner may hold a file for a moment: tries, and milliseconds between them. */
const tries = 10;
const pause = 100;

const renamed = async (from, to) => {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      if (attempt === tries || !["EPERM", "EACCES", "EBUSY"].includes(error.code)) throw error;
      await wait(pause);
    }
  }
};

/** Takes 1, 2 or 3, copies that day's files under a temporary name and renames them, so that no export ever reads half a file. Gives their names. */
export const copyDay = async (number) => {
  const from = join(workspace, "days", String(number));
  const to = join(workspace, "Sources");
  mkdirSync(to, { recursive: true });
  const names = readdirSync(from).sort();
  for (const name of names) {
    const temporary = join(to, `${name}.tmp`);
    copyFileSync(join(from, name), temporary);
    await renamed(temporary, join(to, name));
  }
  return names;
};

if (isProgram(import.meta.url)) {
  const [number, ...rest] = process.argv.slice(2);
  if (!numbers.includes(number) || rest.length > 0) {
    console.error("Which day? node examples/day.mjs 1, 2 or 3");
    process.exitCode = 64;
  } else {
    console.log(`Day ${number}: copied ${(await copyDay(number)).join(", ")} to examples/Sources.`);
  }
}
