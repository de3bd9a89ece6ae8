import type { Knex } from "knex";
import type { SessionState } from "../../model/index.js";
import { openEnd } from "../open-end.js";
import { type Deactivation, deactivations } from "../records/connector-records.js";
import type { RepositoryModel } from "../synchronization.js";
import { readIdentity } from "./identity.js";

/** A synchronization session as `status --connector` lists it. */
interface SessionLine {
  readonly guid: string;
  readonly mode: string;
  readonly type: string;
  readonly state: SessionState;
  /** Of an incremental one: the session whose state it changes; null for the others. */
  readonly startsAt: string | null;
  readonly createdAt: string;
  readonly changedAt: string;
}

interface BlockedTask {
  readonly jobInstance: number;
  readonly job: string;
  readonly taskInstance: number;
  readonly task: string;
  readonly message: string | null;
  readonly since: string | null;
}

export interface ConnectorStatus {
  readonly connector: string;
  /** The last application: where the chain of incremental sessions stands (design §7.4); null before the first. */
  readonly head: {
    readonly session: string;
    readonly appliedAt: string;
    readonly taskInstance: number;
    readonly jobInstance: number | null;
    readonly job: string | null;
    /** `connectorHash` of the configuration that applied it. */
    readonly mappingHash: string;
  } | null;
  /** Why incremental runs wait for a complete one (SYNC_COMPLETE_REQUIRED), as the end of a sentence; null where they go on. */
  readonly completeRequired: string | null;
  /** Who switched it off (`connector deactivate`); null where nobody did. Its IsDeactivated stands in the configuration. */
  readonly deactivation: Omit<Deactivation, "connector"> | null;
  /** Blocked job instances that wait for a decision about this connector. */
  readonly blocked: readonly BlockedTask[];
  /** The last ones, newest first. */
  readonly sessions: readonly SessionLine[];
  readonly entityTypes: readonly { readonly entityType: string; readonly resources: number }[];
  readonly associations: readonly { readonly association: string; readonly unresolved: number }[];
}

/** Sessions that are listed: about a week of daily runs. */
const listedSessions = 7;

/** What the repository knows of a connector: head, block, sessions, counts. A connector that never ran has none of them. */
export const readConnectorStatus = async (knex: Knex, model: RepositoryModel, connector: string): Promise<ConnectorStatus> => {
  const identity = await readIdentity(knex, model);
  const head = (await knex("UM_ConnectorHeads as h")
    .leftJoin("UJ_TaskInstances as t", "t.Id", "h.TaskInstance")
    .leftJoin("UJ_JobInstances as j", "j.Id", "t.JobInstance")
    .select("h.Session", "h.AppliedAt", "h.TaskInstance", "h.MappingHash", "h.CompleteRequired", "t.JobInstance", "j.Job")
    .where("h.Connector", connector)
    .first()) as
    | {
        Session: string;
        AppliedAt: string;
        TaskInstance: number;
        MappingHash: string;
        CompleteRequired: string | null;
        JobInstance: number | null;
        Job: string | null;
      }
    | undefined;
  const deactivation = (await deactivations(knex)).get(connector);
  const blocked = (await knex("UJ_TaskInstances as t")
    .join("UJ_JobInstances as j", "j.Id", "t.JobInstance")
    .select("j.Id as JobInstance", "j.Job", "t.Id as TaskInstance", "t.Task", "t.Message", "t.EndDate", "j.EndDate as JobEnd")
    .where({ "t.Connector": connector, "t.State": "Blocked", "j.State": "Blocked" })
    .orderBy("t.Id")) as {
    JobInstance: number;
    Job: string;
    TaskInstance: number;
    Task: string;
    Message: string | null;
    EndDate: string | null;
    JobEnd: string | null;
  }[];
  const sessions = (await knex("UJ_SynchronizationSessions")
    .select("Guid", "Mode", "Type", "State", "StartsAt", "CreatedAt", "ChangedAt")
    .where("Connector", connector)
    .orderBy("Sequence", "desc")
    .limit(listedSessions)) as {
    Guid: string;
    Mode: string;
    Type: string;
    State: SessionState;
    StartsAt: string | null;
    CreatedAt: string;
    ChangedAt: string;
  }[];
  const mappings = model.connectors.find((each) => each.connector === connector);
  const entityTypes: { entityType: string; resources: number }[] = [];
  for (const { identifier } of mappings?.entityTypes ?? []) {
    entityTypes.push({ entityType: identifier, resources: await countResources(knex, identity.types.get(identifier)?.number ?? 0) });
  }
  const associations: { association: string; unresolved: number }[] = [];
  for (const { identifier } of mappings?.associations ?? []) {
    const stored = identity.mappings.find((each) => each.association === identifier && each.connector === connector);
    const row = (await knex("UR_LinkKeys")
      .where("Mapping", stored?.number ?? 0)
      .whereNotNull("Reason")
      .count("* as Count")
      .first()) as { Count: number };
    associations.push({ association: identifier, unresolved: Number(row.Count) });
  }
  return {
    connector,
    head:
      head === undefined
        ? null
        : {
            session: head.Session,
            appliedAt: head.AppliedAt,
            taskInstance: head.TaskInstance,
            jobInstance: head.JobInstance,
            job: head.Job,
            mappingHash: head.MappingHash,
          },
    completeRequired: head?.CompleteRequired ?? null,
    deactivation: deactivation === undefined ? null : { at: deactivation.at, by: deactivation.by, reason: deactivation.reason },
    blocked: blocked.map((row) => ({
      jobInstance: row.JobInstance,
      job: row.Job,
      taskInstance: row.TaskInstance,
      task: row.Task,
      message: row.Message,
      since: row.EndDate ?? row.JobEnd,
    })),
    sessions: sessions.map((row) => ({
      guid: row.Guid,
      mode: row.Mode,
      type: row.Type,
      state: row.State,
      startsAt: row.StartsAt,
      createdAt: row.CreatedAt,
      changedAt: row.ChangedAt,
    })),
    entityTypes,
    associations,
  };
};

const countResources = async (knex: Knex, type: number): Promise<number> => {
  const row = (await knex("UR_Resources")
    .whereRaw(`Type = ${Number(type)} and ValidTo = '${openEnd}'`)
    .count("* as Count")
    .first()) as { Count: number };
  return Number(row.Count);
};

/** Open resources of all types. */
export const countOpenResources = async (knex: Knex): Promise<number> => {
  const row = (await knex("UR_Resources").whereRaw(`ValidTo = '${openEnd}'`).count("* as Count").first()) as { Count: number };
  return Number(row.Count);
};
