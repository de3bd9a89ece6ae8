import { SluiceError } from "../../errors/index.js";
import type { Store } from "../../store/index.js";

/** Refuses connectors whose staged changes wait for a decision, before an instance exists. Throws SYNC_CONNECTOR_BLOCKED. */
export const refuseBlocked = async (store: Store, connectors: readonly string[]): Promise<void> => {
  const blocked = await store.records.blockedConnectors();
  for (const connector of connectors) {
    const jobInstance = blocked.get(connector);
    if (jobInstance !== undefined) throw new SluiceError("SYNC_CONNECTOR_BLOCKED", { connector, jobInstance });
  }
};
