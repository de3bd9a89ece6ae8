import type { Knex } from "knex";
import type { EntityAssociation, Slot } from "../../model/index.js";
import { openEnd } from "../open-end.js";
import type { RepositoryModel } from "../synchronization.js";
import { type Identity, readIdentity, type StoredMapping, type StoredType } from "./identity.js";
import { heldAt, ofTypeAt } from "./moment.js";
import { mappingsOf, navigationsOf } from "./navigations.js";
import { inSnapshot, pageRows } from "./page.js";

/** A link by the mapping keys of its resources. */
export interface LinkRow {
  readonly key1: string;
  readonly key2: string;
}

/** A link as read: Ids to go on from, keys to show. */
interface Pair {
  readonly R1_Id: number;
  readonly R2_Id: number;
  readonly Key1: string | null;
  readonly Key2: string | null;
}

/** The types of both sides; a type that was never loaded has no links either. */
interface Sides {
  readonly type1: StoredType;
  readonly type2: StoredType;
}

/**
 * The two column titles of `links`. Column 1 names the resources of side 1, which are the values of side 2's property, and the other way
 * round; so each column bears the property whose values it lists, which keeps them apart when both sides are of one type.
 */
export const linkColumns = ({ side1, side2 }: EntityAssociation): readonly [string, string] =>
  side1.property === side2.property
    ? [`${side2.entityType}:${side2.property}`, `${side1.entityType}:${side1.property}`]
    : [side2.property, side1.property];

/**
 * The current links of an association, page by page in one snapshot, in the order of the resources' Ids: rows of UR_ResourceLinks, and the
 * mono-valued navigations that resources keep in a column of their own (connectors §1.6).
 */
export const readLinks = (knex: Knex, model: RepositoryModel, association: EntityAssociation): AsyncIterable<readonly LinkRow[]> =>
  inSnapshot(knex, async function* (snapshot) {
    const identity = await readIdentity(snapshot, model);
    const type1 = identity.types.get(association.side1.entityType);
    const type2 = identity.types.get(association.side2.entityType);
    if (type1 === undefined || type2 === undefined) return;
    for await (const pairs of pairPages(snapshot, model, identity, association, { type1, type2 })) {
      yield pairs.map((pair) => ({ key1: pair.Key1 ?? `resource ${pair.R1_Id}`, key2: pair.Key2 ?? `resource ${pair.R2_Id}` }));
    }
  });

async function* pairPages(
  knex: Knex,
  model: RepositoryModel,
  identity: Identity,
  association: EntityAssociation,
  sides: Sides,
): AsyncGenerator<readonly Pair[], void, undefined> {
  const mappings = mappingsOf(identity, association.identifier);
  for (const [index, mapping] of mappings.entries()) yield* rowPairs(knex, sides, mapping, mappings.slice(0, index));
  // One side's columns hold every link; were both sides mono-valued with a column, the second would only say it again.
  const [navigation] = [sides.type1, sides.type2]
    .flatMap((type) => navigationsOf(model, identity, type.identifier))
    .filter((each) => each.association.identifier === association.identifier && each.slot !== null);
  if (navigation?.slot != null) yield* columnPairs(knex, sides, navigation.slot, navigation.side);
}

/** Joins the open resource of a side under an alias, for its key. Types that were never given a key show none. */
const withKey =
  (knex: Knex, alias: "a" | "b", type: StoredType, id: string) =>
  (query: Knex.QueryBuilder): void => {
    query.joinRaw(`left join UR_Resources ${alias} on ${alias}.Id = ${id} and ${alias}.ValidTo = '${openEnd}'`);
    query.select(type.keySlot === null ? knex.raw("null as ??", [keyColumns[alias]]) : `${alias}.${type.keySlot} as ${keyColumns[alias]}`);
  };
const keyColumns = { a: "Key1", b: "Key2" } as const;

/** Rows of one mapping. A link that an earlier mapping (another connector) states too is given once. */
async function* rowPairs(
  knex: Knex,
  { type1, type2 }: Sides,
  mapping: StoredMapping,
  earlier: readonly StoredMapping[],
): AsyncGenerator<readonly Pair[], void, undefined> {
  const base = (): Knex.QueryBuilder => {
    const query = knex("UR_ResourceLinks as l").select("l.R1_Id", "l.R2_Id").where("l.Mapping", mapping.number);
    withKey(knex, "a", type1, "l.R1_Id")(query);
    withKey(knex, "b", type2, "l.R2_Id")(query);
    heldAt("l", null)(query);
    if (earlier.length > 0) {
      const stated = knex("UR_ResourceLinks as e")
        .select(knex.raw("1"))
        .whereIn(
          "e.Mapping",
          earlier.map(({ number }) => number),
        )
        .whereRaw("e.R1_Id = l.R1_Id and e.R2_Id = l.R2_Id");
      heldAt("e", null)(stated);
      query.whereNotExists(stated);
    }
    return query.limit(pageRows);
  };
  let last: Pair | undefined;
  for (;;) {
    // First the rest of the last resource's links, then those of later resources: both follow the primary key, whatever one resource holds.
    let page: Pair[] = [];
    if (last !== undefined)
      page = (await base().where("l.R1_Id", last.R1_Id).where("l.R2_Id", ">", last.R2_Id).orderBy("l.R2_Id")) as Pair[];
    if (page.length === 0) {
      const order = [{ column: "l.R1_Id" }, { column: "l.R2_Id" }];
      page = (await base()
        .where("l.R1_Id", ">", last?.R1_Id ?? 0)
        .orderBy(order)) as Pair[];
    }
    if (page.length === 0) return;
    yield page;
    last = page.at(-1);
  }
}

async function* columnPairs(
  knex: Knex,
  { type1, type2 }: Sides,
  slot: Slot,
  side: 1 | 2,
): AsyncGenerator<readonly Pair[], void, undefined> {
  const [id1, id2] = side === 1 ? ["r.Id", `r.${slot}`] : [`r.${slot}`, "r.Id"];
  let last = 0;
  for (;;) {
    const query = knex("UR_Resources as r").select("r.Id", `${id1} as R1_Id`, `${id2} as R2_Id`).whereNotNull(`r.${slot}`);
    withKey(knex, "a", type1, id1)(query);
    withKey(knex, "b", type2, id2)(query);
    ofTypeAt("r", side === 1 ? type1.number : type2.number, null)(query);
    const page = (await query.where("r.Id", ">", last).orderBy("r.Id").limit(pageRows)) as (Pair & { Id: number })[];
    if (page.length === 0) return;
    yield page;
    last = page.at(-1)?.Id ?? last;
  }
}
