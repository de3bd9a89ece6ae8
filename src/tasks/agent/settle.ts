import { settleChain } from "../chain.js";
import type { AgentTaskContext } from "../task-kind.js";
import type { SettledSessions } from "./agent-link.js";

/**
 * What an export and a prepare begin with: asks the server how the connector's chain stands, and brings the agent's files in line with it. Only incremental runs read those files, and they
 * look for themselves whether all is there: what is wrong with them never stops a complete run.
 */
export const settle = async ({ configuration, link, log }: AgentTaskContext, connector: string): Promise<SettledSessions> => {
  const settled = await link.settled(connector);
  try {
    if (!settleChain(configuration, connector, settled) && settled.head !== null) {
      log("info", `${connector} has no baseline for incremental runs until its next complete synchronization`);
    }
  } catch (error) {
    log("warn", `the baselines of ${connector} could not be tidied`, { problem: String(error) });
  }
  return settled;
};
