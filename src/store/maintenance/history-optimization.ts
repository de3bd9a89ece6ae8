import { allSlots } from "../../model/index.js";
import { openEnd } from "../open-end.js";
import type { RunOptions } from "../synchronization.js";
import { withConnection } from "./connected.js";
import { type ClosedVersion, intervalOf, type KeptStretch, type Merge, mergesOf } from "./history-merge.js";
import type { MaintenanceConnection, MaintenanceDialect } from "./maintenance-dialect.js";

export interface OptimizeRequest {
  /** What is merged: former versions that end in one interval of these stretches, or neighbours that say the same. */
  readonly by:
    | { readonly kind: "intervals"; readonly stretches: readonly KeptStretch[]; readonly now: number }
    | { readonly kind: "duplicates" };
  /** Versions removed in one transaction. */
  readonly batch: number;
  readonly dryRun: boolean;
}

/** Versions removed, or that would be: those that went into a later one. */
export interface OptimizeCounts {
  readonly merged: number;
}

/**
 * Merges former versions of a resource (connectors §2.8, `--optimize`, `--clean-duplicates`): the newest of a group stays and begins where the oldest began. The open row and links are never
 * touched. In batches as `purgeHistory`. Throws SYNC_STOPPED at a stop, DB_*.
 */
export const optimizeHistory = (dialect: MaintenanceDialect, request: OptimizeRequest, options: RunOptions): Promise<OptimizeCounts> =>
  withConnection(dialect, options, async (connection) => {
    const { by } = request;
    const group = (version: ClosedVersion): unknown =>
      by.kind === "duplicates" ? version.content : intervalOf(by.stretches, by.now, Date.parse(version.validTo));
    let merged = 0;
    let pending: (readonly [id: number, merge: Merge])[] = [];
    let pendingRows = 0;
    const flush = async (): Promise<void> => {
      if (pending.length === 0) return;
      if (!request.dryRun) await connection.transaction(() => applyMerges(connection, pending));
      merged += pendingRows;
      [pending, pendingRows] = [[], 0];
      options.onProgress({ step: "merging former versions", rows: merged });
    };
    options.onProgress({ step: "merging former versions", rows: 0 });
    for await (const [id, versions] of closedVersions(connection, dialect, by.kind === "duplicates")) {
      for (const merge of mergesOf(versions, group)) {
        // Many versions of one resource are merged by several transactions: each removes some of them and moves the start of the kept one so far.
        for (const part of parts(merge, versions, request.batch)) {
          pending.push([id, part]);
          pendingRows += part.removed.length;
          if (pendingRows >= request.batch) await flush();
        }
      }
    }
    await flush();
    return { merged };
  });

/** Cuts a merge so that each part removes at most `size` versions: the newest first, so that in between no time is told twice and none is left out. */
const parts = ({ kept, removed }: Merge, versions: readonly ClosedVersion[], size: number): readonly Merge[] => {
  const starts = new Map(versions.map(({ validTo, validFrom }) => [validTo, validFrom]));
  const found: Merge[] = [];
  for (let end = removed.length; end > 0; end -= size) {
    const some = removed.slice(Math.max(0, end - size), end);
    found.push({ kept, removed: some, validFrom: starts.get(some[0] ?? "") ?? kept.validFrom });
  }
  return found;
};

/** Resources read at a time. */
const pageSize = 1_000;

/**
 * The former versions of each resource that has several, in the order of their time. Read in pages by Id outside any transaction; nobody but maintenance changes former versions, and a merge
 * names its rows by Id and end.
 */
async function* closedVersions(
  connection: MaintenanceConnection,
  dialect: MaintenanceDialect,
  withContent: boolean,
): AsyncGenerator<readonly [id: number, versions: readonly ClosedVersion[]], void, undefined> {
  for (let after = 0; ; ) {
    const several = dialect.first(
      pageSize,
      `SELECT Id FROM UR_Resources WHERE Id > ? AND ValidTo < '${openEnd}' GROUP BY Id HAVING COUNT(*) > 1 ORDER BY Id`,
    );
    const ids = (await connection.all(several, after)).map(([id]) => Number(id));
    const last = ids.at(-1);
    if (last === undefined) return;
    // With all their columns a few resources fill the memory as many without do.
    const size = withContent ? 50 : pageSize;
    for (let at = 0; at < ids.length; at += size) {
      const byId = new Map<number, ClosedVersion[]>();
      const content = withContent ? `, Type, ${allSlots.join(", ")}` : "";
      const rows = await connection.all(
        `SELECT Id, ValidFrom, ValidTo${content} FROM UR_Resources
         WHERE Id IN (${ids.slice(at, at + size).join(", ")}) AND ValidTo < '${openEnd}' ORDER BY Id, ValidTo`,
      );
      for (const [id, validFrom, validTo, ...values] of rows) {
        const version = { validFrom: String(validFrom), validTo: String(validTo), content: withContent ? JSON.stringify(values) : "" };
        const versions = byId.get(Number(id));
        if (versions === undefined) byId.set(Number(id), [version]);
        else versions.push(version);
      }
      yield* byId;
    }
    after = last;
  }
}

/** A time as it may stand in a statement: nothing else does. */
const time = (text: string): string => {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)) throw new Error(`${text} is no time of the repository`);
  return `'${text}'`;
};

/** Ends of versions named in one statement. */
const listedEnds = 500;

const applyMerges = async (connection: MaintenanceConnection, merges: readonly (readonly [id: number, merge: Merge])[]): Promise<void> => {
  for (const [id, { kept, validFrom, removed }] of merges) {
    for (let at = 0; at < removed.length; at += listedEnds) {
      const ends = removed
        .slice(at, at + listedEnds)
        .map(time)
        .join(", ");
      await connection.run(`DELETE FROM UR_Resources WHERE Id = ? AND ValidTo IN (${ends})`, id);
    }
    await connection.run(`UPDATE UR_Resources SET ValidFrom = ${time(validFrom)} WHERE Id = ? AND ValidTo = ${time(kept.validTo)}`, id);
  }
};
