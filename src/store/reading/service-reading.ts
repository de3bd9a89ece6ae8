import type { Knex } from "knex";
import { type JobInstanceId, type JobState, jobInstanceId } from "../../model/index.js";
import type { Row, StoredPlan } from "../records/job-instance.js";

/** How far the record of jobs was looked at: the last instance, and the last decision on one. */
export interface RecordMarks {
  readonly instance: number;
  readonly decision: number;
}

/** An instance as metrics see it. Times are `yyyy-MM-ddTHH:mm:ss.sssZ`. */
export interface SeenInstance {
  readonly id: JobInstanceId;
  readonly job: string;
  readonly state: JobState;
  readonly startedAt: string;
  /** When it ended or blocked; null while it runs. */
  readonly endedAt: string | null;
  /** From 1; grows with each resume that runs it again. */
  readonly attempt: number;
  /** Whether all tasks of its job were selected. */
  readonly isWhole: boolean;
}

/** What the service's endpoint asks of the record. All of it is found by index and costs the same however long the record is. */
export interface ServiceReading {
  /** Resolves when the database answers. Throws what it refuses with. */
  answers(): Promise<void>;
  marks(): Promise<RecordMarks>;
  /** Instances that run, wait or are blocked. */
  open(): Promise<readonly SeenInstance[]>;
  /** The instances of a list, those after a mark, and those a decision after a mark was taken on; each once. */
  since(marks: RecordMarks, instances: readonly number[]): Promise<readonly SeenInstance[]>;
  /** When a job last ran whole and ended Completed; null where it did not lately. */
  lastCompletion(job: string): Promise<string | null>;
}

/** Rows read at a time. */
const page = 500;
/** Instances of one job that are looked at for the last whole one: parts of a job that were run alone lie between two whole runs, not hundreds of them. */
const latest = 50;

const columns = ["Id", "Job", "State", "StartDate", "EndDate", "Attempt", "Plan"];

const isWhole = ({ kind, selection }: StoredPlan): boolean =>
  kind === "job" && [selection?.from, selection?.to, selection?.task, selection?.contains].every((part) => part === undefined);

const seen = (row: Row): SeenInstance => ({
  id: jobInstanceId(Number(row.Id)),
  job: String(row.Job),
  state: String(row.State) as JobState,
  startedAt: String(row.StartDate),
  endedAt: row.EndDate === null ? null : String(row.EndDate),
  attempt: Number(row.Attempt),
  isWhole: isWhole(JSON.parse(String(row.Plan)) as StoredPlan),
});

/** Takes a connection; reads and never writes. */
export const createServiceReading = (knex: Knex): ServiceReading => {
  const instances = (): Knex.QueryBuilder => knex("UJ_JobInstances").select(columns);
  const greatest = async (table: string): Promise<number> => {
    const row = (await knex(table).max("Id as Id").first()) as { Id: unknown } | undefined;
    return Number(row?.Id ?? 0);
  };
  return {
    answers: async () => {
      await knex("UM_Sequences").where({ Name: "fence" }).first("Value");
    },
    marks: async () => ({ instance: await greatest("UJ_JobInstances"), decision: await greatest("UJ_Decisions") }),
    open: async () => (await instances().whereIn("State", ["Waiting", "InProgress", "Blocked"])).map(seen),
    since: async (marks, ids) => {
      const found = new Map<number, SeenInstance>();
      const decided = (await knex("UJ_Decisions").where("Id", ">", marks.decision).distinct("JobInstance")) as { JobInstance: number }[];
      const asked = [...new Set([...ids, ...decided.map(({ JobInstance }) => Number(JobInstance))])];
      for (let from = 0; from < asked.length; from += page) {
        for (const row of await instances().whereIn("Id", asked.slice(from, from + page))) found.set(Number(row.Id), seen(row));
      }
      for (let after = marks.instance; ; ) {
        const rows = await instances().where("Id", ">", after).orderBy("Id").limit(page);
        for (const row of rows) found.set(Number(row.Id), seen(row));
        if (rows.length < page) return [...found.values()];
        after = Number(rows.at(-1)?.Id);
      }
    },
    lastCompletion: async (job) => {
      const rows = await instances().where({ Job: job, State: "Completed" }).orderBy("Id", "desc").limit(latest);
      return (rows as Row[]).map(seen).find(({ isWhole }) => isWhole)?.endedAt ?? null;
    },
  };
};
