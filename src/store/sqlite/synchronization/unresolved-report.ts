import type { ConnectorMappings } from "../../../model/index.js";
import { notListed, type Unresolved, UnresolvedReport } from "../../plan/index.js";
import type { SynchronizeRequest } from "../../synchronization.js";
import { claimIndex } from "./claim-index.js";
import type { Database, Value } from "./database.js";
import type { SynchronizationContext } from "./synchronize.js";

/** Rows read at a time. */
const pageSize = 5_000;

const unresolvedOf = function* (db: Database, connector: ConnectorMappings): Generator<Unresolved> {
  for (const mapping of connector.associations) {
    const number = db.count("SELECT Id FROM UM_Mappings WHERE Association = ? AND Connector = ?", mapping.identifier, mapping.connector);
    const page = db.prepare(
      `SELECT Key1, Key2, Reason FROM UR_LinkKeys ${claimIndex.unresolved} WHERE Mapping = ? AND Reason IS NOT NULL AND (Key1, Key2) > (?, ?) ORDER BY Key1, Key2 LIMIT ${pageSize}`,
    );
    for (let after: Value[] = ["", ""]; ; ) {
      const found = page.all(number, ...after);
      for (const [key1, key2, reason] of found) yield { mapping, key1: String(key1), key2: String(key2), reason: String(reason) };
      const last = found.at(-1);
      if (last === undefined) break;
      after = last.slice(0, 2);
    }
  }
};

/**
 * Names a connector's unresolved links in the session's folder (design §5), as part of the transaction that applies. Gives null, or why they could not be written: the application goes on
 * without.
 */
export const listUnresolved = (
  { db, onProgress }: Pick<SynchronizationContext, "db" | "onProgress">,
  { folder, model }: Pick<SynchronizeRequest, "folder" | "model">,
  connector: string,
  orphans: boolean,
): string | null => {
  const mappings = model.connectors.find((one) => one.connector === connector);
  if (mappings === undefined) return null;
  onProgress({ step: "listing unresolved links", rows: 0 });
  let report: UnresolvedReport | null = null;
  try {
    report = new UnresolvedReport(folder, orphans);
    for (const unresolved of unresolvedOf(db, mappings)) report.add(unresolved);
    report.finish();
    return null;
  } catch (error) {
    report?.discard();
    return notListed(error);
  }
};
