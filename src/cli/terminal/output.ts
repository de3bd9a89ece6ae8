import { maskSecrets, SluiceError } from "../../errors/index.js";

/** What Sluice needs of a stream such as `process.stdout`. */
export interface OutputStream {
  write(text: string): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
  once(event: "drain", listener: () => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** Columns where a terminal does not tell them, or tells 0 (some containers and pseudo-terminals do). */
const usualColumns = 80;
const usualRows = 24;

/**
 * One of the two outputs of the program. Text may be masked on its way; a reader that went away (EPIPE) is no failure:
 * what is written afterwards is dropped, and `isClosed` tells whoever produces much that nobody reads.
 */
export class Output {
  #stream: OutputStream;
  #secrets: readonly string[] = [];
  #isClosed = false;
  #failure: SluiceError | null = null;
  #onClose: (() => void)[] = [];

  constructor(stream: OutputStream) {
    this.#stream = stream;
    stream.on("error", (error) => {
      this.#isClosed = true;
      if ((error as NodeJS.ErrnoException).code !== "EPIPE") {
        this.#failure = new SluiceError("CMD_OUTPUT_FAILED", { reason: error.message }, { cause: error });
      }
      for (const wake of this.#onClose.splice(0)) wake();
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** It failed: nothing more can be written, not even why. */
  get isBroken(): boolean {
    return this.#failure !== null;
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Columns of the terminal now; undefined where the output is none. */
  get columns(): number | undefined {
    if (!this.isTerminal) return undefined;
    const columns = this.#stream.columns ?? 0;
    return columns > 0 ? columns : usualColumns;
  }

  /** Lines of the terminal now. */
  get rows(): number {
    const rows = this.#stream.rows ?? 0;
    return rows > 0 ? rows : usualRows;
  }

  /** Texts that are shown as `***` from now on, wherever they stand (design §7.8). */
  mask(secrets: readonly string[]): void {
    this.#secrets = [...secrets].filter((secret) => secret !== "").sort((a, b) => b.length - a.length);
  }

  /** Writes words of the program: masked. Resolves when the stream takes more. Throws CMD_OUTPUT_FAILED. */
  async write(text: string): Promise<void> {
    await this.writeData(maskSecrets(text, this.#secrets));
  }

  /** Writes lines of words. */
  async lines(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.write(`${lines.join("\n")}\n`);
  }

  /** Writes data of the repository exactly as it is. */
  async writeData(text: string): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    if (this.#isClosed || this.#stream.write(text)) return;
    await new Promise<void>((resolve) => {
      this.#onClose.push(resolve);
      this.#stream.once("drain", () => {
        this.#onClose = this.#onClose.filter((wake) => wake !== resolve);
        resolve();
      });
    });
    if (this.#failure !== null) throw this.#failure;
  }

  /** Writes at once, for a screen that is redrawn: a slow terminal loses nothing, it is drawn again soon. */
  draw(text: string): void {
    if (!this.#isClosed) this.#stream.write(maskSecrets(text, this.#secrets));
  }
}
