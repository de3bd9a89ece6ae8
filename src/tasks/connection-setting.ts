import type { Configuration } from "../config/index.js";

/** A connection's setting by its name, ignoring case (connectors §4); null where it is not given. */
export const connectionSetting = ({ settings }: Configuration, connection: string, name: string): unknown => {
  const own = settings.connections.get(connection.toLowerCase()) ?? {};
  return Object.entries(own).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1] ?? null;
};
