import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { SessionFile } from "../../model/index.js";
import { canonicalRow, type MemoryWindow, OutputFile } from "../csv/index.js";

/** Ends of the names of a mapping's files in `Work/Collect` (connectors §2.2, design §5). */
const endings = [".sorted.csv", ".duplicates.csv", ".nullpk.csv", ".rejected.csv", ".sorted.delta", ".baseline.csv"] as const;
export type CollectEnding = (typeof endings)[number];

/** Removes what a former run left for the mapping, temporary files of one that was killed included. */
export const removeFormer = (folder: string, mapping: string): void => {
  for (const ending of endings) rmSync(join(folder, mapping + ending), { force: true });
  // By their whole names: a connector may be called as the mapping is, and its `errors.csv` be written at this moment.
  const unfinished = new Set(endings.map((ending) => `.${mapping}${ending}.tmp`));
  const isOfSort = (name: string): boolean =>
    [`.${mapping}.runs`, `.${mapping}.pairs`].some((run) => name === run || name.startsWith(`${run}.`));
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isFile() && (unfinished.has(entry.name) || isOfSort(entry.name))) rmSync(join(folder, entry.name), { force: true });
  }
};

/** One file of a mapping in `Work/Collect`: header included, rows counted. */
export class CollectFile {
  readonly output: OutputFile;
  rows = 0;
  private readonly name: string;

  constructor(folder: string, mapping: string, ending: CollectEnding, columns: readonly string[], window?: MemoryWindow) {
    this.name = mapping + ending;
    this.output = new OutputFile(join(folder, this.name), window);
    this.output.appendText(canonicalRow(columns));
  }

  /** Names the file; gives it as the session hands it over. */
  finish(kind: SessionFile["kind"], mapping: string, content: SessionFile["content"]): SessionFile {
    const { bytes, sha256 } = this.output.finish();
    return { name: this.name, kind, mapping, content, rows: this.rows, bytes, sha256 };
  }
}
