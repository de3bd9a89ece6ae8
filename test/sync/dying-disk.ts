import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const names = [
  "openSync",
  "writeSync",
  "readSync",
  "closeSync",
  "fsyncSync",
  "renameSync",
  "rmSync",
  "mkdirSync",
  "linkSync",
  "copyFileSync",
  "readdirSync",
  "fstatSync",
  "statSync",
  "readFileSync",
] as const;

/** Thrown by every call once the process is taken for dead: nothing can be cleaned up any more. */
class Killed extends Error {}

/**
 * Runs `action` as a process that is killed before its `survived + 1`th call of the file system: that call and all after it fail.
 * Gives true where it was killed, false where it came to its end.
 */
export const killedAfter = (survived: number, action: () => void): boolean => {
  const real = Object.fromEntries(names.map((name) => [name, fs[name]]));
  const opened: number[] = [];
  let calls = 0;
  let isDead = false;
  for (const name of names) {
    const original = real[name] as (...values: unknown[]) => unknown;
    Object.assign(fs, {
      [name]: (...values: unknown[]) => {
        if (calls++ >= survived) {
          isDead = true;
          throw new Killed(`killed before ${name}`);
        }
        const result = original(...values);
        if (name === "openSync") opened.push(result as number);
        if (name === "closeSync") opened.splice(opened.indexOf(values[0] as number), 1);
        return result;
      },
    });
  }
  syncBuiltinESMExports();
  try {
    action();
  } catch (error) {
    if (!isDead) throw error;
  } finally {
    Object.assign(fs, real);
    syncBuiltinESMExports();
    // A real process gives back what it had open.
    for (const descriptor of opened) fs.closeSync(descriptor);
  }
  return isDead;
};
