import { Column } from "./column.js";
import { Rekeyed } from "./rekeyed.js";
import { type Finding, grouped, type StandingRow } from "./row.js";
import { Swapped } from "./swapped.js";

/** Findings that a message has room for: what stands out in more ways is read in the changes themselves. */
const mostFindings = 8;

class TypeRows {
  readonly columns = new Map<string, Column>();
  readonly swapped = new Swapped();
  readonly rekeyed = new Rekeyed();

  add(row: StandingRow): void {
    this.rekeyed.add(row);
    if (row.command !== "update") return;
    this.swapped.add(row.key, row.changes);
    for (const change of row.changes) {
      let column = this.columns.get(change.property);
      if (column === undefined) {
        column = new Column(change);
        this.columns.set(change.property, column);
      }
      column.add(row.key, change);
    }
  }
}

/**
 * What stands out in the staged rows of a block (design §8): all of a type deleted, a column emptied everywhere, two columns swapped, a date format that
 * moved, values that changed alike, rows that differ in their key only. Takes rows one by one; memory grows with neither the updates nor the length of values,
 * and with inserts and deletes by some hundred bytes a row. Pure.
 */
export class StandsOut {
  readonly #types = new Map<string, TypeRows>();
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  add(row: StandingRow): void {
    this.#rows++;
    let type = this.#types.get(row.entityType);
    if (type === undefined) {
      type = new TypeRows();
      this.#types.set(row.entityType, type);
    }
    type.add(row);
  }

  /**
   * The findings, those of whole rows first, each type's together in the order the types came.
   * @param open resources of each type before anything is applied; a type that is not in it is not said to be deleted wholly
   */
  findings(open: ReadonlyMap<string, number>): Finding[] {
    return [...this.#types].flatMap(([entityType, { columns, swapped, rekeyed }]) => {
      const whole = rekeyed.findings(entityType, open.get(entityType) ?? null);
      const swaps = swapped.findings(entityType);
      const swappedNames = new Set(swaps.flatMap(({ properties }) => properties));
      const others = [...columns].flatMap(([name, column]) => {
        const finding = swappedNames.has(name) ? null : column.finding(entityType);
        return finding === null ? [] : [finding];
      });
      return [...whole, ...swaps, ...others];
    });
  }
}

/**
 * Lines for the message of a block, behind its thresholds: `Stands out: …`, and where not all rows were looked at one that says so.
 * @param looked rows that were looked at; `staged`: all there are
 */
export const standsOutLines = (findings: readonly Finding[], looked: number, staged: number): string[] => {
  // A list of sentences is split at `; ` where it is shown.
  const lines = findings.slice(0, mostFindings).map(({ text }) => `Stands out: ${text.replaceAll("; ", ", ").replace(/[\r\n]+/g, " ")}.`);
  if (findings.length > mostFindings) lines.push(`Stands out: ${grouped(findings.length - mostFindings)} more of this kind.`);
  if (looked < staged)
    lines.push(`Of ${grouped(staged)} staged changes of resources the first ${grouped(looked)} were looked at for what stands out.`);
  return lines;
};
