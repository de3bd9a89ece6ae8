import type { JobInstanceId } from "../../model/index.js";
import type { Writer } from "../retry.js";
import { type LockHolder, lockHolders } from "./lock.js";

/** Who holds what now (design §10). Locks are taken and freed only in the transactions of `JobRecords`. */
export class LockRecords {
  readonly #writer: Writer;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  all(): Promise<readonly LockHolder[]> {
    return lockHolders(this.#writer.knex, null, null);
  }

  /** Those of the named locks that an instance other than `except` holds. */
  heldByOthers(names: readonly string[], except: JobInstanceId | null): Promise<readonly LockHolder[]> {
    return lockHolders(this.#writer.knex, names, except);
  }
}
