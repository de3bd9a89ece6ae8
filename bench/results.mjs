/** What was measured last, kept in results.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";

const file = new URL("./results.md", import.meta.url);
const sections = {
  embedded: "<!-- written by `npm run bench -- --write` -->",
  server: "<!-- written by `npm run bench -- --database … --write` -->",
};
const end = "<!-- end -->";

/** One line: when and on what. */
export const describeMachine = (pin) =>
  [
    new Date().toISOString().slice(0, 10),
    `${cpus()[0]?.model.trim()}, ${availableParallelism()} CPUs, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `${type()} ${release()}`,
    `Node ${process.versions.node}`,
    pin === null ? "not pinned" : `pinned to CPU ${pin}`,
    `load ${loadavg()[0]?.toFixed(1)} at the start`,
  ].join("; ");

/** Puts a run in the place of the one that was there; what a person wrote around it stays. `section`: embedded or server. */
export const writeResults = (section, machine, table, summary) => {
  const text = readFileSync(file, "utf8");
  const begin = sections[section];
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < from) throw new Error(`results.md lacks the line ${begin} or ${end}`);
  writeFileSync(file, `${text.slice(0, from)}${begin}\n\n${machine}\n\n${table}\n\n${summary}\n\n${text.slice(to)}`);
};
