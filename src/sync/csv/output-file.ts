import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { SluiceError } from "../../errors/index.js";
import { copyBytes, type MemoryWindow } from "./byte.js";

/** Bytes gathered before a write. */
const bufferBytes = 256 * 1024;

export interface WrittenFile {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/**
 * A file that appears whole or not at all: written under a temporary name, synced and renamed (design §5).
 * Its SHA-256 is computed while it is written.
 */
export class OutputFile {
  readonly path: string;
  private readonly temporary: string;
  private readonly mode: number;
  /** Null until something is written. */
  private descriptor: number | null = null;
  /** The temporary file is there. */
  private isOnDisk = false;
  private readonly hash = createHash("sha256");
  private buffer: Uint8Array;
  private start: number;
  private limit: number;
  private at: number;
  private written = 0;

  /** `window` is memory to gather in; own memory where absent. `mode`: who may read the new file, less the umask. Nothing is on the disk before the memory is full, or `finish`. */
  constructor(path: string, window?: MemoryWindow, mode = 0o666) {
    this.path = path;
    this.mode = mode;
    this.temporary = join(dirname(path), temporaryName(basename(path)));
    this.buffer = window?.bytes ?? new Uint8Array(0);
    this.start = window?.start ?? 0;
    this.limit = this.start + (window?.length ?? 0);
    this.at = this.start;
  }

  /** Appends `source[start, end)`. */
  append(source: Uint8Array, start: number, end: number): void {
    if (end - start > this.limit - this.at) this.makeRoom(end - start);
    this.at = copyBytes(this.buffer, this.at, source, start, end);
  }

  /** Room for `length` bytes to be written by the caller; gives their place in `bytes`. Followed by `commit`. */
  reserve(length: number): number {
    if (length > this.limit - this.at) this.makeRoom(length);
    return this.at;
  }

  /** Where `reserve` made room; may be another array after each `reserve`. */
  get bytes(): Uint8Array {
    return this.buffer;
  }

  /** Takes what was written up to `end`. */
  commit(end: number): void {
    this.at = end;
  }

  /** Appends text as UTF-8. */
  appendText(text: string): void {
    const bytes = Buffer.from(text, "utf8");
    this.append(bytes, 0, bytes.length);
  }

  /** Writes `source[start, end)` without gathering it first: for slices that are long already. */
  appendDirect(source: Uint8Array, start: number, end: number): void {
    this.flush();
    this.write(source, start, end);
  }

  /**
   * Gives the file its name. Nothing can be appended afterwards.
   * @param beforeNaming is called when all of it is on the disk and not yet visible
   * @throws SRC_WRITE_FAILED
   */
  finish(beforeNaming: (file: WrittenFile) => void = () => {}): WrittenFile {
    try {
      this.flush();
      attempt(this.path, () => {
        fsyncSync(this.opened());
        this.close();
      });
      const file = { path: this.path, bytes: this.written, sha256: this.hash.digest("hex") };
      beforeNaming(file);
      attempt(this.path, () => renameOver(this.temporary, this.path));
      this.isOnDisk = false;
      return file;
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** Removes what was written. Harmless after `finish`. */
  discard(): void {
    this.close();
    if (this.isOnDisk) rmSync(this.temporary, { force: true });
    this.isOnDisk = false;
  }

  private opened(): number {
    this.descriptor ??= openSync(this.temporary, "w", this.mode);
    this.isOnDisk = true;
    return this.descriptor;
  }

  private close(): void {
    if (this.descriptor !== null) closeSync(this.descriptor);
    this.descriptor = null;
  }

  private makeRoom(length: number): void {
    this.flush();
    if (length <= this.limit - this.at) return;
    // Small side files allocate only when something is written to them.
    this.buffer = new Uint8Array(Math.max(bufferBytes, length));
    this.start = 0;
    this.at = 0;
    this.limit = this.buffer.length;
  }

  private flush(): void {
    if (this.at > this.start) this.write(this.buffer, this.start, this.at);
    this.at = this.start;
  }

  private write(bytes: Uint8Array, start: number, end: number): void {
    this.hash.update(bytes.subarray(start, end));
    attempt(this.path, () => {
      const descriptor = this.opened();
      for (let from = start; from < end; ) from += writeSync(descriptor, bytes, from, end - from);
    });
    this.written += end - start;
  }
}

/** Beside the final name, on the same file system; hidden, and never a name that a reader looks for. */
const temporaryName = (name: string): string => `.${name}.tmp`;

/** Windows: a virus scanner holds a new file for a moment; tried again for about a second (design §10). */
const renameAttempts = 10;
const isHeld = (error: unknown): boolean => ["EPERM", "EACCES", "EBUSY"].includes((error as NodeJS.ErrnoException).code ?? "");

/** Renames, taking the place of a file of that name. Retries while another program holds it. */
export const renameOver = (from: string, to: string): void => {
  for (let attempts = 1; ; attempts++) {
    try {
      renameSync(from, to);
      break;
    } catch (error) {
      if (attempts === renameAttempts || !isHeld(error) || process.platform !== "win32") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20 * attempts);
    }
  }
  syncFolder(dirname(to));
};

/** Makes a rename outlive a power failure; folders cannot be synced on Windows. */
const syncFolder = (folder: string): void => {
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

const attempt = <T>(file: string, action: () => T): T => {
  try {
    return action();
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause;
    throw new SluiceError(
      "SRC_WRITE_FAILED",
      { file, reason: (cause as NodeJS.ErrnoException).code ?? String(cause) },
      { place: { file }, cause },
    );
  }
};
