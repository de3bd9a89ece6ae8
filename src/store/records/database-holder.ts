import type { Knex } from "knex";
import { type JobInstanceId, jobInstanceId } from "../../model/index.js";
import { lifeOf, thisProcess } from "./process-identity.js";

/** An instance whose synchronization applies, or waits to: on SQLite it is the one that holds the writer. */
export interface DatabaseHolder {
  readonly jobInstance: JobInstanceId;
  readonly job: string;
  /** It is this process's own. */
  readonly isOwn: boolean;
}

/** Synchronizations at work whose runner is not known to be dead, the one that began first at the front. */
export const findDatabaseHolders = async (knex: Knex): Promise<readonly DatabaseHolder[]> => {
  const rows = (await knex("UJ_TaskInstances as t")
    .join("UJ_JobInstances as j", "j.Id", "t.JobInstance")
    .where({ "t.State": "InProgress", "t.Type": "SynchronizeTask", "j.State": "InProgress" })
    .orderBy("t.StartDate")
    .orderBy("t.Id")
    .select("j.Id", "j.Job", "j.Host", "j.Pid", "j.ProcessStart")) as {
    Id: number;
    Job: string;
    Host: string;
    Pid: number;
    ProcessStart: string;
  }[];
  const self = thisProcess();
  return rows
    .map((row) => ({ row, runner: { host: row.Host, pid: Number(row.Pid), processStart: row.ProcessStart } }))
    .filter(({ runner }) => lifeOf(runner) !== "dead")
    .map(({ row, runner }) => ({
      jobInstance: jobInstanceId(Number(row.Id)),
      job: row.Job,
      isOwn: runner.pid === self.pid && runner.processStart === self.processStart,
    }));
};

/** `instance 12 (Job_HR)`, for a sentence; a program that is none of ours where no instance is known. */
export const holdersText = (holders: readonly DatabaseHolder[]): string =>
  holders.length === 0 ? "another program" : holders.map(({ jobInstance, job }) => `instance ${jobInstance} (${job})`).join(" or ");
