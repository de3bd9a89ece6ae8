import type { Knex } from "knex";
import { SluiceError } from "../../errors/index.js";
import type { SessionGuid } from "../../model/index.js";
import type { JobInstance, Row } from "./job-instance.js";

/** What a task that a resume starts goes on from: work of its own instance, done before that one stopped. */
export type LeftWork = {
  readonly taskKey: string;
  readonly connector: string;
} & (
  | {
      /** A session that was prepared, and that a SynchronizeTask is to load. */
      readonly session: SessionGuid;
    }
  | {
      /** When the first of the exports ended whose files a PrepareSynchronizationTask is to cleanse. */
      readonly exportedAt: string;
    }
);

interface Overtaker {
  readonly jobInstance: number;
  readonly job: string;
  readonly at: string;
}

/**
 * Refuses a resume that would go on from what another run of the connector has replaced since (design §7.4): a session must still wait to be synchronized, and exported
 * files be those that this instance exported. Throws JOB_OVERTAKEN naming the instance that went on.
 */
export const requireLeftWork = async (
  knex: Knex | Knex.Transaction,
  { id, job }: Pick<JobInstance, "id" | "job">,
  works: readonly LeftWork[],
): Promise<void> => {
  for (const work of works) {
    const found = "session" in work ? await sessionOvertaken(knex, work.session) : await exportOvertaken(knex, id, work);
    if (found === null) continue;
    const { taskKey, connector } = work;
    const by = found === "gone" ? null : found;
    throw new SluiceError("JOB_OVERTAKEN", { jobInstance: id, job, task: taskKey, connector, by });
  }
};

/** Null while the session waits. Who made it needless: the instance that loaded it, or the one that prepared the connector last. */
const sessionOvertaken = async (knex: Knex | Knex.Transaction, guid: SessionGuid): Promise<Overtaker | "gone" | null> => {
  const own = (await knex("UJ_SynchronizationSessions").where({ Guid: guid }).first()) as Row | undefined;
  if (own?.State === "ready" || own?.State === "processing") return null;
  if (own === undefined) return "gone";
  const later = (await knex("UJ_SynchronizationSessions")
    .where({ Connector: own.Connector })
    .where("Sequence", ">", Number(own.Sequence))
    .orderBy("Sequence", "desc")
    .first("PrepareTask", "SynchronizeTask")) as Row | undefined;
  // Nobody prepared the session of a plan or an undo.
  const task = own.SynchronizeTask ?? later?.PrepareTask ?? later?.SynchronizeTask ?? null;
  return task === null ? "gone" : ((await overtaker(knex, (query) => query.where({ "t.Id": task }))) ?? "gone");
};

/** By a run that exported or prepared since, or by a plan or an undo that was applied since: the files say what the source held before. */
const exportOvertaken = (
  knex: Knex | Knex.Transaction,
  instance: number,
  { connector, exportedAt }: { readonly connector: string; readonly exportedAt: string },
): Promise<Overtaker | null> =>
  overtaker(knex, (query) =>
    query
      .where({ "t.Connector": connector })
      .where(
        (since) =>
          void since.whereIn("t.Type", ["ExportTask", "PrepareSynchronizationTask"]).orWhereIn("t.Id", appliedUnprepared(knex, connector)),
      )
      .whereNot({ "t.JobInstance": instance })
      .where("t.StartDate", ">=", exportedAt),
  );

/** Tasks that applied sessions which nobody prepared: of a plan, or of an undo. */
const appliedUnprepared = (knex: Knex | Knex.Transaction, connector: string): Knex.QueryBuilder =>
  knex("UJ_SynchronizationSessions")
    .where({ Connector: connector, State: "applied" })
    .whereNull("PrepareTask")
    .whereNotNull("SynchronizeTask")
    .select("SynchronizeTask");

/** The latest of some tasks with its instance. */
const overtaker = async (
  knex: Knex | Knex.Transaction,
  restrict: (query: Knex.QueryBuilder) => Knex.QueryBuilder,
): Promise<Overtaker | null> => {
  const query = knex("UJ_TaskInstances as t").join("UJ_JobInstances as j", "j.Id", "t.JobInstance");
  const row = (await restrict(query).orderBy("t.StartDate", "desc").first("j.Id", "j.Job", "t.StartDate")) as Row | undefined;
  return row === undefined ? null : { jobInstance: Number(row.Id), job: String(row.Job), at: String(row.StartDate) };
};
