import { SluiceError } from "../../errors/index.js";

/** Where the repository stands for a connector (design §7.4). */
export interface Head {
  readonly session: string;
  readonly mappingHash: string;
}

/**
 * Refuses an incremental session that does not start where the repository stands, or whose mappings are others than those of the head (design §7.4). `startsAt` undefined:
 * a rehearsal, whose session was announced to nobody. Throws SYNC_COMPLETE_REQUIRED, SYNC_CHAIN_MOVED.
 */
export const requireChain = (
  { connector, session, mappingHash }: { readonly connector: string; readonly session: string; readonly mappingHash: string },
  startsAt: string | null | undefined,
  head: Head | null,
): void => {
  if (startsAt !== undefined && (head === null || startsAt !== head.session)) {
    throw new SluiceError("SYNC_CHAIN_MOVED", { connector, session, startsAt, head: head?.session ?? null });
  }
  if (head === null) throw new SluiceError("SYNC_COMPLETE_REQUIRED", { connector, reason: "because nothing of it was applied yet" });
  if (head.mappingHash !== mappingHash) {
    throw new SluiceError("SYNC_COMPLETE_REQUIRED", { connector, reason: "because its mappings changed since it was last applied" });
  }
};
