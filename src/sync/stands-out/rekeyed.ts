import { foldedKey } from "../folded-key.js";
import { type Finding, fewestRows, grouped, type StandingRow, share } from "./row.js";
import { Tally } from "./tally.js";
import { quoted, valueChange } from "./value-change.js";

/** UTF-16 units of keys that are kept for examples and comparison, all together: some 32 MB. */
const mostKeyUnits = 16_000_000;

/** One side of what may become a pair. */
interface Waiting {
  readonly command: "insert" | "delete";
  /** null once no more of them are kept. */
  readonly keys: (string | null)[];
}

/** FNV-1a in two halves: 53 bits tell the rows of a staged set apart. */
const hashOf = (text: string): number => {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995) ^ (a >>> 15);
  }
  return (a >>> 0) * 0x20_0000 + ((b >>> 0) & 0x1f_ffff);
};

/** Deleted and inserted rows of one entity type that belong together: the same but for their key. */
export class Rekeyed {
  #deleted = 0;
  #inserted = 0;
  #keyUnits = 0;
  /** By all their values but the key. */
  readonly #byValues = new Map<number, Waiting>();
  /** By the key without what people do not see: case, blanks, Unicode form, leading zeros. */
  readonly #byForm = new Map<number, Waiting>();
  #alike = 0;
  #alikeExample: readonly [string, string] | null = null;
  #near = 0;
  #nearExample: readonly [string, string] | null = null;
  readonly #nearKinds = new Tally<null>();

  add({ command, key, changes }: StandingRow): void {
    if (command === "update") return;
    if (command === "delete") this.#deleted++;
    else this.#inserted++;
    const keeps = this.#keyUnits < mostKeyUnits;
    if (keeps) this.#keyUnits += key.length;
    const kept = keeps ? key : null;

    const values: string[] = [];
    for (const { property, before, after, isNavigation } of changes) {
      const value = command === "delete" ? before : after;
      // Links are told from the sources anew; a value that repeats the key goes with it.
      if (isNavigation || value === null) continue;
      values.push(`${property}\u0000${value === key ? "\u0000key" : value}`);
    }
    const own = values.filter((value) => !value.endsWith("\u0000\u0000key"));
    // Rows without a value of their own are all alike.
    if (own.length > 0) {
      const pair = meet(this.#byValues, hashOf(values.sort().join("\u0001")), command, kept);
      if (pair !== null) {
        this.#alike++;
        if (pair.from !== null && pair.to !== null) this.#alikeExample ??= [pair.from, pair.to];
      }
    }
    const near = meet(this.#byForm, hashOf(withoutZeros(foldedKey(key))), command, kept);
    if (near === null) return;
    this.#near++;
    if (near.from === null || near.to === null) return;
    this.#nearExample ??= [near.from, near.to];
    this.#nearKinds.add(valueChange(near.from, near.to) ?? "is written in another way", () => null);
  }

  /** What stands out; `open`: resources of the type now, null where nobody counted. */
  findings(entityType: string, open: number | null): Finding[] {
    const deleted = this.#deleted;
    const made = (kind: Finding["kind"], count: number, text: string): Finding => ({ kind, entityType, properties: [], count, text });
    const such = (pair: readonly [string, string] | null): string =>
      pair === null ? "" : `, such as ${quoted(pair[0])} → ${quoted(pair[1])}`;
    const fewest = Math.min(fewestRows, deleted);
    const findings: Finding[] = [];
    if (this.#near > 0 && this.#near >= fewest) {
      const kind = this.#nearKinds.commonest();
      const how = kind === null ? "is written in another way" : kind.text;
      findings.push(
        made(
          "rekeyed",
          this.#near,
          `${entityType}: rekeyed, ${share(this.#near, deleted)} deleted rows come back under a key that ${how}${such(this.#nearExample)}. Usual cause: the export writes the key column in another way. Resuming would lose their history and links: write the key as before`,
        ),
      );
    } else if (this.#alike > 0 && this.#alike >= fewest) {
      findings.push(
        made(
          "rekeyed",
          this.#alike,
          `${entityType}: rekeyed, ${share(this.#alike, deleted)} deleted rows come back under another key with the same values${such(this.#alikeExample)}. Usual cause: the source numbers its rows anew, or another column became the key. Resuming would lose their history and links: look at the key column first`,
        ),
      );
    }
    if (open !== null && open > 0 && deleted >= open && findings.length === 0) {
      findings.push(
        made(
          "wholeType",
          deleted,
          `${entityType}: ${share(open, open)} resources would be deleted${this.#inserted === 0 ? "" : `, ${grouped(this.#inserted)} others inserted`}. Usual cause: an empty or cut file, or one of another system. Look at the source file, mend it and run the job again`,
        ),
      );
    }
    return findings;
  }
}

const withoutZeros = (key: string): string => key.replace(/^0+(?=.)/, "");

/** Puts a row beside one of the other command under the same hash: gives their keys and takes both away; null where it has to wait. */
const meet = (
  waiting: Map<number, Waiting>,
  hash: number,
  command: "insert" | "delete",
  key: string | null,
): { readonly from: string | null; readonly to: string | null } | null => {
  const there = waiting.get(hash);
  if (there === undefined) {
    waiting.set(hash, { command, keys: [key] });
    return null;
  }
  if (there.command === command) {
    there.keys.push(key);
    return null;
  }
  const other = there.keys.pop() ?? null;
  if (there.keys.length === 0) waiting.delete(hash);
  return command === "insert" ? { from: other, to: key } : { from: key, to: other };
};
