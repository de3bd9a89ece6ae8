import { join } from "node:path";
import type { AssociationMapping, EntityAssociation, EntityType, SessionFile } from "../../model/index.js";
import { canonicalRow, fieldText, formOfBytes, type MemoryWindow, type RecordBatch } from "../csv/index.js";
import { commandColumn, type DeltaRow, LinkFold, type LinkWord } from "../delta/index.js";
import { ExternalSort } from "../sort/index.js";
import { CollectFile } from "./collect-file.js";
import { ColumnValue } from "./column-value.js";
import type { CommandColumn } from "./command-column.js";
import { DeltaFile } from "./delta-file.js";
import type { RowsContext } from "./entity-rows.js";
import { linesOf } from "./keys-aside.js";
import type { LineSet } from "./line-set.js";
import { addPair, addSwapped, copied, hasSameOwner, type Link, partsOf, sequenceOf } from "./link.js";
import { keysNamed } from "./link-keys.js";
import { keyRuleOf, windowAt } from "./link-rows.js";
import { RejectedRows } from "./rejected-rows.js";
import type { RowFault } from "./row-errors.js";
import type { TableRows } from "./table-rows.js";

/** What a word says of its pair; the other key of a withdrawal is empty. */
const Said = { withdrawal1: 0, withdrawal2: 1, insert: 2, delete: 3, aside: 4 } as const;
type Said = (typeof Said)[keyof typeof Said];
/** What is said, and whether it was carried, stands in the lowest bits of the sequence number. */
const saidBits = 7;
const carriedBit = 8;
const sequenceStep = 16;
/** The number is a signed one of 32 bits. */
const mostWords = 2 ** 31 / sequenceStep;

/** A word in memory of its own. */
interface Word extends LinkWord {
  readonly link: Link;
  readonly said: Said;
}

const none = Buffer.alloc(0);

/**
 * Rows of an association mapping that carry commands (connectors §2.4, §3), folded to what they come to.
 *
 * In a table of links a command is one on the pairs that the row names. In a table that also feeds an entity type the row says all links of its own
 * resource: an insert or update takes away what there was of them, a delete takes all away, and a merge does what its cell says. A property that takes
 * one resource takes the one that came last: a new one takes away all others.
 */
export class LinkCommands implements TableRows {
  private readonly values: readonly [ColumnValue, ColumnValue];
  readonly columns: readonly [string, string];
  private readonly byKey2: ExternalSort;
  private readonly nullKeys: CollectFile;
  private readonly duplicates: CollectFile;
  private readonly rejected: RejectedRows | null;
  private words = 0;
  /** The place in the order of words behind all that were carried. */
  private afterCarried = 0;
  /** Lines that do not count: a later row says all of their resource, which may have another key by then. */
  private superseded: LineSet | null = null;
  /** Keys that the record at hand names. */
  private named: readonly [Buffer[], Buffer[]] = [[], []];

  constructor(
    readonly mapping: AssociationMapping,
    private readonly association: EntityAssociation,
    entityTypes: ReadonlyMap<string, EntityType>,
    positions: readonly [number, number],
    private readonly windows: readonly MemoryWindow[],
    private readonly context: RowsContext,
    /** Rows of the table's entity mappings that gave no command; null: the table holds links only. */
    private readonly guards: readonly LineSet[] | null,
    /** Which of the keys is the row's own; null: the table holds links only. */
    private readonly ownSide: 1 | 2 | null,
    private readonly commands: CommandColumn,
  ) {
    const { identifier, key1, key2 } = mapping;
    const { collectFolder, file } = context;
    this.values = [
      new ColumnValue(positions[0], keyRuleOf(entityTypes, key1), file),
      new ColumnValue(positions[1], keyRuleOf(entityTypes, key2), file),
    ];
    this.columns = [mapping.column1, mapping.column2];
    this.byKey2 = new ExternalSort(join(collectFolder, `.${identifier}.runs`), windowAt(windows, 0));
    this.nullKeys = new CollectFile(collectFolder, identifier, ".nullpk.csv", this.columns);
    this.duplicates = new CollectFile(collectFolder, identifier, ".duplicates.csv", this.columns);
    const keys = this.values.map(({ rule }, i) => ({ column: this.columns[i] as string, rule }));
    this.rejected = context.setsAside && ownSide === null ? new RejectedRows(collectFolder, identifier, keys) : null;
  }

  /** Windows of memory: words are folded by the second key first, then by the first. */
  static readonly windows = 2;

  /** Takes the commands of a delta that was never applied, before any row of the table. */
  carry(rows: Iterable<DeltaRow>): void {
    for (const { command, fields } of rows) {
      const [one, two] = [Buffer.from(fields[0] ?? ""), Buffer.from(fields[1] ?? "")];
      const removal = two.length === 0 ? Said.withdrawal1 : one.length === 0 ? Said.withdrawal2 : Said.delete;
      this.say(0, command === "delete" ? removal : Said.insert, one, two, carriedBit);
    }
    this.afterCarried = this.words++;
  }

  /** Leaves out what rows say of links that a later row of the same resource makes void; the lines are known when the rows are folded. */
  leaveOut(superseded: LineSet): void {
    this.superseded = superseded;
  }

  /** Takes away what was carried under a key of `side` that its resource gave up; what the table's rows say comes after it. */
  withdrawCarried(side: 1 | 2, key: string): void {
    const bytes = Buffer.from(key);
    if (side === 1) this.add(0, this.afterCarried, Said.withdrawal1, bytes, none, 0);
    else this.add(0, this.afterCarried, Said.withdrawal2, none, bytes, 0);
  }

  check(batch: RecordBatch, record: number): RowFault | null {
    // Of a resource that goes only its own key is asked for.
    const isAsked = (side: 1 | 2): boolean => this.commands.command !== "delete" || this.ownSide === null || this.ownSide === side;
    const ones = isAsked(1) ? keysNamed(this.values[0], batch, record) : [];
    if (!Array.isArray(ones)) return ones;
    const twos = isAsked(2) ? keysNamed(this.values[1], batch, record) : [];
    if (!Array.isArray(twos)) return twos;
    this.named = [ones, twos];
    return null;
  }

  take(batch: RecordBatch, record: number): void {
    const line = batch.lines[record] as number;
    const { command } = this.commands;
    if (this.ownSide !== null) {
      this.takeEntry(batch, record, this.ownSide);
      return;
    }
    const [ones, twos] = this.named;
    if (ones.length === 0 || twos.length === 0) this.takeNull(batch, record, "no key");
    else if (command !== "delete") this.insert(line, ones, twos);
    else for (const one of ones) for (const two of twos) this.say(line, Said.delete, one, two);
  }

  setAside(fields: readonly string[], line: number, fault: RowFault): void {
    const keys = [fields[this.values[0].column], fields[this.values[1].column]];
    const [one = "", two = ""] = this.rejected?.add(this.context.file, keys, line, fault) ?? [];
    for (const key1 of linesOf(one)) for (const key2 of linesOf(two)) this.say(line, Said.aside, Buffer.from(key1), Buffer.from(key2));
  }

  finish(): SessionFile[] {
    const { identifier } = this.mapping;
    const { collectFolder, tally } = this.context;
    const byKey1 = new ExternalSort(join(collectFolder, `.${identifier}.pairs`), windowAt(this.windows, 1));
    const delta = new DeltaFile(collectFolder, identifier, "association", [commandColumn, ...this.columns]);
    try {
      this.fold(this.byKey2, Said.withdrawal2, ({ link }) => addSwapped(byKey1, link));
      this.byKey2.close();
      this.fold(byKey1, Said.withdrawal1, (word) => delta.addRow(rowOf(word), false));
      this.duplicates.finish("association", identifier, "sorted");
      this.nullKeys.finish("association", identifier, "sorted");
      const files = [delta.finish(tally)];
      if (this.rejected !== null) files.push(this.rejected.finish("association"));
      return files;
    } finally {
      byKey1.close();
      delta.discard();
    }
  }

  close(): void {
    this.byKey2.close();
    this.nullKeys.output.discard();
    this.duplicates.output.discard();
    this.rejected?.close();
  }

  /** A row of a table that also feeds the entity type of `side`. */
  private takeEntry(batch: RecordBatch, record: number, side: 1 | 2): void {
    const line = batch.lines[record] as number;
    const { command, cleared } = this.commands;
    const own = this.named[side - 1] as Buffer[];
    const others = this.named[2 - side] as Buffer[];
    const isSaid = command !== "merge" || others.length > 0 || cleared.includes(this.columns[2 - side] as string);
    if (!isSaid) return;
    if (own.length === 0) {
      // As in a full file, a resource that has no such key has no links. But a merge leaves out what stays as it is: whose links these are is not known.
      if (command === "merge") this.takeNull(batch, record, "a merge of links without the key of their resource");
      return;
    }
    for (const key of own) this.withdraw(line, side, key);
    if (command !== "delete") this.insert(line, ...this.named);
  }

  /** Says that pairs come; of a property that takes one resource all others go. */
  private insert(line: number, ones: readonly Buffer[], twos: readonly Buffer[]): void {
    const { side1, side2 } = this.association;
    const pairs: [Buffer, Buffer][] = [];
    for (const one of ones) {
      for (const two of twos) {
        const isConflict =
          (!side1.isCollection && pairs.some(([other]) => other.equals(one))) ||
          (!side2.isCollection && pairs.some(([, other]) => other.equals(two)));
        if (isConflict) this.reportConflict(line, one, two);
        else pairs.push([one, two]);
      }
    }
    for (const [one, two] of pairs) {
      if (!side1.isCollection && this.ownSide !== 1) this.withdraw(line, 1, one);
      if (!side2.isCollection && this.ownSide !== 2) this.withdraw(line, 2, two);
    }
    for (const [one, two] of pairs) this.say(line, Said.insert, one, two);
  }

  private withdraw(line: number, side: 1 | 2, key: Buffer): void {
    if (side === 1) this.say(line, Said.withdrawal1, key, none);
    else this.say(line, Said.withdrawal2, none, key);
  }

  private say(line: number, said: Said, one: Buffer, two: Buffer, carried = 0): void {
    if (this.words === mostWords) throw new Error(`more than ${mostWords} commands on links of ${this.mapping.identifier}`);
    this.add(line, this.words++, said, one, two, carried);
  }

  private add(line: number, word: number, said: Said, one: Buffer, two: Buffer, carried: number): void {
    const sequence = word * sequenceStep + carried + said;
    const form1 = formOfBytes(one, 0, one.length);
    const form2 = formOfBytes(two, 0, two.length);
    addPair(this.byKey2, line, sequence, two, 0, two.length, form2, one, 0, one.length, form1);
  }

  private takeNull(batch: RecordBatch, record: number, reason: string): void {
    const first = batch.firstFields[record] as number;
    const texts = this.values.map(({ column }) => fieldText(batch, first + column));
    this.nullKeys.output.appendText(canonicalRow(texts));
    this.nullKeys.rows++;
    this.context.tally.nullKeys++;
    const missing = texts[0] === "" ? 0 : 1;
    this.context.errors.add(this.context.file, batch.lines[record] as number, texts[0] ?? "", this.columns[missing] as string, "", reason);
  }

  private reportConflict(line: number, one: Buffer, two: Buffer): void {
    const { tally, errors, file } = this.context;
    const texts = [one.toString(), two.toString()] as const;
    this.duplicates.output.appendText(canonicalRow(texts));
    this.duplicates.rows++;
    tally.conflictingDuplicates++;
    errors.add(file, line, texts[0], this.columns[1], texts[1], "the same row names another resource for a property that takes one");
  }

  /** Folds the words of a sort by the key they are sorted by, whose withdrawals are `ofOwner`. */
  private fold(sort: ExternalSort, ofOwner: Said, emit: (word: Word) => void): void {
    const { tally, errors, file } = this.context;
    const isPair = ({ said }: Word): boolean => said === Said.insert || said === Said.delete;
    const fold = new LinkFold<Word>(
      emit,
      (word) => {
        // In other tables it is rows of the entity type that are folded, and counted there.
        if (this.ownSide === null && isPair(word)) tally.folded++;
      },
      ({ link }) => {
        const [one, two] = (ofOwner === Said.withdrawal1 ? partsOf(link) : [...partsOf(link)].reverse()).map((part) => textOf(link, part));
        tally.rejected++;
        errors.add(file, link.line, one ?? "", this.columns[1], two ?? "", "another row of these two keys was set aside");
      },
    );
    const guards = this.guards ?? [];
    let before: Link | null = null;
    sort.drain(() => (row) => {
      if (guards.length > 0 && guards.every((guard) => guard.has(row.line))) return;
      if (this.superseded?.has(row.line) === true) return;
      const isSameOwner = before !== null && hasSameOwner(before, row);
      const isSamePair = before !== null && isSameOwner && hasSamePair(before, row);
      const word = wordOf(row, ofOwner);
      before = word.link;
      fold.take(word, isSameOwner, isSamePair);
    });
    fold.end();
  }
}

const wordOf = (row: Link, ofOwner: Said): Word => {
  const sequence = sequenceOf(row);
  const said = (sequence & saidBits) as Said;
  return {
    link: copied(row),
    said,
    sequence,
    withdrawsOwner: said === ofOwner,
    isAside: said === Said.aside,
    isCarried: (sequence & carriedBit) !== 0,
  };
};

const hasSamePair = (a: Link, b: Link): boolean =>
  Buffer.compare(a.bytes.subarray(a.keyStart, a.keyStart + a.keyLength), b.bytes.subarray(b.keyStart, b.keyStart + b.keyLength)) === 0;

const textOf = ({ bytes }: Link, { start, end }: { readonly start: number; readonly end: number }): string =>
  Buffer.from(bytes.subarray(start, end)).toString();

const rowOf = ({ link, said }: Word): DeltaRow => ({
  command: said === Said.insert ? "insert" : "delete",
  fields: partsOf(link).map((part) => textOf(link, part) || null),
  cleared: [],
});
