import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ConnectorMappings } from "../../../model/index.js";
import { canonicalRow, OutputFile } from "../../../sync/index.js";
import type { Database, Value } from "./database.js";

/** Rows read at a time. */
const pageSize = 5_000;

interface Unresolved {
  readonly association: string;
  readonly table: string;
  readonly key1: string;
  readonly key2: string;
  /** `1 missing`, `2 ambiguous`, …: the side that names nothing, and why. */
  readonly reason: string;
  /** `EntityType:Property` that this side was looked up by. */
  readonly property: string;
}

const unresolvedOf = function* (db: Database, connector: ConnectorMappings): Generator<Unresolved> {
  for (const mapping of connector.associations) {
    const { identifier: association, table } = mapping;
    const number = db.count("SELECT Id FROM UM_Mappings WHERE Association = ? AND Connector = ?", association, mapping.connector);
    const page = db.prepare(
      `SELECT Key1, Key2, Reason FROM UR_LinkKeys WHERE Mapping = ? AND Reason IS NOT NULL AND (Key1, Key2) > (?, ?) ORDER BY Key1, Key2 LIMIT ${pageSize}`,
    );
    for (let after: Value[] = ["", ""]; ; ) {
      const found = page.all(number, ...after);
      for (const [key1, key2, text] of found) {
        const reason = String(text);
        const { entityType, property } = reason.startsWith("1") ? mapping.key1 : mapping.key2;
        yield { association, table, key1: String(key1), key2: String(key2), reason, property: `${entityType}:${property}` };
      }
      const last = found.at(-1);
      if (last === undefined) break;
      after = last.slice(0, 2);
    }
  }
};

/**
 * Names a connector's unresolved links in the session's folder: at the end of `errors.csv` (design §5), and in `orphans.csv` where the task asks for it
 * (Orphans). Files appear whole or not at all; run again they are made anew. Gives null, or why they could not be written: what was applied stays applied.
 */
export const writeUnresolved = (db: Database, folder: string, connector: ConnectorMappings, orphans: boolean): string | null => {
  try {
    const errors = join(folder, "errors.csv");
    const fromPrepare = join(folder, "errors.prepare.csv");
    if (existsSync(errors) && !existsSync(fromPrepare)) copyFileSync(errors, fromPrepare);
    const list = new OutputFile(errors);
    if (existsSync(fromPrepare)) list.appendText(readFileSync(fromPrepare, "utf8"));
    else list.appendText(canonicalRow(["file", "row", "key", "property", "value", "reason"]));
    for (const { table, key1, key2, reason, property } of unresolvedOf(db, connector)) {
      // The side that names nothing: which of the two columns, and the value it holds.
      const [key, value] = reason.startsWith("1") ? [key2, key1] : [key1, key2];
      list.appendText(canonicalRow([`${table}.csv`, null, key, property, value, `link unresolved: ${reason.slice(2)}`]));
    }
    list.finish();
    if (!orphans) return null;
    const report = new OutputFile(join(folder, "orphans.csv"));
    report.appendText(canonicalRow(["association", "key1", "key2", "reason"]));
    for (const { association, key1, key2, reason } of unresolvedOf(db, connector)) {
      report.appendText(canonicalRow([association, key1, key2, reason]));
    }
    report.finish();
    return null;
  } catch (error) {
    return `its unresolved links could not be listed in errors.csv (${error instanceof Error ? error.message : String(error)})`;
  }
};
