import { type Finding, isNearlyAll, type StandingChange, share } from "./row.js";
import { quoted } from "./value-change.js";

/** Rows whose values must have changed places at least: of one or two it may be chance. */
const fewestSwaps = 3;
/** Sets of properties that change together, kept to count the rows that change two of them. */
const mostSets = 4_096;
/** Pairs of properties kept: those of a file with more columns than anybody swaps. */
const mostPairs = 1_024;

/** Between the names of properties: no identifier has it. */
const separator = "\u0000";

interface Pair {
  count: number;
  readonly example: { readonly key: string; readonly first: string | null; readonly second: string | null };
}

/** Properties of one entity type whose values changed places. */
export class Swapped {
  readonly #pairs = new Map<string, Pair>();
  readonly #sets = new Map<string, number>();
  #unkept = 0;

  /** Takes the changes of an update. */
  add(key: string, changes: readonly StandingChange[]): void {
    if (changes.length < 2) return;
    const names = changes.map(({ property }) => property).sort();
    const set = names.join(separator);
    const known = this.#sets.get(set);
    if (known !== undefined || this.#sets.size < mostSets) this.#sets.set(set, (known ?? 0) + 1);
    else this.#unkept++;

    const byBefore = new Map<string | null, StandingChange[]>();
    for (const change of changes) {
      const same = byBefore.get(change.before);
      if (same === undefined) byBefore.set(change.before, [change]);
      else same.push(change);
    }
    for (const change of changes) {
      for (const other of byBefore.get(change.after) ?? []) {
        if (other.after !== change.before || change.property >= other.property) continue;
        const name = `${change.property}${separator}${other.property}`;
        const pair = this.#pairs.get(name);
        if (pair !== undefined) pair.count++;
        else if (this.#pairs.size < mostPairs)
          this.#pairs.set(name, { count: 1, example: { key, first: change.before, second: other.before } });
      }
    }
  }

  findings(entityType: string): Finding[] {
    const found = [...this.#pairs]
      .map(([name, pair]) => {
        const [first = "", second = ""] = name.split(separator);
        return { first, second, ...pair, both: this.#changeBoth(first, second) };
      })
      .filter(({ count, both }) => count >= fewestSwaps && isNearlyAll(count, both))
      .sort((a, b) => b.count - a.count);
    const taken = new Set<string>();
    return found.flatMap(({ first, second, count, both, example }) => {
      if (taken.has(first) || taken.has(second)) return [];
      taken.add(first).add(second);
      const shown = (value: string | null): string => (value === null ? "nothing" : quoted(value));
      return [
        {
          kind: "swapped" as const,
          entityType,
          properties: [first, second],
          count,
          text: `${entityType}: ${first} and ${second} changed places in ${share(count, both)} rows that change both, such as ${quoted(example.key)}, which had ${shown(example.first)} and ${shown(example.second)}. Usual cause: two headers of the source file were swapped. Put them right and run the job again`,
        },
      ];
    });
  }

  #changeBoth(first: string, second: string): number {
    let both = this.#unkept;
    for (const [set, count] of this.#sets) {
      const names = set.split(separator);
      if (names.includes(first) && names.includes(second)) both += count;
    }
    return both;
  }
}
