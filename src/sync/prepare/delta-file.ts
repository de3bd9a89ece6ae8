import type { SessionFile } from "../../model/index.js";
import { canonicalRow, lineFeed } from "../csv/index.js";
import { type DeltaCommand, type DeltaRow, deltaCommands, fieldEnd, joinCleared } from "../delta/index.js";
import { CollectFile } from "./collect-file.js";
import type { Tally } from "./tally.js";

const prefixes = Object.fromEntries(deltaCommands.map((command) => [command, Buffer.from(`${command},`)])) as Record<DeltaCommand, Buffer>;

/** `.sorted.delta` of a mapping, while it is written: commands are counted as they come. */
export class DeltaFile {
  private readonly file: CollectFile;
  private readonly counts = { insert: 0, update: 0, delete: 0, merge: 0 };

  /** @param columns header of the whole file, `command` first */
  constructor(
    folder: string,
    private readonly mapping: string,
    private readonly kind: SessionFile["kind"],
    private readonly columns: readonly string[],
  ) {
    this.file = new CollectFile(folder, mapping, ".sorted.delta", columns);
  }

  /** Takes a command and the canonical text of its fields, line feed included. */
  add(command: DeltaCommand, bytes: Uint8Array, start: number, end: number): void {
    const { output } = this.file;
    const prefix = prefixes[command];
    output.append(prefix, 0, prefix.length);
    output.append(bytes, start, end);
    this.count(command);
  }

  addRow({ command, fields, cleared }: DeltaRow, hasCleared: boolean): void {
    this.file.output.appendText(canonicalRow([command, ...fields, ...(hasCleared ? [joinCleared(cleared)] : [])]));
    this.count(command);
  }

  /** Takes the deletion of the record `bytes[start, end)`, of which only the key, its first field, is kept. */
  addDeletion(bytes: Uint8Array, start: number, end: number): void {
    const { output } = this.file;
    const prefix = prefixes.delete;
    output.append(prefix, 0, prefix.length);
    output.append(bytes, start, fieldEnd(bytes, start, end));
    // The columns behind command and key stay empty.
    output.appendText(",".repeat(this.columns.length - 2) + String.fromCharCode(lineFeed));
    this.count("delete");
  }

  finish(tally: Tally): SessionFile {
    const { counts } = this;
    tally.written += this.file.rows;
    tally.inserted += counts.insert;
    tally.updated += counts.update + counts.merge;
    tally.deleted += counts.delete;
    return this.file.finish(this.kind, this.mapping, "delta");
  }

  discard(): void {
    this.file.output.discard();
  }

  private count(command: DeltaCommand): void {
    this.counts[command]++;
    this.file.rows++;
  }
}
