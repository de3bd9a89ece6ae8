import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { SluiceError } from "../../errors/index.js";

/** Where one sorted run lies in its file. */
export interface Run {
  readonly start: number;
  readonly end: number;
}

/** A temporary file of sorted runs, one behind the other; gone when it is closed. */
export class RunFile {
  private readonly path: string;
  private readonly descriptor: number;
  private length = 0;

  constructor(path: string) {
    this.path = path;
    this.descriptor = this.attempt(() => openSync(path, "w+"));
  }

  get end(): number {
    return this.length;
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    this.attempt(() => {
      for (let from = start; from < end; ) from += writeSync(this.descriptor, bytes, from, end - from, this.length + from - start);
    });
    this.length += end - start;
  }

  /** Fills `bytes[start, start + length)` from `position` on. */
  read(bytes: Uint8Array, start: number, length: number, position: number): void {
    this.attempt(() => {
      for (let done = 0; done < length; ) {
        const read = readSync(this.descriptor, bytes, start + done, length - done, position + done);
        if (read === 0) throw new Error("shorter than it was written");
        done += read;
      }
    });
  }

  close(): void {
    closeSync(this.descriptor);
    rmSync(this.path, { force: true });
  }

  private attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (cause) {
      const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
      throw new SluiceError("SRC_WRITE_FAILED", { file: this.path, reason }, { place: { file: this.path }, cause });
    }
  }
}
