import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { SluiceError } from "../../errors/index.js";
import {
  isoTime,
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
import type { Row } from "./job-instance.js";
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
}

const taskOrNull = (value: unknown): TaskInstanceId | null =>
  value === null || value === undefined ? null : taskInstanceId(Number(value));

const sessionOf = (row: Row): Session => ({
  guid: sessionGuid(String(row.Guid)),
  sequence: Number(row.Sequence),
  connector: String(row.Connector),
  mode: String(row.Mode) as SynchronizationMode,
  type: String(row.Type) as SynchronizationType,
  state: String(row.State) as SessionState,
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

  /** The chain (design §7.4): the session whose application made the repository's state of a connector; null before the first. */
  async head(connector: string): Promise<SessionGuid | null> {
    const row = (await this.#writer.knex("UM_ConnectorHeads").where({ Connector: connector }).first("Session")) as Row | undefined;
    return row === undefined ? null : sessionGuid(String(row.Session));
  }

  /**
   * Announces a session: its GUID, and its place in the order in which the server processes. A complete or initial one cancels the
   * connector's unprocessed incrementals. An older session still open whose prepare no longer runs expires, since the connector's lock is
   * held. As all that a task writes, refused when its fence is stale or it has ended: JOB_FENCED, TASK_ENDED.
   */
  announce(task: FencedTask, announcement: Announcement): Promise<{ readonly guid: SessionGuid; readonly sequence: number }> {
    const { connector, mode, type, mappingHash } = announcement;
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
      const sequence = await nextValue(trx, "session");
      await trx("UJ_SynchronizationSessions").insert({
        Guid: guid,
        Sequence: sequence,
        Connector: connector,
        Mode: mode,
        Type: type,
        State: "open",
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
   * needless: left in the queue, a complete that nobody synchronized would put each later one a run behind. Throws JOB_FENCED, TASK_ENDED, SYNC_SESSION_STATE.
   */
  ready(task: FencedTask, manifest: SessionManifest): Promise<void> {
    return this.#writer.transaction(async (trx) => {
      await requireRunning(trx, task);
      const at = isoTime(this.#writer.timing);
      const own = (await trx("UJ_SynchronizationSessions").where({ Guid: manifest.guid }).first("Sequence")) as { Sequence: number };
      const changed = await trx("UJ_SynchronizationSessions")
        .where({ Guid: manifest.guid, State: "open", PrepareTask: task.taskInstance })
        .update({ State: "ready", Manifest: stored(manifest), ChangedAt: at });
      if (changed === 0) throw new SluiceError("SYNC_SESSION_STATE", { session: manifest.guid, state: "no longer open" });
      if (manifest.mode !== "Incremental") {
        await unprocessed(trx, manifest.connector).where("Sequence", "<", own.Sequence).update({ State: "cancelled", ChangedAt: at });
      }
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

  #sessions(): Knex.QueryBuilder {
    return this.#writer.knex("UJ_SynchronizationSessions");
  }
}

const unprocessed = (trx: Knex.Transaction, connector: string): Knex.QueryBuilder =>
  trx("UJ_SynchronizationSessions").where({ Connector: connector }).whereIn("State", ["open", "ready"]);
