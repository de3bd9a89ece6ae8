import type { DeltaCommand, DeltaRow } from "./delta-file.js";

/**
 * Two commands on one key become one that does what both would do one after the other (design §5, commands fold; connectors §2.4).
 * Takes the earlier and the later row of one key and the headers of their fields, key first; gives the row that stands for both.
 */
export const foldRows = (earlier: DeltaRow, later: DeltaRow, columns: readonly string[]): DeltaRow => {
  switch (later.command) {
    case "delete":
      return later;
    case "insert":
      return full(earlier.command === "update" ? "update" : "insert", later.fields);
    case "update":
      return full(earlier.command === "insert" ? "insert" : "update", later.fields);
    case "merge":
      return merged(earlier, later, columns);
  }
};

const full = (command: "insert" | "update", fields: DeltaRow["fields"]): DeltaRow => ({ command, fields, cleared: [] });

const merged = (earlier: DeltaRow, later: DeltaRow, columns: readonly string[]): DeltaRow => {
  // Nothing is left of what was deleted: the resource that the merge makes has its cells only.
  if (earlier.command === "delete") return full("insert", later.fields);
  const isCleared = (column: string, row: DeltaRow): boolean => row.cleared.includes(column);
  const fields = columns.map((column, i) => {
    const cell = later.fields[i] ?? null;
    return cell ?? (isCleared(column, later) ? null : (earlier.fields[i] ?? null));
  });
  if (earlier.command !== "merge") return full(earlier.command, fields);
  // A cell that came later un-clears its column, and the other way round.
  const cleared = columns.filter((column, i) => fields[i] === null && (isCleared(column, later) || isCleared(column, earlier)));
  return { command: "merge", fields, cleared: [...new Set(cleared)] };
};

/** One thing that commands say about links: a pair comes or goes, or all pairs of one key go. */
export interface LinkWord {
  /** A later word has a higher number. */
  readonly sequence: number;
  /** All pairs of the owner go: the key that the words are grouped by. */
  readonly withdrawsOwner: boolean;
  /** No command: whatever this input says of the pair does not count, because a row of it was set aside. */
  readonly isAside: boolean;
  /** From a delta that was never applied; it counts although a row of this input was set aside. */
  readonly isCarried: boolean;
}

/**
 * Folds words about links: the last word on a pair counts, and a withdrawal drops the earlier words on the pairs of its key and stays.
 * Words come grouped by owner and in it by pair, withdrawals of the owner before its pairs, those of one pair in file order. A withdrawal of the
 * other side's key is a word like those on pairs here: words folded once by each side are folded. Holds three words, however many there are.
 */
export class LinkFold<W extends LinkWord> {
  private last: W | null = null;
  private lastCarried: W | null = null;
  private isAside = false;
  private withdrawal: W | null = null;

  /** @param emit takes the words that count; `dropped` those that a later one made void; `setAside` those that would have counted */
  constructor(
    private readonly emit: (word: W) => void,
    private readonly dropped: (word: W) => void,
    private readonly setAside: (word: W) => void,
  ) {}

  /** @param isSameOwner `isSamePair` what the word shares with the one before */
  take(word: W, isSameOwner: boolean, isSamePair: boolean): void {
    if (!isSamePair) this.endPair();
    if (!isSameOwner) this.withdrawal = null;
    if (word.isAside) {
      this.isAside = true;
      return;
    }
    if (this.last !== null) this.dropped(this.last);
    this.last = word;
    if (word.isCarried) this.lastCarried = word;
  }

  end(): void {
    this.endPair();
    this.withdrawal = null;
  }

  private endPair(): void {
    const word = this.isAside ? this.lastCarried : this.last;
    if (this.last !== null && word !== this.last) this.setAside(this.last);
    this.last = null;
    this.lastCarried = null;
    this.isAside = false;
    if (word === null) return;
    if (this.withdrawal !== null && word.sequence < this.withdrawal.sequence) {
      this.dropped(word);
      return;
    }
    if (word.withdrawsOwner) this.withdrawal = word;
    this.emit(word);
  }
}

/** What a command is called in a source (connectors §3): `add` and the four that a delta has, in whatever case. Null for any other text. */
export const commandNamed = (text: string): DeltaCommand | null => commandNames.get(text.toLowerCase()) ?? null;

const commandNames: ReadonlyMap<string, DeltaCommand> = new Map([
  ["add", "insert"],
  ["insert", "insert"],
  ["update", "update"],
  ["delete", "delete"],
  ["merge", "merge"],
]);
