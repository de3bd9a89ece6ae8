import type { Knex } from "knex";
import type { Row } from "./job-instance.js";
import { lifeOf, type ProcessIdentity } from "./process-identity.js";
import { parsed } from "./stored-json.js";

/** What a scheduler says of itself: a row of `UJ_Schedulers`. */
export interface SchedulerSign {
  readonly scheduler: ProcessIdentity;
  readonly workspace: string;
  /** `2026-11-21T09:30:00.000Z`, as all times here. */
  readonly startedAt: string;
  readonly configurationHash: string;
  readonly configurationSince: string;
  /** What was dropped and not taken: when, and the findings; null where what lies there is in force. */
  readonly refused: object | null;
}

/** A scheduler as the database knows it. */
export interface SchedulerRecord extends SchedulerSign {
  /** Its last sign of life. */
  readonly seenAt: string;
  readonly leaseUntil: string;
  /** Its process was not found dead and, where it cannot be seen from here, its lease is not over. */
  readonly isAlive: boolean;
  /** Its lease is over, on the database's clock: whether its process lives or not, others may take its claims. */
  readonly isSilent: boolean;
}

/** `now`: text of the database's clock. */
export const schedulerRecordOf = (row: Row, now: string): SchedulerRecord => {
  const scheduler = { host: String(row.Host), pid: Number(row.Pid), processStart: String(row.ProcessStart) };
  const leaseUntil = String(row.LeaseUntil);
  const seenAt = String(row.SeenAt);
  const life = lifeOf(scheduler);
  return {
    scheduler,
    workspace: String(row.Workspace),
    startedAt: String(row.StartedAt),
    seenAt,
    leaseUntil,
    configurationHash: String(row.ConfigurationHash),
    configurationSince: String(row.ConfigurationSince),
    refused: parsed<object>(row.Refused),
    // One that was asked to stop said so by an empty lease.
    isAlive: leaseUntil !== stopped && (life === "alive" || (life === "unknown" && leaseUntil >= now)),
    isSilent: leaseUntil < now,
  };
};

/** `LeaseUntil` of a scheduler that stopped of its own accord. */
export const stopped = "1970-01-01T00:00:00.000Z";

export const schedulerRows = async (knex: Knex | Knex.Transaction): Promise<readonly Row[]> =>
  (await knex("UJ_Schedulers").orderBy("StartedAt").orderBy("Pid")) as Row[];
