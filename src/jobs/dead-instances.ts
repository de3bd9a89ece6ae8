import type { AbortedInstance } from "../store/index.js";
import { notifyDead } from "./notification/index.js";
import { endOfWait, type RunSurroundings } from "./run-request.js";

/** What a run does while it tells of the instances that it found dead: it waits for no mail server. */
export interface DeadInstances {
  /** Takes what was found dead and recorded as Aborted. */
  readonly tell: (aborted: readonly AbortedInstance[]) => void;
}

/**
 * Ends instances whose runners died, as every start does first (design §10), then does `work`. Who finds an instance dead tells of it, since its runner cannot: beside the work, and the result is given
 * when all was told.
 */
export const besideDead = async <T>(request: RunSurroundings, work: (dead: DeadInstances) => Promise<T>): Promise<T> => {
  const { configuration, store, timing, stop } = request;
  const telling: Promise<void>[] = [];
  const tell = (aborted: readonly AbortedInstance[]): void => {
    if (aborted.length > 0) telling.push(notifyDead({ configuration, store, aborted, timing, signal: stop }));
  };
  tell(await store.records.abortDead({ isPatient: true, signal: endOfWait(request) }));
  try {
    return await work({ tell });
  } finally {
    await Promise.all(telling);
  }
};
