import { SluiceError } from "../../../errors/index.js";
import type { SynchronizationMode } from "../../../model/index.js";
import { type Head, requireChain } from "../../plan/index.js";
import type { Database } from "./database.js";

/** Where the repository stands for a connector; null where nothing was ever applied. */
export const headOf = async (db: Database, connector: string): Promise<Head | null> => {
  const row = await db.get("SELECT Session, MappingHash FROM UM_ConnectorHeads WHERE Connector = ?", connector);
  return row === null ? null : { session: String(row[0]), mappingHash: String(row[1]) };
};

/**
 * Refuses an incremental session that does not start where the repository stands (design §7.4). Runs in the transaction that applies it: whoever moves a head holds the
 * writer. Throws SYNC_CHAIN_MOVED, SYNC_COMPLETE_REQUIRED.
 */
export const requireStart = async (db: Database, connector: string, guid: string, mappingHash: string): Promise<void> => {
  const startsAt = (await db.get("SELECT StartsAt FROM UJ_SynchronizationSessions WHERE Guid = ?", guid))?.[0] ?? null;
  requireChain({ connector, session: guid, mappingHash }, startsAt === null ? null : String(startsAt), await headOf(db, connector));
};

/** A session as the record of sessions has it. */
export interface RecordedSession {
  readonly guid: string;
  readonly mode: SynchronizationMode;
  readonly sequence: number;
  /** Where an incremental one starts. */
  readonly startsAt: string | null;
}

/**
 * Refuses a staged set when a later session of its connector was applied meanwhile: head and repository would no longer agree, since the set writes over no more than
 * what it staged (design §7.4). Throws SYNC_CHAIN_MOVED.
 */
export const requireHead = async (db: Database, connector: string, { guid, mode, sequence, startsAt }: RecordedSession): Promise<void> => {
  const head = (await headOf(db, connector))?.session ?? null;
  const isLater = (await db.count("SELECT Sequence FROM UJ_SynchronizationSessions WHERE Guid = ?", head)) > sequence;
  if (isLater || (mode === "Incremental" && startsAt !== head)) {
    throw new SluiceError("SYNC_CHAIN_MOVED", { connector, session: guid, startsAt, head });
  }
};

/** A session that was applied, and what is now its connector's state. */
export interface NewHead {
  readonly connector: string;
  readonly session: string;
  readonly mode: SynchronizationMode;
  readonly task: number;
  readonly mappingHash: string;
}

/** The chain (design §7.4): the repository's state of a connector is now this session's. One that was not incremental is what a later incremental may need. */
export const moveHead = async (db: Database, at: string, { connector, session, mode, task, mappingHash }: NewHead): Promise<void> => {
  const cleared = mode === "Incremental" ? "" : ", CompleteRequired = NULL";
  const moved = await db.run(
    `UPDATE UM_ConnectorHeads SET Session = ?, AppliedAt = ?, TaskInstance = ?, MappingHash = ?${cleared} WHERE Connector = ?`,
    session,
    at,
    task,
    mappingHash,
    connector,
  );
  if (moved > 0) return;
  await db.run(
    "INSERT INTO UM_ConnectorHeads (Connector, Session, AppliedAt, TaskInstance, MappingHash) VALUES (?, ?, ?, ?, ?)",
    connector,
    session,
    at,
    task,
    mappingHash,
  );
};

/** Notes why the connector's next run has to be a complete one (design §7.4). */
export const requireComplete = async (db: Database, connector: string, reason: string): Promise<void> => {
  await db.run("UPDATE UM_ConnectorHeads SET CompleteRequired = ? WHERE Connector = ?", reason, connector);
};
