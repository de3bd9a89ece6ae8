import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AssociationMapping } from "../../model/index.js";
import { canonicalRow, OutputFile } from "../../sync/index.js";

/** A link whose keys do not both name a resource. */
export interface Unresolved {
  readonly mapping: AssociationMapping;
  readonly key1: string;
  readonly key2: string;
  /** `1 missing`, `2 ambiguous`, …: the side that names nothing, and why. */
  readonly reason: string;
}

/**
 * Names a connector's unresolved links in the session's folder: at the end of `errors.csv` (design §5), and in `orphans.csv` where the task asks for it
 * (Orphans). Files appear whole or not at all, by `finish`; run again they are made anew.
 */
export class UnresolvedReport {
  readonly #errors: OutputFile;
  readonly #orphans: OutputFile | null;

  constructor(folder: string, orphans: boolean) {
    const errors = join(folder, "errors.csv");
    const fromPrepare = join(folder, "errors.prepare.csv");
    if (existsSync(errors) && !existsSync(fromPrepare)) copyFileSync(errors, fromPrepare);
    this.#errors = new OutputFile(errors);
    if (existsSync(fromPrepare)) this.#errors.appendText(readFileSync(fromPrepare, "utf8"));
    else this.#errors.appendText(canonicalRow(["file", "row", "key", "property", "value", "reason"]));
    this.#orphans = orphans ? new OutputFile(join(folder, "orphans.csv")) : null;
    this.#orphans?.appendText(canonicalRow(["association", "key1", "key2", "reason"]));
  }

  add({ mapping, key1, key2, reason }: Unresolved): void {
    // The side that names nothing: which of the two columns, the property it is looked up by, and the value it holds.
    const isFirst = reason.startsWith("1");
    const { entityType, property } = isFirst ? mapping.key1 : mapping.key2;
    const [key, value] = isFirst ? [key2, key1] : [key1, key2];
    this.#errors.appendText(
      canonicalRow([`${mapping.table}.csv`, null, key, `${entityType}:${property}`, value, `link unresolved: ${reason.slice(2)}`]),
    );
    this.#orphans?.appendText(canonicalRow([mapping.identifier, key1, key2, reason]));
  }

  finish(): void {
    this.#errors.finish();
    this.#orphans?.finish();
  }

  /** Leaves the files as they were. Harmless after `finish`. */
  discard(): void {
    this.#errors.discard();
    this.#orphans?.discard();
  }
}

/** What was applied stays applied: why its unresolved links could not be listed, as a message. */
export const notListed = (error: unknown): string =>
  `its unresolved links could not be listed in errors.csv (${error instanceof Error ? error.message : String(error)})`;
