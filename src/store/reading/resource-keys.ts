import type { Knex } from "knex";
import type { Identity, StoredType } from "./identity.js";
import { heldAt, type Moment } from "./moment.js";
import { lists } from "./page.js";

/** A resource as people know it. */
export interface ResourceName {
  readonly entityType: string;
  /** Its mapping key. */
  readonly key: string;
}

/**
 * Mapping keys of resources of one type by Id. A resource that did not exist at the moment is named by its last version:
 * an Id belongs to its key for ever (design §6).
 */
export const keysOfType = async (
  knex: Knex,
  type: StoredType | undefined,
  ids: Iterable<number>,
  moment: Moment,
): Promise<Map<number, string>> => {
  const keys = new Map<number, string>();
  const slot = type?.keySlot ?? null;
  if (slot === null) return keys;
  const read = async (wanted: number[], restrict: (query: Knex.QueryBuilder) => void): Promise<void> => {
    const query = knex("UR_Resources as r").select("r.Id", `r.${slot} as Key`).whereIn("r.Id", wanted).orderBy("r.ValidTo");
    restrict(query);
    for (const row of (await query) as { Id: number; Key: string | null }[]) if (row.Key !== null) keys.set(Number(row.Id), row.Key);
  };
  for (const list of lists(ids)) {
    await read(list, heldAt("r", moment));
    const missing = list.filter((id) => !keys.has(id));
    if (missing.length > 0) await read(missing, () => undefined);
  }
  return keys;
};

/** Names resources of any type by Id; those that never had a row are left out. */
export const namesOf = async (knex: Knex, identity: Identity, ids: Iterable<number>): Promise<Map<number, ResourceName>> => {
  const byType = new Map<number, number[]>();
  for (const list of lists(ids)) {
    const rows = (await knex("UR_Resources").distinct("Id", "Type").whereIn("Id", list)) as { Id: number; Type: number }[];
    for (const row of rows) {
      const members = byType.get(row.Type);
      if (members === undefined) byType.set(row.Type, [Number(row.Id)]);
      else members.push(Number(row.Id));
    }
  }
  const names = new Map<number, ResourceName>();
  for (const [number, members] of byType) {
    const type = identity.typesByNumber.get(number);
    if (type === undefined) continue;
    for (const [id, key] of await keysOfType(knex, type, members, null)) names.set(id, { entityType: type.identifier, key });
  }
  return names;
};
