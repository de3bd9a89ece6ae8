import type { Configuration } from "../../config/index.js";
import type { RehearsedChange, RehearsedSession } from "../../store/index.js";

/** The session with its changes by property, as all other commands name values: the store knows columns of the mapping and slots. */
export const byProperty = (session: RehearsedSession, configuration: Configuration): RehearsedSession => ({
  ...session,
  changes: session.changes.map((change) => (change.scope === "link" ? change : renamed(change, session.connector, configuration))),
});

const renamed = (change: RehearsedChange, connector: string, { connectors, entityTypes }: Configuration): RehearsedChange => {
  // A change that a deletion takes along may be of another connector's type: then no column of this one's feeds it.
  const mapping = connectors.get(connector)?.entityTypes.find(({ identifier }) => identifier === change.identifier);
  const byColumn = new Map((mapping?.properties ?? []).map(({ column, property }) => [column, property]));
  const bySlot = new Map((entityTypes.get(change.identifier)?.properties ?? []).map(({ slot, identifier }) => [String(slot), identifier]));
  const values = Object.entries(change.values).map(([name, value]) => [byColumn.get(name) ?? bySlot.get(name) ?? name, value] as const);
  return { ...change, values: Object.fromEntries(values) };
};
