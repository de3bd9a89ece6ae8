import { movedFormats } from "./date-format.js";
import { type Finding, fewestRows, isNearlyAll, type StandingChange, share } from "./row.js";
import { beginning, Tally } from "./tally.js";
import { quoted, valueChange } from "./value-change.js";

/** Between the parts of a text that is counted: no value has it. */
const separator = "\u0000";

/** An example of a change: its row's key with both values, cut. */
interface Example {
  readonly key: string;
  readonly before: string;
  readonly after: string;
}

/** One unit more than a sentence shows, so that it is seen to be cut. */
const exampleUnits = 61;

const exampleOf = (key: string, before: string, after: string) => (): Example => ({
  key: beginning(key, exampleUnits),
  before: beginning(before, exampleUnits),
  after: beginning(after, exampleUnits),
});

const exampleText = ({ key, before, after }: Example): string => `, such as ${quoted(key)}: ${quoted(before)} → ${quoted(after)}`;

/** What the updates of one entity type do to one property. Memory does not grow with the rows. */
export class Column {
  readonly #property: string;
  readonly #isNavigation: boolean;
  #changed = 0;
  #emptied = 0;
  /** Rows that had a value and have another. */
  #replaced = 0;
  #emptiedExample: { readonly key: string; readonly before: string } | null = null;
  readonly #formats = new Tally<Example>();
  readonly #alike = new Tally<Example>();
  readonly #after = new Tally<Example>();
  #before: string | null = null;
  #hasSeveralBefore = false;

  constructor({ property, isNavigation }: StandingChange) {
    this.#property = property;
    this.#isNavigation = isNavigation;
  }

  add(key: string, { before, after }: StandingChange): void {
    this.#changed++;
    if (after === null) {
      this.#emptied++;
      if (before !== null) this.#emptiedExample ??= { key: beginning(key, exampleUnits), before: beginning(before, exampleUnits) };
      return;
    }
    if (this.#isNavigation) return;
    this.#hasSeveralBefore ||= this.#changed > 1 && this.#before !== before;
    this.#before ??= before;
    this.#after.add(after, exampleOf(key, before ?? "", after));
    if (before === null) return;
    this.#replaced++;
    const example = exampleOf(key, before, after);
    for (const { from, to } of movedFormats(before, after)) this.#formats.add(`${from}${separator}${to}`, example);
    const alike = valueChange(before, after);
    if (alike !== null) this.#alike.add(alike, example);
  }

  /** What stands out, the likeliest cause alone. */
  finding(entityType: string): Finding | null {
    const finding = (kind: Finding["kind"], count: number, text: string): Finding => ({
      kind,
      entityType,
      properties: [this.#property],
      count,
      text: `${entityType}.${this.#property} ${text}`,
    });
    const changed = this.#changed;
    if (this.#emptied >= fewestRows && isNearlyAll(this.#emptied, changed)) {
      const { key, before } = this.#emptiedExample ?? { key: "", before: "" };
      const was =
        key === "" ? "" : this.#isNavigation ? `, such as ${quoted(key)}` : `, such as ${quoted(key)}, where it was ${quoted(before)}`;
      return finding(
        "emptied",
        this.#emptied,
        `becomes empty in ${share(this.#emptied, changed)} rows that change it${was}. Usual cause: the column came blank or under another header. Compare the source file with the day before`,
      );
    }
    const format = this.#formats.commonest();
    if (format !== null && format.count >= fewestRows && isNearlyAll(format.count, this.#replaced)) {
      const [from = "", to = ""] = format.text.split(separator);
      return finding(
        "dateFormat",
        format.count,
        `names the same day in another date format in ${share(format.count, this.#replaced)} rows that change it, ${from} → ${to}${exampleText(format.example)}. Usual cause: the export, or a spreadsheet it was saved with, writes dates in another way. Set the former format there`,
      );
    }
    const alike = this.#alike.commonest();
    if (alike !== null && alike.count >= fewestRows && isNearlyAll(alike.count, this.#replaced)) {
      return finding(
        "alike",
        alike.count,
        `${alike.text} in ${share(alike.count, this.#replaced)} rows that change it${exampleText(alike.example)}. Usual cause: the source was moved to another spelling at once. If that was meant, resume`,
      );
    }
    const after = this.#after.commonest();
    if (after !== null && after.count >= fewestRows && this.#hasSeveralBefore && isNearlyAll(after.count, changed)) {
      return finding(
        "constant",
        after.count,
        `becomes ${quoted(after.text)} in ${share(after.count, changed)} rows that change it${exampleText(after.example)}. Usual cause: a default or an error text of the export stands in the column. Look at the column in the source file`,
      );
    }
    return null;
  }
}
