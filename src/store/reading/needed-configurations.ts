import type { Knex } from "knex";
import type { JobState } from "../../model/index.js";

/** An instance in one of these still runs, or may be resumed. */
const needing: readonly JobState[] = ["Waiting", "InProgress", "Blocked", "Errored", "Aborted"];

/** Hashes of the configurations that instances were started with which run or may be resumed (design §8). */
export const readNeededConfigurations = async (knex: Knex): Promise<readonly string[]> => {
  const rows = (await knex("UJ_JobInstances").distinct("ConfigurationHash").whereIn("State", needing)) as { ConfigurationHash: string }[];
  return rows.map((row) => row.ConfigurationHash);
};
