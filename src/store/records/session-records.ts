import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { SluiceError } from "../../errors/index.js";
import {
  isoTime,
  type JobState,
  type SessionGuid,
  type SessionManifest,
  type SessionState,
  type SynchronizationMode,
  type SynchronizationType,
  sessionGuid,
  type TaskInstanceId,
  taskInstanceId,
} from "../../model/index.js";
import type { Writer } from "../retry.js";
import { type Row, textOrNull } from "./job-instance.js";
import { nextValue } from "./sequence.js";
import { parsed, stored } from "./stored-json.js";
import { type FencedTask, requireRunning } from "./task-fence.js";

/** A row of `UJ_SynchronizationSessions` (connectors §2.5). */
export interface Session {
  readonly guid: SessionGuid;
  /** Order of announcement. */
  readonly sequence: number;
  readonly connector: string;
  readonly mode: SynchronizationMode;
  readonly type: SynchronizationType;
  readonly state: SessionState;
  /** The chain (design §7.4): the session whose state an incremental one changes; null for the others. */
  readonly startsAt: SessionGuid | null;
  readonly prepareTask: TaskInstanceId | null;
  readonly synchronizeTask: TaskInstanceId | null;
  /** null until it is ready. */
  readonly manifest: SessionManifest | null;
  readonly mappingHash: string;
  readonly createdAt: string;
  readonly changedAt: string;
}

export interface Announcement {
  readonly connector: string;
  readonly mode: SynchronizationMode;
  readonly type: SynchronizationType;
  readonly mappingHash: string;
  /** Of an incremental one: the session that it was prepared against (`Chain.start`); absent for the others. */
  readonly startsAt?: SessionGuid | null;
}

/** A session as a link of the chain. */
export interface ChainLink {
  readonly session: SessionGuid;
  /** `connectorHash` that its files were made under. */
  readonly mappingHash: string;
}

/** Where a connector's chain of incremental sessions stands (design §7.4). */
export interface Chain {
  /** The session whose application made the repository's state; null before the first. */
  readonly head: ChainLink | null;
  /**
   * Where a session that is announced now starts: the latest complete (initial) one that waits to be synchronized, else the head. The one that waits is applied before
   * anything announced after it, and holds what its export saw. One whose run ended before it came to synchronize waits for nobody: it costs nothing as long as the head
   * can be gone on from.
   */
  readonly start: ChainLink | null;
  /** Sessions that may still be applied, oldest first: their files are needed. */
  readonly unended: readonly SessionGuid[];
  /** The latest session with changes of the source (not of Type None) that was prepared whole after `start` and not applied; null where there is none. */
  readonly unapplied: { readonly session: SessionGuid; readonly sequence: number } | null;
  /** Why the next run has to be a complete one; null where nobody found so. */
  readonly completeRequired: string | null;
}

const taskOrNull = (value: unknown): TaskInstanceId | null =>
  value === null || value === undefined ? null : taskInstanceId(Number(value));

const guidOrNull = (value: unknown): SessionGuid | null => (value === null || value === undefined ? null : sessionGuid(String(value)));

const sessionOf = (row: Row): Session => ({
  guid: sessionGuid(String(row.Guid)),
  sequence: Number(row.Sequence),
  connector: String(row.Connector),
  mode: String(row.Mode) as SynchronizationMode,
  type: String(row.Type) as SynchronizationType,
  state: String(row.State) as SessionState,
  startsAt: guidOrNull(row.StartsAt),
  prepareTask: taskOrNull(row.PrepareTask),
  synchronizeTask: taskOrNull(row.SynchronizeTask),
  manifest: parsed<SessionManifest>(row.Manifest),
  mappingHash: String(row.MappingHash),
  createdAt: String(row.CreatedAt),
  changedAt: String(row.ChangedAt),
});

/** Sessions between prepare and synchronize, connectors §2.5. */
export class SessionRecords {
  readonly #writer: Writer;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  async find(guid: SessionGuid): Promise<Session | null> {
    const row = (await this.#sessions().where({ Guid: guid }).first()) as Row | undefined;
    return row === undefined ? null : sessionOf(row);
  }

  /** Newest first. */
  async of(connector: string): Promise<readonly Session[]> {
    return ((await this.#sessions().where({ Connector: connector }).orderBy("Sequence", "desc")) as Row[]).map(sessionOf);
  }

  /** The latest of a connector's sessions in states in which nobody needs their files to go on, newest first. */
  async ended(connector: string, limit: number): Promise<readonly SessionGuid[]> {
    const rows = (await this.#sessions()
      .where({ Connector: connector })
      .whereIn("State", ["applied", "cancelled", "failed", "expired"] satisfies SessionState[])
      .orderBy("Sequence", "desc")
      .limit(limit)
      .select("Guid")) as { Guid: string }[];
    return rows.map((row) => sessionGuid(row.Guid));
  }

  /** Where the chain of a connector stands now. */
  chain(connector: string): Promise<Chain> {
    return chainOf(this.#writer.knex, connector);
  }

  /**
   * Notes why a connector cannot go on incrementally, until a complete or initial synchronization is applied (design §7.4). Before the first application there is
   * nothing to note it at. Throws JOB_FENCED, TASK_ENDED.
   */
  async requireComplete(task: FencedTask, connector: string, reason: string): Promise<void> {
    await this.#writer.transaction(async (trx) => {
      await requireRunning(trx, task);
      await trx("UM_ConnectorHeads").where({ Connector: connector }).update({ CompleteRequired: reason });
    });
  }

  /**
   * Announces a session: its GUID, and its place in the order in which the server processes. A complete or initial one cancels the
   * connector's unprocessed incrementals. An older session still open whose prepare no longer runs expires, since the connector's lock is
   * held. As all that a task writes, refused when its fence is stale or it has ended: JOB_FENCED, TASK_ENDED. An incremental one that was prepared against another
   * state than the present start of the chain is refused: SYNC_CHAIN_MOVED.
   */
  announce(task: FencedTask, announcement: Announcement): Promise<{ readonly guid: SessionGuid; readonly sequence: number }> {
    const { connector, mode, type, mappingHash, startsAt = null } = announcement;
    return this.#writer.transaction(async (trx) => {
      await requireRunning(trx, task);
      const at = isoTime(this.#writer.timing);
      await trx("UJ_SynchronizationSessions")
        .where({ Connector: connector, State: "open" })
        .whereNotIn("PrepareTask", trx("UJ_TaskInstances").where({ State: "InProgress" }).select("Id"))
        .update({ State: "expired", ChangedAt: at });
      if (mode !== "Incremental") {
        await unprocessed(trx, connector).where({ Mode: "Incremental" }).update({ State: "cancelled", ChangedAt: at });
      }
      const guid = sessionGuid(randomUUID());
      if (mode === "Incremental") {
        const start = (await chainOf(trx, connector)).start?.session ?? null;
        if (startsAt === null || startsAt !== start)
          throw new SluiceError("SYNC_CHAIN_MOVED", { connector, session: guid, startsAt, head: start });
      }
      const sequence = await nextValue(trx, "session");
      await trx("UJ_SynchronizationSessions").insert({
        Guid: guid,
        Sequence: sequence,
        Connector: connector,
        Mode: mode,
        Type: type,
        State: "open",
        StartsAt: mode === "Incremental" ? startsAt : null,
        PrepareTask: task.taskInstance,
        MappingHash: mappingHash,
        CreatedAt: at,
        ChangedAt: at,
      });
      await trx("UJ_TaskInstances").where({ Id: task.taskInstance }).update({ Session: guid });
      return { guid, sequence };
    });
  }

  /**
   * A session's files are all there. One with the whole input (complete, initial) makes every older unprocessed session of its connector
   * needless: left in the queue, a complete that nobody synchronized would put each later one a run behind. An incremental one holds all that older unprocessed
   * incrementals held, for it starts where they did: it makes those needless, and a complete one that it does not start at. Throws JOB_FENCED, TASK_ENDED, SYNC_SESSION_STATE.
   */
  ready(task: FencedTask, manifest: SessionManifest): Promise<void> {
    return this.#writer.transaction(async (trx) => {
      await requireRunning(trx, task);
      const at = isoTime(this.#writer.timing);
      const own = (await trx("UJ_SynchronizationSessions").where({ Guid: manifest.guid }).first("Sequence", "StartsAt")) as {
        Sequence: number;
        StartsAt: string | null;
      };
      const changed = await trx("UJ_SynchronizationSessions")
        .where({ Guid: manifest.guid, State: "open", PrepareTask: task.taskInstance })
        .update({ State: "ready", Manifest: stored(manifest), ChangedAt: at });
      if (changed === 0) throw new SluiceError("SYNC_SESSION_STATE", { session: manifest.guid, state: "no longer open" });
      const older = unprocessed(trx, manifest.connector).where("Sequence", "<", own.Sequence);
      if (manifest.mode === "Incremental") {
        older.where((needless) => {
          needless
            .where({ Mode: "Incremental" })
            .orWhere((left) => void left.where({ State: "ready" }).whereNot({ Guid: own.StartsAt ?? "" }));
        });
      }
      await older.update({ State: "cancelled", ChangedAt: at });
    });
  }

  /** The prepare did not end well; nothing of the session will be used. Throws JOB_FENCED, TASK_ENDED: then it is failed already, or will expire. */
  async fail(task: FencedTask, guid: SessionGuid): Promise<void> {
    await this.#writer.transaction(async (trx) => {
      await requireRunning(trx, task);
      await trx("UJ_SynchronizationSessions")
        .where({ Guid: guid, State: "open" })
        .update({ State: "failed", ChangedAt: isoTime(this.#writer.timing) });
    });
  }

  /** The connector's oldest session that waits for a synchronize, unless an older one is still open: that one is not overtaken. */
  async oldestReady(connector: string): Promise<Session | null> {
    const row = (await this.#sessions().where({ Connector: connector }).whereIn("State", ["open", "ready"]).orderBy("Sequence").first()) as
      | Row
      | undefined;
    const session = row === undefined ? null : sessionOf(row);
    return session?.state === "ready" ? session : null;
  }

  /**
   * Ends the connector's waiting incremental sessions that can no longer be applied: they start neither at the head nor at a complete session that waits before them
   * (design §7.4). Gives them, oldest first, with the head. Throws JOB_FENCED, TASK_ENDED.
   */
  expireMoved(task: FencedTask, connector: string): Promise<{ readonly head: SessionGuid | null; readonly expired: readonly Session[] }> {
    return this.#writer.transaction(async (trx) => {
      await requireRunning(trx, task);
      const head = (await headOf(trx, connector))?.session ?? null;
      const waiting = (
        (await trx("UJ_SynchronizationSessions").where({ Connector: connector, State: "ready" }).orderBy("Sequence")) as Row[]
      ).map(sessionOf);
      const starts = new Set([head, ...waiting.filter(({ mode }) => mode !== "Incremental").map(({ guid }) => guid)]);
      const expired = waiting.filter(({ mode, startsAt }) => mode === "Incremental" && (startsAt === null || !starts.has(startsAt)));
      for (const { guid } of expired) {
        await trx("UJ_SynchronizationSessions")
          .where({ Guid: guid, State: "ready" })
          .update({ State: "expired", ChangedAt: isoTime(this.#writer.timing) });
      }
      return { head, expired };
    });
  }

  #sessions(): Knex.QueryBuilder {
    return this.#writer.knex("UJ_SynchronizationSessions");
  }
}

const unprocessed = (trx: Knex.Transaction, connector: string): Knex.QueryBuilder =>
  trx("UJ_SynchronizationSessions").where({ Connector: connector }).whereIn("State", ["open", "ready"]);

const headOf = async (
  knex: Knex | Knex.Transaction,
  connector: string,
): Promise<(ChainLink & { readonly completeRequired: string | null }) | null> => {
  const row = (await knex("UM_ConnectorHeads").where({ Connector: connector }).first("Session", "MappingHash", "CompleteRequired")) as
    | Row
    | undefined;
  if (row === undefined) return null;
  return {
    session: sessionGuid(String(row.Session)),
    mappingHash: String(row.MappingHash),
    completeRequired: textOrNull(row.CompleteRequired),
  };
};

/** Whether a waiting complete session is left of a run that ended before it came to synchronize, and the head (design §7.4) serves as well. */
const isAbandoned = async (
  knex: Knex | Knex.Transaction,
  { PrepareTask, MappingHash }: Row,
  head: (ChainLink & { readonly completeRequired: string | null }) | null,
): Promise<boolean> => {
  if (head === null || head.completeRequired !== null || head.mappingHash !== String(MappingHash)) return false;
  const ended = await knex("UJ_TaskInstances as t")
    .join("UJ_JobInstances as j", "j.Id", "t.JobInstance")
    .where({ "t.Id": Number(PrepareTask) })
    .whereIn("j.State", ["Aborted", "Errored", "Cancelled"] satisfies JobState[])
    .first("t.Id");
  return ended !== undefined;
};

const chainOf = async (knex: Knex | Knex.Transaction, connector: string): Promise<Chain> => {
  const found = await headOf(knex, connector);
  const head = found === null ? null : { session: found.session, mappingHash: found.mappingHash };
  const unended = (await knex("UJ_SynchronizationSessions")
    .where({ Connector: connector })
    .whereIn("State", ["open", "ready", "processing", "staged", "blocked"] satisfies SessionState[])
    .orderBy("Sequence")
    .select("Guid", "Mode", "State", "MappingHash", "PrepareTask")) as Row[];
  const waiting = unended.findLast(({ Mode, State }) => Mode !== "Incremental" && (State === "ready" || State === "processing"));
  const complete = waiting !== undefined && (await isAbandoned(knex, waiting, found)) ? undefined : waiting;
  const start = complete === undefined ? head : { session: sessionGuid(String(complete.Guid)), mappingHash: String(complete.MappingHash) };
  const startRow =
    start === null
      ? undefined
      : ((await knex("UJ_SynchronizationSessions").where({ Guid: start.session }).first("Sequence")) as Row | undefined);
  // A head whose record was purged is older than all that are there.
  const startedAt = Number(startRow?.Sequence ?? 0);
  const unapplied =
    start === null
      ? undefined
      : ((await knex("UJ_SynchronizationSessions")
          .where({ Connector: connector, Mode: "Incremental" })
          .whereNot({ Type: "None" })
          .where("Sequence", ">", startedAt)
          .whereNotNull("Manifest")
          .whereNot({ State: "applied" })
          .orderBy("Sequence", "desc")
          .first("Guid", "Sequence")) as Row | undefined);
  return {
    head,
    start,
    unended: unended.map(({ Guid }) => sessionGuid(String(Guid))),
    unapplied: unapplied === undefined ? null : { session: sessionGuid(String(unapplied.Guid)), sequence: Number(unapplied.Sequence) },
    completeRequired: found?.completeRequired ?? null,
  };
};
