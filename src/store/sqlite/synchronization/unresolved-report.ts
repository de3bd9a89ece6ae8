import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import type { SynchronizeRequest } from "../../synchronization.js";
import type { Database, Value } from "./database.js";

/** Rows read and written at a time. */
const pageSize = 5_000;

/**
 * Names the connector's unresolved links in the session's folder: at the end of `errors.csv` (design §5), and in `orphans.csv` where the task asks for
 * it (Orphans). Files are written whole under a temporary name and renamed; run again they are made anew.
 */
export const writeUnresolved = (db: Database, request: SynchronizeRequest): void => {
  const { folder, model, session } = request;
  const connector = model.connectors.find((one) => one.connector === session.connector);
  if (connector === undefined) return;
  const errors = join(folder, "errors.csv");
  const fromPrepare = join(folder, "errors.prepare.csv");
  if (existsSync(errors) && !existsSync(fromPrepare)) copyFileSync(errors, fromPrepare);
  const rows = function* (): Generator<{
    association: string;
    table: string;
    key1: string;
    key2: string;
    reason: string;
    property: string;
  }> {
    for (const mapping of connector.associations) {
      const number = db.count("SELECT Id FROM UM_Mappings WHERE Association = ? AND Connector = ?", mapping.identifier, mapping.connector);
      const page = db.prepare(
        `SELECT Key1, Key2, Reason FROM UR_LinkKeys WHERE Mapping = ? AND Reason IS NOT NULL AND (Key1, Key2) > (?, ?) ORDER BY Key1, Key2 LIMIT ${pageSize}`,
      );
      for (let after: Value[] = ["", ""]; ; ) {
        const found = page.all(number, ...after);
        for (const [key1, key2, reason] of found) {
          const text = String(reason);
          const { entityType, property } = text.startsWith("1") ? mapping.key1 : mapping.key2;
          yield {
            association: mapping.identifier,
            table: mapping.table,
            key1: String(key1),
            key2: String(key2),
            reason: text,
            property: `${entityType}:${property}`,
          };
        }
        const last = found.at(-1);
        if (last === undefined) break;
        after = last.slice(0, 2);
      }
    }
  };
  writeWhole(
    errors,
    function* () {
      for (const { table, key1, key2, reason, property } of rows()) {
        // The side that names nothing: which of the two columns, and the value it holds.
        const isFirst = reason.startsWith("1");
        yield [`${table}.csv`, "", isFirst ? key2 : key1, property, isFirst ? key1 : key2, `link unresolved: ${reason.slice(2)}`];
      }
    },
    existsSync(fromPrepare) ? { copyOf: fromPrepare } : { header: ["file", "row", "key", "property", "value", "reason"] },
  );
  if (!request.orphans) return;
  writeWhole(
    join(folder, "orphans.csv"),
    function* () {
      for (const { association, key1, key2, reason } of rows()) yield [association, key1, key2, reason];
    },
    { header: ["association", "key1", "key2", "reason"] },
  );
};

const writeWhole = (
  path: string,
  rows: () => Iterable<readonly string[]>,
  start: { copyOf: string } | { header: readonly string[] },
): void => {
  const temporary = `${path}.tmp`;
  if ("copyOf" in start) copyFileSync(start.copyOf, temporary);
  const fd = openSync(temporary, "copyOf" in start ? "a" : "w");
  try {
    if ("header" in start) writeSync(fd, stringify([[...start.header]]));
    let batch: (readonly string[])[] = [];
    const flush = (): void => {
      if (batch.length > 0) writeSync(fd, stringify(batch.map((row) => [...row])));
      batch = [];
    };
    for (const row of rows()) {
      batch.push(row);
      if (batch.length === pageSize) flush();
    }
    flush();
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
};
