import type { Knex } from "knex";
import type { Slot, TaskInstanceId } from "../../model/index.js";
import type { RepositoryModel } from "../synchronization.js";
import { type Identity, readIdentity, type StoredType } from "./identity.js";
import { navigationsOf } from "./navigations.js";
import { inSnapshot, lists, pageRows } from "./page.js";
import { namesOf, type ResourceName } from "./resource-keys.js";

export type ChangeCommand = "insert" | "update" | "delete";

/** One property that changes; navigations by the mapping key of their target. */
interface PropertyChange {
  readonly property: string;
  readonly before: string | null;
  readonly after: string | null;
}

interface ResourceChange {
  readonly kind: "resource";
  readonly command: ChangeCommand;
  readonly entityType: string;
  readonly key: string;
  readonly properties: readonly PropertyChange[];
  /** The resource whose own change takes this one along (design §7.6). */
  readonly causedBy: ResourceName | null;
}

interface LinkChange {
  readonly kind: "link";
  readonly command: ChangeCommand;
  readonly association: string;
  /** Of the resources of side 1 and side 2; the keys that the source named where a resource cannot be found. */
  readonly key1: string;
  readonly key2: string;
  readonly causedBy: ResourceName | null;
}

export type StagedChange = ResourceChange | LinkChange;

export interface StagedQuery {
  /** The Blocked task instance that owns the rows. */
  readonly taskInstance: TaskInstanceId;
  /** Resources of this type, and links that have it on a side; null: all. */
  readonly entityType: string | null;
  readonly command: ChangeCommand | null;
}

/** How many staged rows there are of one kind. */
export interface StagedCount {
  readonly kind: "resource" | "link";
  /** Entity type or association. */
  readonly of: string;
  readonly command: ChangeCommand;
  readonly count: number;
}

interface ResourceChangeRow {
  readonly Id: number;
  readonly Command: string;
  readonly Type: number;
  readonly Key: string;
  readonly ResourceId: number;
  readonly Changes: string;
  readonly CausedBy: number | null;
}

interface LinkChangeRow {
  readonly Id: number;
  readonly Command: string;
  readonly Mapping: number;
  readonly R1_Id: number;
  readonly R2_Id: number;
  readonly Key1: string;
  readonly Key2: string;
  readonly CausedBy: number | null;
}

/** Numbers of the entity types and mappings that a filter by entity type keeps; null: no filter. */
interface Filter {
  readonly types: readonly number[];
  readonly mappings: readonly number[];
}

const filterOf = (model: RepositoryModel, identity: Identity, entityType: string | null): Filter | null => {
  if (entityType === null) return null;
  const associations = new Set(
    model.associations
      .filter(({ side1, side2 }) => side1.entityType === entityType || side2.entityType === entityType)
      .map((each) => each.identifier),
  );
  const type = identity.types.get(entityType);
  return {
    types: type === undefined ? [] : [type.number],
    mappings: identity.mappings.filter((mapping) => associations.has(mapping.association)).map((mapping) => mapping.number),
  };
};

/** What is staged of a task instance, counted by kind: resources before links, each by name. */
export const countStaged = async (knex: Knex, model: RepositoryModel, taskInstance: TaskInstanceId): Promise<StagedCount[]> => {
  const identity = await readIdentity(knex, model);
  const own = { TaskInstance: taskInstance, State: "staged" };
  const resources = (await knex("UR_ResourceChanges")
    .where(own)
    .groupBy("Type", "Command")
    .select("Type", "Command")
    .count("* as Count")) as {
    Type: number;
    Command: ChangeCommand;
    Count: number;
  }[];
  const links = (await knex("UR_ResourceLinkChanges")
    .where(own)
    .groupBy("Mapping", "Command")
    .select("Mapping", "Command")
    .count("* as Count")) as {
    Mapping: number;
    Command: ChangeCommand;
    Count: number;
  }[];
  const byName = (a: StagedCount, b: StagedCount): number => Buffer.compare(Buffer.from(a.of), Buffer.from(b.of));
  return [
    ...resources
      .map((row): StagedCount => ({ kind: "resource", of: typeName(identity, row.Type), command: row.Command, count: Number(row.Count) }))
      .sort(byName),
    ...links
      .map(
        (row): StagedCount => ({
          kind: "link",
          of: associationName(identity, row.Mapping),
          command: row.Command,
          count: Number(row.Count),
        }),
      )
      .sort(byName),
  ];
};

const typeName = (identity: Identity, number: number): string => identity.typesByNumber.get(number)?.identifier ?? `entity type ${number}`;
const associationName = (identity: Identity, number: number): string =>
  identity.mappings.find((mapping) => mapping.number === number)?.association ?? `mapping ${number}`;

/**
 * The staged rows of a task instance in the order they were staged, resources before links, page by page in one snapshot (design §6).
 * Navigations and causes are shown by mapping key, those of resources that are only staged themselves included.
 */
export const readStagedChanges = (knex: Knex, model: RepositoryModel, query: StagedQuery): AsyncIterable<readonly StagedChange[]> =>
  inSnapshot(knex, async function* (snapshot) {
    const identity = await readIdentity(snapshot, model);
    const filter = filterOf(model, identity, query.entityType);
    const navigationSlots = new Map(
      [...identity.types.values()].map((type) => [
        type.number as number,
        new Set(
          navigationsOf(model, identity, type.identifier).flatMap((navigation) => (navigation.slot === null ? [] : [navigation.slot])),
        ),
      ]),
    );
    for await (const rows of pages<ResourceChangeRow>(snapshot, "UR_ResourceChanges", query, "Type", filter?.types ?? null)) {
      const read = rows.map((row) => ({ row, changes: JSON.parse(row.Changes) as Record<string, [unknown, unknown]> }));
      const ids = new Set<number>();
      for (const { row, changes } of read) {
        if (row.CausedBy !== null) ids.add(Number(row.CausedBy));
        for (const slot of navigationSlots.get(row.Type) ?? []) for (const id of changes[slot] ?? []) if (id !== null) ids.add(Number(id));
      }
      const names = await namesWithStaged(snapshot, identity, query.taskInstance, ids);
      yield read.map(
        ({ row, changes }): ResourceChange => ({
          kind: "resource",
          command: row.Command as ChangeCommand,
          entityType: typeName(identity, row.Type),
          key: row.Key,
          properties: propertyChanges(identity.typesByNumber.get(row.Type), changes, navigationSlots.get(row.Type), names),
          causedBy: row.CausedBy === null ? null : (names.get(Number(row.CausedBy)) ?? null),
        }),
      );
    }
    for await (const rows of pages<LinkChangeRow>(snapshot, "UR_ResourceLinkChanges", query, "Mapping", filter?.mappings ?? null)) {
      const ids = rows.flatMap((row) => [Number(row.R1_Id), Number(row.R2_Id), ...(row.CausedBy === null ? [] : [Number(row.CausedBy)])]);
      const names = await namesWithStaged(snapshot, identity, query.taskInstance, ids);
      yield rows.map(
        (row): LinkChange => ({
          kind: "link",
          command: row.Command as ChangeCommand,
          association: associationName(identity, row.Mapping),
          key1: names.get(Number(row.R1_Id))?.key ?? row.Key1,
          key2: names.get(Number(row.R2_Id))?.key ?? row.Key2,
          causedBy: row.CausedBy === null ? null : (names.get(Number(row.CausedBy)) ?? null),
        }),
      );
    }
  });

async function* pages<Row extends { readonly Id: number }>(
  knex: Knex,
  table: "UR_ResourceChanges" | "UR_ResourceLinkChanges",
  query: StagedQuery,
  numberColumn: "Type" | "Mapping",
  numbers: readonly number[] | null,
): AsyncGenerator<readonly Row[], void, undefined> {
  let last = 0;
  for (;;) {
    const select = knex(table).where({ TaskInstance: query.taskInstance, State: "staged" }).where("Id", ">", last);
    if (query.command !== null) select.where("Command", query.command);
    if (numbers !== null) select.whereIn(numberColumn, [...numbers]);
    const rows = (await select.orderBy("Id").limit(pageRows)) as Row[];
    if (rows.length === 0) return;
    yield rows;
    last = rows.at(-1)?.Id ?? last;
  }
}

const propertyChanges = (
  type: StoredType | undefined,
  changes: Readonly<Record<string, [unknown, unknown]>>,
  navigationSlots: ReadonlySet<Slot> | undefined,
  names: ReadonlyMap<number, ResourceName>,
): PropertyChange[] =>
  Object.entries(changes).map(([slot, [before, after]]) => {
    const isNavigation = navigationSlots?.has(slot as Slot) === true;
    const shown = (value: unknown): string | null => {
      if (value === null || value === undefined) return null;
      return isNavigation ? (names.get(Number(value))?.key ?? `resource ${String(value)}`) : String(value);
    };
    return { property: type?.properties.get(slot as Slot) ?? slot, before: shown(before), after: shown(after) };
  });

/** Names of resources, those that exist only in the staged set included. */
const namesWithStaged = async (
  knex: Knex,
  identity: Identity,
  task: TaskInstanceId,
  ids: Iterable<number>,
): Promise<Map<number, ResourceName>> => {
  const wanted = [...new Set(ids)];
  const names = await namesOf(knex, identity, wanted);
  for (const list of lists(wanted.filter((id) => !names.has(id)))) {
    const rows = (await knex("UR_ResourceChanges")
      .where("TaskInstance", task)
      .whereIn("ResourceId", list)
      .select("ResourceId", "Type", "Key")) as {
      ResourceId: number;
      Type: number;
      Key: string;
    }[];
    for (const row of rows) names.set(Number(row.ResourceId), { entityType: typeName(identity, row.Type), key: row.Key });
  }
  return names;
};
