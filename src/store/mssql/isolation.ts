import type { MssqlCapabilities } from "./capabilities.js";
import { quoteName } from "./quoted.js";

type Isolation = Pick<MssqlCapabilities, "readCommittedSnapshot" | "snapshotIsolation">;

/**
 * What turns on the row versions that Sluice reads by, for what is off: READ_COMMITTED_SNAPSHOT so that readers never wait for a synchronization, ALLOW_SNAPSHOT_ISOLATION so that a reading of many pages
 * sees one moment. NO_WAIT: with others connected the server would otherwise wait for them without end.
 */
export const snapshotStatements = (database: string, { readCommittedSnapshot, snapshotIsolation }: Isolation): readonly string[] => [
  ...(readCommittedSnapshot ? [] : [`ALTER DATABASE ${quoteName(database)} SET READ_COMMITTED_SNAPSHOT ON WITH NO_WAIT`]),
  ...(snapshotIsolation ? [] : [`ALTER DATABASE ${quoteName(database)} SET ALLOW_SNAPSHOT_ISOLATION ON`]),
];
