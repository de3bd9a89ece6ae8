import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { SluiceError } from "../../errors/index.js";
import type { ByteSource } from "./record-reader.js";

/**
 * A file read from front to back. Its size and time are taken when it is opened; `ensureUnchanged` compares them at the end
 * (design §5, fresh input only).
 */
export class FileSource implements ByteSource {
  readonly path: string;
  /** As people know the file. */
  readonly name: string;
  /** Bytes, when it was opened. */
  readonly size: number;
  /** Milliseconds since 1970, when it was opened. */
  readonly modified: number;
  private readonly descriptor: number;
  private isOpen = true;

  /** @throws SRC_FILE_MISSING, SRC_FILE_UNREADABLE, SRC_FILE_EMPTY */
  constructor(path: string, name: string) {
    this.path = path;
    this.name = name;
    this.descriptor = opened(path, name);
    const stat = fstatSync(this.descriptor);
    this.size = stat.size;
    this.modified = stat.mtimeMs;
    const problem = !stat.isFile()
      ? new SluiceError("SRC_FILE_UNREADABLE", { file: name, reason: "not a file" }, { place: { file: name } })
      : null;
    const empty = stat.size === 0 ? new SluiceError("SRC_FILE_EMPTY", { file: name }, { place: { file: name } }) : null;
    if (problem !== null || empty !== null) {
      this.close();
      throw problem ?? empty;
    }
  }

  read(target: Uint8Array, offset: number, length: number): number {
    try {
      return readSync(this.descriptor, target, offset, length, null);
    } catch (cause) {
      throw unreadable(this.name, cause);
    }
  }

  /** @throws SRC_FILE_CHANGED when size or time differ from what they were at the start */
  ensureUnchanged(): void {
    let isSame = false;
    try {
      const open = fstatSync(this.descriptor);
      const named = statSync(this.path);
      isSame = [open, named].every((stat) => stat.size === this.size && stat.mtimeMs === this.modified);
    } catch {
      // The file was taken away: changed.
    }
    if (!isSame) throw new SluiceError("SRC_FILE_CHANGED", { file: this.name }, { place: { file: this.name } });
  }

  close(): void {
    if (this.isOpen) closeSync(this.descriptor);
    this.isOpen = false;
  }
}

const opened = (path: string, name: string): number => {
  try {
    return openSync(path, "r");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
      throw new SluiceError("SRC_FILE_MISSING", { file: name }, { place: { file: name }, cause });
    }
    throw unreadable(name, cause);
  }
};

const unreadable = (file: string, cause: unknown): SluiceError =>
  new SluiceError(
    "SRC_FILE_UNREADABLE",
    { file, reason: (cause as NodeJS.ErrnoException).code ?? String(cause) },
    { place: { file }, cause },
  );
