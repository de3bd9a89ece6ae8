/**
 * Makes the files of `examples/days`: the exports of an HR system and of an Active Directory on three days, and `expected.json` with what
 * loading them counts. The same bytes on every machine; nothing in them is a real person.
 *
 *     node examples/generate.mjs
 *
 * Planted on purpose, besides the awkward names of `generator/people.mjs`:
 * - HR: one row twice, one row without a number.
 * - AD members: one row twice; two members that do not resolve on any day (another forest; an é in another Unicode form).
 * - AD managers: one manager without an account on day 1, who has one on day 2.
 * - Day 3: the AD entries file stops after two rows of five, at a line end.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { days } from "./generator/days.mjs";
import { expectedOf } from "./generator/expected.mjs";
import { exportsOf, textOf } from "./generator/files.mjs";
import { isProgram } from "./program.mjs";

/** Gives every generated file: path below `examples/days` with `/`, and text (to be written as UTF-8). */
export const generatedFiles = () => {
  const [first, second, third] = days();
  // Day 3: HR and entries are new, the two link files are still those of day 2.
  const exportsOfDays = [exportsOf(first), exportsOf(second), exportsOf(third, second)];
  const files = exportsOfDays.flatMap((exports, index) => exports.map((file) => [`${index + 1}/${file.name}`, textOf(file)]));
  return new Map([...files, ["expected.json", `${JSON.stringify(expectedOf(exportsOfDays), null, 2)}\n`]]);
};

if (isProgram(import.meta.url)) {
  const folder = join(dirname(fileURLToPath(import.meta.url)), "days");
  for (const [path, text] of generatedFiles()) {
    const target = join(folder, ...path.split("/"));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    console.log(`${path}: ${Buffer.byteLength(text)} bytes`);
  }
}
