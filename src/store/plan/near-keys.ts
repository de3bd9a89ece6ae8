import { foldedKey, nearReason } from "../../sync/index.js";

/** Keys that nothing has, by what they fold to, and the values found that fold to the same (design §6, orphans). */
export class NearKeys {
  readonly #wanted = new Map<string, string[]>();
  readonly #stored = new Map<string, string>();
  readonly #staged = new Map<string, string>();

  constructor(missing: Iterable<string>) {
    for (const key of missing) {
      const folded = foldedKey(key);
      const keys = this.#wanted.get(folded);
      if (keys === undefined) this.#wanted.set(folded, [key]);
      else keys.push(key);
    }
  }

  /** Looks at a value that is stored. */
  lookAt(value: string): void {
    this.#look(value, this.#stored);
  }

  /** Looks at a value that comes with the staged rows: it counts where no stored one is near. */
  lookAtStaged(value: string): void {
    this.#look(value, this.#staged);
  }

  /** Each key that has a near one, and how they differ. */
  *reasons(): Generator<{ readonly key: string; readonly reason: string }> {
    for (const key of [...this.#wanted.values()].flat()) {
      const found = this.#stored.get(key) ?? this.#staged.get(key);
      if (found !== undefined) yield { key, reason: nearReason(key, found) };
    }
  }

  /** Of several values the first in the order of their bytes counts, in whatever order they come. */
  #look(value: string, found: Map<string, string>): void {
    // The very same key can only be that of a resource which this session closes.
    for (const key of this.#wanted.get(foldedKey(value)) ?? []) {
      const former = found.get(key);
      if (key !== value && (former === undefined || Buffer.compare(Buffer.from(value), Buffer.from(former)) < 0)) found.set(key, value);
    }
  }
}
