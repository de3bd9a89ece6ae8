import { OutputFile } from "../../../sync/index.js";
import { openEnd } from "../../open-end.js";
import {
  changeLine,
  claimColumns,
  isReasonAlone,
  navigationIds,
  type PropertyNames,
  plannedClaim,
  plannedLink,
  plannedResource,
  type RepositoryPlan,
  type SlotChanges,
  type StagedResource,
} from "../../plan/index.js";
import { inOrderOfId } from "./apply.js";
import type { Database, Value } from "./database.js";

/** Staged rows read at a time. */
const pageSize = 1_000;

/** Mapping keys of resources by id, those included that are only staged by `task`. */
export const keysOf = (db: Database, plan: RepositoryPlan, ids: ReadonlySet<number>, task: number): ReadonlyMap<number, string> => {
  const keys = new Map<number, string>();
  for (const id of ids) {
    const type = plan.typeByNumber.get(db.count(`SELECT Type FROM UR_Resources WHERE Id = ? AND ValidTo = '${openEnd}'`, id));
    const slot = type?.slots[0];
    const row =
      slot === undefined
        ? db.get("SELECT Key FROM UR_ResourceChanges WHERE TaskInstance = ? AND ResourceId = ?", task, id)
        : db.get(`SELECT ${slot} FROM UR_Resources WHERE Id = ? AND ValidTo = '${openEnd}'`, id);
    if (row !== null && row[0] !== null) keys.set(id, String(row[0]));
  }
  return keys;
};

/** Pages of a task's staged rows, in the order in which they were staged; the row's number stands first. */
function* pagesOf(db: Database, table: string, columns: string, task: number): Generator<Value[][]> {
  const page = db.prepare(
    `SELECT Id, ${columns} FROM ${table} ${inOrderOfId} WHERE TaskInstance = ${task} AND Id > ? ORDER BY Id LIMIT ${pageSize}`,
  );
  for (let after: Value = 0; ; ) {
    const rows = page.all(after);
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last[0] ?? null;
  }
}

/** All that a task instance has staged, as the lines of a plan: resources, links, claims. */
export function* stagedLines(db: Database, plan: RepositoryPlan, names: PropertyNames, task: number): Generator<string> {
  for (const page of pagesOf(db, "UR_ResourceChanges", "Command, Type, Key, Changes", task)) {
    const rows = page.map(
      ([, command, type, key, changes]): StagedResource => ({
        command: command as StagedResource["command"],
        type: Number(type),
        key: String(key),
        changes: JSON.parse(String(changes)) as SlotChanges,
      }),
    );
    const keys = keysOf(db, plan, navigationIds(plan, rows), task);
    for (const row of rows) yield changeLine(plannedResource(plan, names, row, keys));
  }
  for (const page of pagesOf(db, "UR_ResourceLinkChanges", "Command, Mapping, Key1, Key2", task)) {
    for (const [, ...row] of page) yield changeLine(plannedLink(plan, row));
  }
  for (const page of pagesOf(db, "UR_LinkKeyChanges", claimColumns, task)) {
    for (const [, ...row] of page) if (!isReasonAlone(row)) yield changeLine(plannedClaim(plan, row));
  }
}

/** Writes them to a file; gives how many there are. Throws SRC_WRITE_FAILED. */
export const writeStagedLines = (db: Database, plan: RepositoryPlan, names: PropertyNames, task: number, path: string): number => {
  const output = new OutputFile(path);
  let lines = 0;
  try {
    for (const line of stagedLines(db, plan, names, task)) {
      output.appendText(`${line}\n`);
      lines++;
    }
    // A file without lines is there too.
    output.appendText("");
    output.finish();
    return lines;
  } catch (error) {
    output.discard();
    throw error;
  }
};
