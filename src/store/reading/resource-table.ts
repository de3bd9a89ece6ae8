import type { Knex } from "knex";
import type { ResourceId, Slot } from "../../model/index.js";
import type { RepositoryModel } from "../synchronization.js";
import { type Identity, readIdentity, type StoredType } from "./identity.js";
import { heldAt, type Moment, ofTypeAt } from "./moment.js";
import { mappingsOf, type Navigation, navigationsOf } from "./navigations.js";
import { inSnapshot, lists, pageRows } from "./page.js";
import { keysOfType } from "./resource-keys.js";

/** A column of `resources`: a scalar property, or a mono-valued navigation shown as the target's mapping key. */
export interface ResourceColumn {
  readonly property: string;
  readonly kind: "scalar" | "navigation";
}

export interface ResourceRow {
  readonly id: ResourceId;
  /** One value a column, as stored. */
  readonly values: readonly (string | null)[];
}

/** Property = value; null asks for no value. A navigation is compared by the target's mapping key. */
export interface Condition {
  readonly property: string;
  readonly value: string | null;
}

export interface ResourceQuery {
  readonly entityType: string;
  /** All of them hold. */
  readonly where: readonly Condition[];
  readonly asOf: Moment;
}

/**
 * The columns of an entity type (design §4): its stored scalar properties in order, then its mono-valued navigations. Needs no database.
 * Properties without a slot (files) have no column.
 */
export const resourceColumns = (model: RepositoryModel, entityType: string): ResourceColumn[] => {
  const type = model.entityTypes.find((each) => each.identifier === entityType);
  const navigations = new Set(
    model.associations.flatMap(({ side1, side2 }) =>
      [side1, side2].filter((side) => side.entityType === entityType && !side.isCollection).map((side) => side.property),
    ),
  );
  const properties = type?.properties ?? [];
  return [
    ...properties.filter((p) => !p.isNavigation && p.slot !== null).map((p) => ({ property: p.identifier, kind: "scalar" as const })),
    ...properties.filter((p) => navigations.has(p.identifier)).map((p) => ({ property: p.identifier, kind: "navigation" as const })),
  ];
};

/** How a page's rows get the value of one column. */
type ColumnSource =
  | { readonly kind: "slot"; readonly slot: Slot }
  | { readonly kind: "navigation"; readonly navigation: Navigation }
  | { readonly kind: "none" };

interface RawRow {
  readonly Id: number;
  readonly [slot: string]: string | number | null;
}

/**
 * The resources of a type, page by page in one snapshot: now in the order of their mapping key, of a past moment in the order of their Id. Keys are in byte order
 * on SQLite; SQL Server's binary collations order characters beyond U+FFFF before U+E000, and tell keys that differ in trailing blanks only apart by Id.
 * Memory holds one page. Values come exactly as stored.
 */
export const readResources = (knex: Knex, model: RepositoryModel, query: ResourceQuery): AsyncIterable<readonly ResourceRow[]> =>
  inSnapshot(knex, async function* (snapshot) {
    const identity = await readIdentity(snapshot, model);
    const type = identity.types.get(query.entityType);
    if (type === undefined) return;
    const navigations = new Map(navigationsOf(model, identity, query.entityType).map((navigation) => [navigation.property, navigation]));
    const sources = resourceColumns(model, query.entityType).map(({ property, kind }): ColumnSource => {
      const slot = type.slots.get(property);
      const navigation = navigations.get(property);
      if (kind === "navigation") return navigation === undefined ? { kind: "none" } : { kind: "navigation", navigation };
      return slot === undefined ? { kind: "none" } : { kind: "slot", slot };
    });
    const conditions: Restriction[] = [];
    for (const condition of query.where) {
      conditions.push(await restrictionOf(snapshot, identity, type, navigations.get(condition.property), condition, query.asOf));
    }
    for await (const rows of rawPages(snapshot, type, sources, conditions, query.asOf)) {
      yield await completeRows(snapshot, identity, rows, sources, query.asOf);
    }
  });

/** A condition as SQL, and once more in our own terms: keys and values are equal when their bytes are (design §6), whatever the database says. */
interface Restriction {
  readonly apply: (query: Knex.QueryBuilder) => void;
  readonly slot: Slot | null;
  readonly value: string | null;
}

const restrictionOf = async (
  knex: Knex,
  identity: Identity,
  type: StoredType,
  navigation: Navigation | undefined,
  { property, value }: Condition,
  moment: Moment,
): Promise<Restriction> => {
  if (navigation === undefined) {
    const slot = type.slots.get(property);
    // A property that nothing was ever stored for has no value anywhere.
    if (slot === undefined)
      return { apply: (query) => void (value === null ? undefined : query.whereRaw("1 = 0")), slot: null, value: null };
    return { apply: (query) => void (value === null ? query.whereNull(`r.${slot}`) : query.where(`r.${slot}`, value)), slot, value };
  }
  const target = identity.types.get(navigation.target);
  const ids = value === null ? [] : await idsByKey(knex, target, value, moment);
  if (navigation.slot !== null) {
    const slot = navigation.slot;
    return {
      apply: (query) => void (value === null ? query.whereNull(`r.${slot}`) : query.whereIn(`r.${slot}`, ids)),
      slot: null,
      value: null,
    };
  }
  const numbers = mappingsOf(identity, navigation.association.identifier).map((mapping) => mapping.number);
  const [own, other] = navigation.side === 1 ? ["R1_Id", "R2_Id"] : ["R2_Id", "R1_Id"];
  const links = knex("UR_ResourceLinks as l").select(knex.raw("1")).whereIn("l.Mapping", numbers).whereRaw(`l.${own} = r.Id`);
  heldAt("l", moment)(links);
  if (value !== null) links.whereIn(`l.${other}`, ids);
  return { apply: (query) => void (value === null ? query.whereNotExists(links) : query.whereExists(links)), slot: null, value: null };
};

/** Resources of a type with a mapping key: one, or none. */
export const idsByKey = async (knex: Knex, type: StoredType | undefined, key: string, moment: Moment): Promise<number[]> => {
  const slot = type?.keySlot ?? null;
  if (type === undefined || slot === null) return [];
  const query = knex("UR_Resources as r").select("r.Id", `r.${slot} as Key`).where(`r.${slot}`, key);
  ofTypeAt("r", type.number, moment)(query);
  return ((await query) as { Id: number; Key: string }[]).filter((row) => row.Key === key).map((row) => Number(row.Id));
};

async function* rawPages(
  knex: Knex,
  type: StoredType,
  sources: readonly ColumnSource[],
  restrictions: readonly Restriction[],
  moment: Moment,
): AsyncGenerator<readonly RawRow[], void, undefined> {
  const slots = new Set<string>();
  for (const source of sources) {
    if (source.kind === "slot") slots.add(source.slot);
    if (source.kind === "navigation" && source.navigation.slot !== null) slots.add(source.navigation.slot);
  }
  for (const { slot } of restrictions) if (slot !== null) slots.add(slot);
  const orderSlot = moment === null ? type.keySlot : null;
  if (orderSlot !== null) slots.add(orderSlot);
  const base = (): Knex.QueryBuilder => {
    const query = knex("UR_Resources as r").select("r.Id", ...[...slots].map((slot) => `r.${slot}`));
    ofTypeAt("r", type.number, moment)(query);
    for (const { apply } of restrictions) apply(query);
    return query.limit(pageRows);
  };
  const matches = (row: RawRow): boolean => restrictions.every(({ slot, value }) => slot === null || row[slot] === value);
  let last: RawRow | undefined;
  for (;;) {
    const page: RawRow[] = orderSlot === null ? await pageById(base, last) : await pageByKey(base, orderSlot, last);
    const kept = page.filter(matches);
    if (kept.length > 0) yield kept;
    last = page.at(-1);
    if (last === undefined) return;
  }
}

const pageById = async (base: () => Knex.QueryBuilder, last: RawRow | undefined): Promise<RawRow[]> =>
  (await base()
    .where("r.Id", ">", last?.Id ?? 0)
    .orderBy("r.Id")) as RawRow[];

/**
 * Rows after (key, Id). First those with the very key of the last row, which a database that ignores trailing blanks may hold several of;
 * then greater keys.
 */
const pageByKey = async (base: () => Knex.QueryBuilder, slot: Slot, last: RawRow | undefined): Promise<RawRow[]> => {
  const key = last?.[slot] ?? null;
  const order = [{ column: `r.${slot}` }, { column: "r.Id" }];
  if (last === undefined || key === null) return (await base().orderBy(order)) as RawRow[];
  const same = (await base().where(`r.${slot}`, key).where("r.Id", ">", last.Id).orderBy("r.Id")) as RawRow[];
  if (same.length > 0) return same;
  return (await base().where(`r.${slot}`, ">", key).orderBy(order)) as RawRow[];
};

const completeRows = async (
  knex: Knex,
  identity: Identity,
  rows: readonly RawRow[],
  sources: readonly ColumnSource[],
  moment: Moment,
): Promise<ResourceRow[]> => {
  const values: ((row: RawRow) => string | null)[] = [];
  for (const source of sources) {
    if (source.kind === "none") values.push(() => null);
    else if (source.kind === "slot") values.push((row) => textOf(row[source.slot]));
    else values.push(await navigationValues(knex, identity, rows, source.navigation, moment));
  }
  return rows.map((row) => ({ id: Number(row.Id) as ResourceId, values: values.map((value) => value(row)) }));
};

const textOf = (value: string | number | null | undefined): string | null => (value === null || value === undefined ? null : String(value));

/** Looks the targets of a page's rows up at once; gives each row its target's mapping key. */
const navigationValues = async (
  knex: Knex,
  identity: Identity,
  rows: readonly RawRow[],
  navigation: Navigation,
  moment: Moment,
): Promise<(row: RawRow) => string | null> => {
  const target = identity.types.get(navigation.target);
  const targets = new Map<number, number>();
  if (navigation.slot !== null) {
    for (const row of rows) {
      const value = row[navigation.slot];
      if (value !== null && value !== undefined) targets.set(Number(row.Id), Number(value));
    }
  } else {
    const ids = rows.map((row) => Number(row.Id));
    for (const link of await linksOfResources(knex, identity, navigation, ids, moment)) targets.set(link.own, link.other);
  }
  const keys = await keysOfType(knex, target, targets.values(), moment);
  return (row) => keys.get(targets.get(Number(row.Id)) ?? 0) ?? null;
};

/** Link rows of a navigation for some resources of its own type. */
const linksOfResources = async (
  knex: Knex,
  identity: Identity,
  navigation: Navigation,
  ids: readonly number[],
  moment: Moment,
): Promise<{ own: number; other: number }[]> => {
  const [own, other] = navigation.side === 1 ? ["R1_Id", "R2_Id"] : ["R2_Id", "R1_Id"];
  const found: { own: number; other: number }[] = [];
  for (const mapping of mappingsOf(identity, navigation.association.identifier)) {
    for (const list of lists(ids)) {
      const query = knex("UR_ResourceLinks as l")
        .select(`l.${own} as own`, `l.${other} as other`)
        .where("l.Mapping", mapping.number)
        .whereIn(`l.${own}`, list);
      heldAt("l", moment)(query);
      for (const row of (await query) as { own: number; other: number }[]) found.push({ own: Number(row.own), other: Number(row.other) });
    }
  }
  return found;
};
