/** Distinct texts that a tally keeps at most: what most rows share is among them, whatever the others hold. */
const mostTexts = 256;

/** UTF-16 units by which a text is told: longer ones that begin alike count as one. */
const longestText = 160;

/** The beginning of a text as a string of its own: a slice would keep the whole of it in memory. */
export const beginning = (text: string, units: number): string =>
  text.length <= units ? text : Buffer.from(text.slice(0, units)).toString();

interface Entry<E> {
  count: number;
  readonly example: E;
}

/**
 * Counts texts in bounded memory, each with an example: when it is full, the rarest half go. What is common to nearly all is counted to within a few,
 * and never too high.
 */
export class Tally<E> {
  readonly #entries = new Map<string, Entry<E>>();

  /** `example` is called for the first of a text. */
  add(text: string, example: () => E): void {
    const cut = text.length > longestText ? text.slice(0, longestText) : text;
    const entry = this.#entries.get(cut);
    if (entry !== undefined) {
      entry.count++;
      return;
    }
    this.#entries.set(beginning(text, longestText), { count: 1, example: example() });
    if (this.#entries.size > mostTexts) this.#forget();
  }

  /** The commonest text, of equals the one seen first; null where there is none. */
  commonest(): { readonly text: string; readonly count: number; readonly example: E } | null {
    let found: { readonly text: string; readonly count: number; readonly example: E } | null = null;
    for (const [text, { count, example }] of this.#entries) if (found === null || count > found.count) found = { text, count, example };
    return found;
  }

  #forget(): void {
    const kept = mostTexts >> 1;
    const median = [...this.#entries.values()].map(({ count }) => count).sort((a, b) => a - b)[kept] ?? 0;
    for (const [text, { count }] of this.#entries) if (count <= median && this.#entries.size > kept) this.#entries.delete(text);
  }
}
