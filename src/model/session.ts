import type { SessionGuid } from "./id.js";

export type SynchronizationMode = "Initial" | "Complete" | "Incremental";
export type SynchronizationType = "None" | "Changes" | "ActiveDirectory";

/** connectors §2.5. */
export const sessionStates = ["open", "ready", "processing", "staged", "blocked", "applied", "cancelled", "failed", "expired"] as const;
export type SessionState = (typeof sessionStates)[number];

/** One file that a prepare hands over: `Work/Synchronization/<guid>/<name>`. */
export interface SessionFile {
  /** `AD_Entry.sorted.csv`, `AD_Entry.sorted.delta`, `AD_Entry.rejected.csv`. */
  readonly name: string;
  readonly kind: "entityType" | "association";
  /** Identifier of the entity type mapping or association mapping. */
  readonly mapping: string;
  /** `sorted`: the whole; `delta`: commands; `rejected`: the keys of rows set aside, which stand for their keys (design §5). */
  readonly content: "sorted" | "delta" | "rejected";
  readonly rows: number;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** What the agent sends with `ready`. */
export interface SessionManifest {
  readonly guid: SessionGuid;
  readonly connector: string;
  readonly mode: SynchronizationMode;
  readonly type: SynchronizationType;
  readonly files: readonly SessionFile[];
}
