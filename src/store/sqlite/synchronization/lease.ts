import type { Clock } from "../../../model/index.js";
import { leaseEnd } from "../../records/lease.js";
import type { Database } from "./database.js";

/**
 * The last write of a long transaction: while it held the writer nobody could give a sign of life, so that every lease that had not run out when it began counts from now
 * (design §10). Without it, whoever comes next to the writer would find living runners dead. `begunAt` in ms since 1970.
 */
export const extendLeases = (db: Database, clock: Clock, begunAt: number): void => {
  db.run("UPDATE UJ_JobInstances SET LeaseUntil = ? WHERE LeaseUntil >= ?", leaseEnd(clock.now()), new Date(begunAt).toISOString());
};
