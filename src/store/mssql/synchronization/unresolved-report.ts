import { notListed, UnresolvedReport } from "../../plan/index.js";
import type { SynchronizeRequest } from "../../synchronization.js";
import type { SynchronizationContext } from "./synchronize.js";

/**
 * Names a connector's unresolved links in the session's folder (design §5), as part of the transaction that applies, before the records of jobs are written. Gives null, or why they could
 * not be written: the application goes on without.
 */
export const listUnresolved = async (
  { db, onProgress }: Pick<SynchronizationContext, "db" | "onProgress">,
  { folder, model }: Pick<SynchronizeRequest, "folder" | "model">,
  connector: string,
  orphans: boolean,
): Promise<string | null> => {
  const mappings = model.connectors.find((one) => one.connector === connector);
  if (mappings === undefined) return null;
  onProgress({ step: "listing unresolved links", rows: 0 });
  let report: UnresolvedReport | null = null;
  try {
    const writing = new UnresolvedReport(folder, orphans);
    report = writing;
    for (const mapping of mappings.associations) {
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
