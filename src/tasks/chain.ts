import type { Configuration } from "../config/index.js";
import { settleCookies, settlePrevious } from "../sync/index.js";
import type { SettledSessions } from "./agent/agent-link.js";

/**
 * Brings what an agent keeps of a connector (baselines, pending deltas, cookies) in line with what became of its sessions on the server (design §7.4). Done at the start of every export and
 * prepare, since a process may have died between an application and what follows it; twice is as once. Gives whether the state last applied has files that a later one can be compared
 * with. Throws what the file system refuses, SRC_BASELINE_INVALID.
 */
export const settleChain = (configuration: Configuration, connector: string, { head, start, unended }: SettledSessions): boolean => {
  const { workFolder } = configuration.settings;
  const state = { head: head?.session ?? null, start: start?.session ?? null, unended };
  const hasBaseline = settlePrevious(workFolder, connector, state);
  settleCookies(workFolder, connectionsOf(configuration, connector), state);
  return hasBaseline;
};

/** Identifiers of a connector's connections. */
export const connectionsOf = ({ connections }: Configuration, connector: string): readonly string[] =>
  [...connections.values()].filter((connection) => connection.connector === connector).map(({ identifier }) => identifier);
