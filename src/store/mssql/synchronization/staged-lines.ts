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
import type { Database, Value } from "./database.js";
import { clearTemporary, createTemporary } from "./temporary-tables.js";

/** Staged rows read at a time. */
const pageSize = 5_000;

/** The mapping keys of resources, stored or staged by `task`, by Id. */
export const keysOf = async (
  db: Database,
  plan: RepositoryPlan,
  ids: ReadonlySet<number>,
  task: number,
): Promise<ReadonlyMap<number, string>> => {
  const keys = new Map<number, string>();
  if (ids.size === 0) return keys;
  await createTemporary(db, "#Named", ["Id bigint NOT NULL PRIMARY KEY"]);
  await db.bulk(
    "#Named",
    [{ name: "Id", type: "integer", required: true }],
    [...ids].map((id) => [id]),
  );
  const take = ([id, key]: Value[]): void => void keys.set(Number(id), String(key));
  await db.each(
    `SELECT c.ResourceId, c.[Key] FROM #Named n JOIN UR_ResourceChanges c ON c.ResourceId = n.Id WHERE c.TaskInstance = ${task}`,
    take,
  );
  for (const { number, slots } of plan.types.values()) {
    const [keySlot] = slots;
    if (keySlot === undefined) continue;
    await db.each(
      `SELECT r.Id, r.${keySlot} FROM #Named n JOIN UR_Resources r ON r.Id = n.Id WHERE r.ValidTo = '${openEnd}' AND r.Type = ${number}`,
      take,
    );
  }
  await clearTemporary(db, "#Named");
  return keys;
};

/** Pages of a task's staged rows, in the order in which they were staged, without their number. */
async function* pagesOf(db: Database, table: string, columns: string, task: number): AsyncGenerator<Value[][]> {
  for (let after = 0; ; ) {
    const rows = await db.all(
      `SELECT TOP (${pageSize}) Id, ${columns} FROM ${table} WHERE TaskInstance = ${task} AND Id > ? ORDER BY Id`,
      after,
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(([, ...row]) => row);
    if (rows.length < pageSize) return;
    after = Number(last[0]);
  }
}

/** All that a task instance has staged, as the lines of a plan: resources, links, claims. */
export async function* stagedLines(db: Database, plan: RepositoryPlan, names: PropertyNames, task: number): AsyncGenerator<string> {
  for await (const page of pagesOf(db, "UR_ResourceChanges", "Command, Type, [Key], Changes", task)) {
    const rows = page.map(
      ([command, type, key, changes]): StagedResource => ({
        command: command as StagedResource["command"],
        type: Number(type),
        key: String(key),
        changes: JSON.parse(String(changes)) as SlotChanges,
      }),
    );
    const keys = await keysOf(db, plan, navigationIds(plan, rows), task);
    for (const row of rows) yield changeLine(plannedResource(plan, names, row, keys));
  }
  for await (const page of pagesOf(db, "UR_ResourceLinkChanges", "Command, Mapping, Key1, Key2", task)) {
    for (const row of page) yield changeLine(plannedLink(plan, row));
  }
  for await (const page of pagesOf(db, "UR_LinkKeyChanges", claimColumns, task)) {
    for (const row of page) if (!isReasonAlone(row)) yield changeLine(plannedClaim(plan, row));
  }
}

/** Writes them to a file; gives how many there are. Throws SRC_WRITE_FAILED. */
export const writeStagedLines = async (
  db: Database,
  plan: RepositoryPlan,
  names: PropertyNames,
  task: number,
  path: string,
): Promise<number> => {
  const output = new OutputFile(path);
  let lines = 0;
  try {
    for await (const line of stagedLines(db, plan, names, task)) {
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
