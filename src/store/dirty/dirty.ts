import type { Knex } from "knex";
import type { OnProgress } from "../../model/index.js";
import { openEnd } from "../open-end.js";
import { nextValue } from "../records/sequence.js";
import { type FencedTask, requireRunning } from "../records/task-fence.js";
import type { Writer } from "../retry.js";

/** Numbers of rows that one statement goes over: well within the time limit of a statement of a server, and a stop is looked for in between. */
const stretch = 50_000;

/** The first day there is: `ValidFrom` of a first version after ResetValidFromTask (jobs-and-tasks §2.2). */
const firstDay = "0001-01-01T00:00:00.000Z";

/** Changes that a synchronization applied and left for the flag, and where they name resources. Of links both sides. */
const appliedChanges = {
  UR_ResourceChanges: ["ResourceId"],
  UR_ResourceLinkChanges: ["R1_Id", "R2_Id"],
  UR_LinkKeyChanges: ["R1_Before", "R2_Before", "R1_After", "R2_After"],
} as const;
type ChangeTable = keyof typeof appliedChanges;
const changeTables = Object.keys(appliedChanges) as ChangeTable[];

export interface FlaggedChanges {
  /** Versions that got the number. */
  readonly flagged: number;
  /** Applied changes of resources and links that were consumed. */
  readonly changes: number;
}

interface RunOptions {
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/** What tasks do to the versions of resources beside synchronizations (design §6, Dirty and History). Each call is one transaction that holds the writer. */
export class Dirty {
  readonly #writer: Writer;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  /**
   * Gives all resources that applied changes name one next number of the sequence `dirty`: in their current version, in the last one where a resource closed. No version is
   * opened. The applied changes are consumed; staged ones stay. Throws JOB_FENCED, TASK_ENDED, and the signal's reason.
   */
  flag(task: FencedTask, { signal, onProgress }: RunOptions): Promise<FlaggedChanges> {
    return this.#alone(task, signal, async (trx) => {
      const changes = (await countApplied(trx, "UR_ResourceChanges")) + (await countApplied(trx, "UR_ResourceLinkChanges"));
      if (changes + (await countApplied(trx, "UR_LinkKeyChanges")) === 0) return { flagged: 0, changes };
      const number = await nextValue(trx, "dirty");
      let flagged = 0;
      for (const table of changeTables) {
        for (const [first, last] of await stretches(trx(table).where({ State: "applied" }))) {
          signal.throwIfAborted();
          onProgress({ step: "flagging", rows: flagged });
          for (const column of appliedChanges[table]) {
            const named = trx(table).where({ State: "applied" }).whereBetween("Id", [first, last]).whereNotNull(column).select(column);
            // One that has the number already was named by another change.
            flagged += await trx("UR_Resources")
              .whereIn("Id", named)
              .whereNot({ Dirty: number })
              .where("ValidTo", trx("UR_Resources as v").whereRaw("v.Id = UR_Resources.Id").max("v.ValidTo"))
              .update({ Dirty: number });
          }
        }
      }
      for (const table of changeTables) await trx(table).where({ State: "applied" }).delete();
      return { flagged, changes };
    });
  }

  /**
   * Moves the start of each resource's first version to the first day; staged rows that were compared with that version follow, so that a resume finds what it looked at.
   * Gives the number of versions moved. Throws JOB_FENCED, TASK_ENDED, and the signal's reason.
   */
  resetValidFrom(task: FencedTask, { signal, onProgress }: RunOptions): Promise<number> {
    return this.#alone(task, signal, async (trx) => {
      // Before the versions move: what a staged row does not agree with now is a conflict, and stays one.
      await trx("UR_ResourceChanges")
        .where({ State: "staged" })
        .whereExists(
          trx("UR_Resources as r")
            .select(trx.raw("1"))
            .whereRaw("r.Id = UR_ResourceChanges.ResourceId AND r.ValidFrom = UR_ResourceChanges.Version")
            .where({ "r.ValidTo": openEnd })
            .whereNotExists(trx("UR_Resources as former").select(trx.raw("1")).whereRaw("former.Id = r.Id AND former.ValidTo < r.ValidTo")),
        )
        .update({ Version: firstDay });
      let moved = 0;
      for (const [first, last] of await stretches(trx("UR_Resources"))) {
        signal.throwIfAborted();
        onProgress({ step: "moving first versions", rows: moved });
        moved += await trx("UR_Resources")
          .whereBetween("Id", [first, last])
          .where("ValidTo", trx("UR_Resources as v").whereRaw("v.Id = UR_Resources.Id").min("v.ValidTo"))
          .whereNot({ ValidFrom: firstDay })
          .update({ ValidFrom: firstDay });
      }
      return moved;
    });
  }

  /** Runs `work` while no synchronization applies: on a server those hold the writer's row, an embedded database has one writer itself (design §10). */
  #alone<T>(task: FencedTask, signal: AbortSignal, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
    return this.#writer.transaction(async (trx) => {
      await trx("UM_Sequences")
        .where({ Name: "writer" })
        .update({ Value: trx.ref("Value") });
      await requireRunning(trx, task);
      return work(trx);
    }, signal);
  }
}

const countApplied = async (trx: Knex.Transaction, table: ChangeTable): Promise<number> => {
  const row = (await trx(table).where({ State: "applied" }).count("* as Count").first()) as { Count: number };
  return Number(row.Count);
};

/** The rows' numbers, from the first to the last, in stretches of some rows each. */
const stretches = async (rows: Knex.QueryBuilder): Promise<readonly (readonly [number, number])[]> => {
  const row = (await rows.min("Id as First").max("Id as Last").first()) as { First: unknown; Last: unknown };
  if (row.First === null) return [];
  const first = Number(row.First);
  const last = Number(row.Last);
  return Array.from({ length: Math.floor((last - first) / stretch) + 1 }, (_, index) => {
    const start = first + index * stretch;
    return [start, Math.min(start + stretch - 1, last)] as const;
  });
};
