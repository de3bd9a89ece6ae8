import type { StoreOptions } from "../store/index.js";
import type { Invocation } from "./command.js";

/** Says to a person that a write waits for the database, and for whom: on stderr, or where the progress of a run is shown meanwhile. */
export class WaitNotice {
  readonly #invocation: Invocation;
  #note: ((text: string) => void) | null = null;

  constructor(invocation: Invocation) {
    this.#invocation = invocation;
  }

  /** For `openStore`. */
  get options(): Pick<StoreOptions, "onWait"> {
    return { onWait: ({ text }) => this.#say(text) };
  }

  /** Where notices go from now on; null: stderr again. */
  goTo(note: ((text: string) => void) | null): void {
    this.#note = note;
  }

  #say(text: string): void {
    const { err, errStyle } = this.#invocation;
    if (this.#note === null) void err.lines([errStyle.dim(text)]);
    else this.#note(text);
  }
}
