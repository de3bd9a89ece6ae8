import type { ConnectorMappings } from "../../../model/index.js";
import { notListed, UnresolvedReport } from "../../plan/index.js";
import type { Database } from "./database.js";

/**
 * Names a connector's unresolved links in the session's folder (design §5). Called after the commit. Gives null, or why they could not be written: what was applied
 * stays applied.
 */
export const writeUnresolved = async (
  db: Database,
  folder: string,
  connector: ConnectorMappings,
  orphans: boolean,
): Promise<string | null> => {
  let report: UnresolvedReport | null = null;
  try {
    const writing = new UnresolvedReport(folder, orphans);
    report = writing;
    for (const mapping of connector.associations) {
      const number = await db.count(
        "SELECT Id FROM UM_Mappings WHERE Association = ? AND Connector = ?",
        mapping.identifier,
        mapping.connector,
      );
      await db.each(
        `SELECT Key1, Key2, Reason FROM UR_LinkKeys WHERE Mapping = ${number} AND Reason IS NOT NULL ORDER BY Key1, Key2`,
        ([key1, key2, reason]) => writing.add({ mapping, key1: String(key1), key2: String(key2), reason: String(reason) }),
      );
    }
    writing.finish();
    return null;
  } catch (error) {
    report?.discard();
    return notListed(error);
  }
};
