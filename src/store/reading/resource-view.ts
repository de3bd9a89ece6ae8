import type { Knex } from "knex";
import type { ResourceId } from "../../model/index.js";
import { openEnd } from "../open-end.js";
import type { RepositoryModel } from "../synchronization.js";
import { type Identity, readIdentity, type StoredType } from "./identity.js";
import { mappingsOf, type Navigation, navigationsOf } from "./navigations.js";
import { keysOfType } from "./resource-keys.js";
import { idsByKey, resourceColumns } from "./resource-table.js";

/** The task that opened or closed a version or link. */
export interface Author {
  readonly taskInstance: number;
  readonly task: string;
  readonly jobInstance: number;
  readonly job: string;
}

interface ViewedLink {
  /** The navigation of the resource that was asked for. */
  readonly property: string;
  readonly association: string;
  readonly entityType: string;
  /** Mapping key of the other. */
  readonly key: string;
  readonly validFrom: string | null;
  /** null: it holds now. */
  readonly validTo: string | null;
  readonly openedBy: Author | null;
  readonly closedBy: Author | null;
}

/** What a source says of the resource, but whose other side is not there (design §6, links). */
interface WaitingLink {
  readonly association: string;
  readonly connector: string;
  /** Keys as the source wrote them. */
  readonly key1: string;
  readonly key2: string;
  readonly reason: string;
}

interface ViewedVersion {
  readonly validFrom: string;
  /** null: it holds now. */
  readonly validTo: string | null;
  readonly openedBy: Author | null;
  readonly closedBy: Author | null;
  /** What differs from the version before; of the first version of an interval every value. */
  readonly changes: readonly { readonly property: string; readonly before: string | null; readonly after: string | null }[];
}

export interface ResourceView {
  readonly entityType: string;
  readonly key: string;
  readonly id: ResourceId;
  /** False: the resource is closed; the properties are those of its last version. */
  readonly isOpen: boolean;
  readonly properties: readonly { readonly property: string; readonly value: string | null }[];
  /** Current ones in the order of the type's navigations; with history those that ended too. */
  readonly links: readonly ViewedLink[];
  /** Navigations of which only the first 10,000 links are given: all of them are for `links`. */
  readonly cut: readonly string[];
  readonly waiting: readonly WaitingLink[];
  /** Oldest first; without history the last one alone. */
  readonly versions: readonly ViewedVersion[];
}

interface VersionRow {
  readonly Id: number;
  readonly ValidFrom: string;
  readonly ValidTo: string;
  readonly ChangedBy: number | null;
  readonly ClosedBy: number | null;
  readonly [slot: string]: string | number | null;
}

/** Links of one resource that `show` reads at most for each navigation: a group of a million members is for `links`. */
const shownLinks = 10_000;

/**
 * One resource in full (design §4, `show`): properties, links both ways, what waits for a missing other side, versions and who made them.
 * A closed resource is found too. Gives null when the key never had a resource.
 */
export const readResource = async (
  knex: Knex,
  model: RepositoryModel,
  entityType: string,
  key: string,
  withHistory: boolean,
): Promise<ResourceView | null> => {
  const identity = await readIdentity(knex, model);
  const type = identity.types.get(entityType);
  const id = type === undefined ? null : await idOf(knex, type, key);
  if (type === undefined || id === null) return null;
  const columns = resourceColumns(model, entityType);
  const navigations = navigationsOf(model, identity, entityType);
  const inRow = navigations.filter((navigation) => navigation.slot !== null);
  const slots = new Set([
    ...columns.flatMap(({ property, kind }) => (kind === "scalar" ? (type.slots.get(property) ?? []) : [])),
    ...inRow.flatMap((navigation) => navigation.slot ?? []),
  ]);
  const rows = (await knex("UR_Resources")
    .select("Id", "ValidFrom", "ValidTo", "ChangedBy", "ClosedBy", ...slots)
    .where("Id", id)
    .orderBy("ValidTo")) as VersionRow[];
  const last = rows.at(-1);
  if (last === undefined) return null;
  const links = await rowLinks(knex, identity, navigations, id, withHistory);
  links.push(...(await incomingColumnLinks(knex, model, identity, navigations, id)));
  const targets = await targetKeys(knex, identity, inRow, rows);
  const valueIn = (row: VersionRow, property: string): string | null => {
    const slot = type.slots.get(property);
    const value = slot === undefined ? null : (row[slot] ?? null);
    if (value === null) return null;
    const navigation = inRow.find((each) => each.property === property);
    return navigation === undefined ? String(value) : (targets.get(Number(value)) ?? `resource ${value}`);
  };
  const own = columns.map(({ property }) => property);
  const monoLinks = new Map(links.filter((link) => link.validTo === null).map((link) => [link.property, link.key]));
  const authors = await authorsOf(knex, [
    ...rows.flatMap((row) => [row.ChangedBy, row.ClosedBy]),
    ...links.flatMap((link) => [link.changedBy, link.closedByTask]),
  ]);
  const author = (task: number | null): Author | null => (task === null ? null : (authors.get(task) ?? null));
  const place = (property: string): number => navigations.findIndex((navigation) => navigation.property === property);
  const columnLinks: ViewedLink[] = inRow.flatMap((navigation) => {
    const value = valueIn(last, navigation.property);
    if (value === null || last.ValidTo !== openEnd) return [];
    const { property, association, target } = navigation;
    return [
      {
        property,
        association: association.identifier,
        entityType: target,
        key: value,
        validFrom: null,
        validTo: null,
        openedBy: null,
        closedBy: null,
      },
    ];
  });
  return {
    entityType,
    key,
    id: id as ResourceId,
    isOpen: last.ValidTo === openEnd,
    properties: own.map((property) => ({ property, value: valueIn(last, property) ?? monoLinks.get(property) ?? null })),
    links: [
      ...columnLinks,
      ...links.map(
        ({ changedBy, closedByTask, ...link }): ViewedLink => ({ ...link, openedBy: author(changedBy), closedBy: author(closedByTask) }),
      ),
    ].sort((a, b) => place(a.property) - place(b.property)),
    cut: [...new Set(links.map((link) => link.property))].filter(
      (property) => links.filter((link) => link.property === property).length >= shownLinks,
    ),
    waiting: await waitingLinks(knex, model, identity, entityType, (property) => valueIn(last, property)),
    versions: (withHistory ? rows : [last]).map((row): ViewedVersion => {
      const index = rows.indexOf(row);
      const before = rows[index - 1];
      const isContinued = before !== undefined && before.ValidTo === row.ValidFrom;
      return {
        validFrom: row.ValidFrom,
        validTo: row.ValidTo === openEnd ? null : row.ValidTo,
        openedBy: author(row.ChangedBy),
        closedBy: author(row.ClosedBy),
        changes: own
          .map((property) => ({ property, before: isContinued ? valueIn(before, property) : null, after: valueIn(row, property) }))
          .filter((change) => change.before !== change.after),
      };
    }),
  };
};

/** The open resource of a key, else the one that had it: closed keys keep their Id (design §6, identity). */
const idOf = async (knex: Knex, type: StoredType, key: string): Promise<number | null> => {
  const [open] = await idsByKey(knex, type, key, null);
  if (open !== undefined) return open;
  const rows = (await knex("UR_RetiredKeys").select("Id", "Key").where({ Type: type.number, Key: key })) as { Id: number; Key: string }[];
  const retired = rows.find((row) => row.Key === key);
  return retired === undefined ? null : Number(retired.Id);
};

const targetKeys = async (
  knex: Knex,
  identity: Identity,
  navigations: readonly Navigation[],
  rows: readonly VersionRow[],
): Promise<Map<number, string>> => {
  const keys = new Map<number, string>();
  for (const { slot, target } of navigations) {
    if (slot === null) continue;
    const ids = rows.flatMap((row) => (row[slot] === null || row[slot] === undefined ? [] : [Number(row[slot])]));
    for (const [id, key] of await keysOfType(knex, identity.types.get(target), ids, null)) keys.set(id, key);
  }
  return keys;
};

interface RawLink extends Omit<ViewedLink, "openedBy" | "closedBy"> {
  readonly changedBy: number | null;
  readonly closedByTask: number | null;
}

const rowLinks = async (
  knex: Knex,
  identity: Identity,
  navigations: readonly Navigation[],
  id: number,
  withHistory: boolean,
): Promise<RawLink[]> => {
  const found: RawLink[] = [];
  for (const navigation of navigations) {
    const [own, other] = navigation.side === 1 ? ["R1_Id", "R2_Id"] : ["R2_Id", "R1_Id"];
    for (const mapping of mappingsOf(identity, navigation.association.identifier)) {
      const query = knex("UR_ResourceLinks")
        .select(`${other} as Other`, "ValidFrom", "ValidTo", "ChangedBy", "ClosedBy")
        .where("Mapping", mapping.number)
        .where(own, id);
      if (!withHistory) query.whereRaw(`ValidTo = '${openEnd}'`);
      const rows = (await query.orderBy([{ column: other }, { column: "ValidTo" }]).limit(shownLinks)) as {
        Other: number;
        ValidFrom: string;
        ValidTo: string;
        ChangedBy: number | null;
        ClosedBy: number | null;
      }[];
      const keys = await keysOfType(
        knex,
        identity.types.get(navigation.target),
        rows.map((row) => Number(row.Other)),
        null,
      );
      for (const row of rows) {
        found.push({
          property: navigation.property,
          association: navigation.association.identifier,
          entityType: navigation.target,
          key: keys.get(Number(row.Other)) ?? `resource ${row.Other}`,
          validFrom: row.ValidFrom,
          validTo: row.ValidTo === openEnd ? null : row.ValidTo,
          changedBy: row.ChangedBy,
          closedByTask: row.ClosedBy,
        });
      }
    }
  }
  return found;
};

/** Resources whose own column names this one: the other side of a mono-valued navigation. */
const incomingColumnLinks = async (
  knex: Knex,
  model: RepositoryModel,
  identity: Identity,
  navigations: readonly Navigation[],
  id: number,
): Promise<RawLink[]> => {
  const found: RawLink[] = [];
  for (const { property, association, side, target } of navigations) {
    const type = identity.types.get(target);
    const reverse = navigationsOf(model, identity, target).find(
      (each) => each.association.identifier === association.identifier && each.side !== side && each.slot !== null,
    );
    if (reverse?.slot == null || type?.keySlot == null) continue;
    const rows = (await knex("UR_Resources")
      .select(`${type.keySlot} as Key`)
      .whereRaw(`Type = ${Number(type.number)} and ValidTo = '${openEnd}'`)
      .where(reverse.slot, id)
      .orderBy("Id")
      .limit(shownLinks)) as { Key: string | null }[];
    for (const { Key: key } of rows) {
      if (key === null) continue;
      found.push({
        property,
        association: association.identifier,
        entityType: target,
        key,
        validFrom: null,
        validTo: null,
        changedBy: null,
        closedByTask: null,
      });
    }
  }
  return found;
};

const waitingLinks = async (
  knex: Knex,
  model: RepositoryModel,
  identity: Identity,
  entityType: string,
  valueIn: (property: string) => string | null,
): Promise<WaitingLink[]> => {
  const found: WaitingLink[] = [];
  for (const { connector, associations } of model.connectors) {
    for (const mapping of associations) {
      const stored = identity.mappings.find((each) => each.association === mapping.identifier && each.connector === connector);
      if (stored === undefined) continue;
      for (const [column, reference] of [["Key1", mapping.key1] as const, ["Key2", mapping.key2] as const]) {
        const value = reference.entityType === entityType ? valueIn(reference.property) : null;
        if (value === null) continue;
        const rows = (await knex("UR_LinkKeys")
          .select("Key1", "Key2", "Reason")
          .where({ Mapping: stored.number, [column]: value })
          .whereNotNull("Reason")
          .orderBy([{ column: "Key1" }, { column: "Key2" }])
          .limit(shownLinks)) as { Key1: string; Key2: string; Reason: string }[];
        for (const row of rows) {
          // A database that ignores trailing blanks finds more than was asked for.
          if (row[column] !== value) continue;
          found.push({ association: mapping.identifier, connector, key1: row.Key1, key2: row.Key2, reason: row.Reason });
        }
      }
    }
  }
  return found;
};

const authorsOf = async (knex: Knex, tasks: readonly (number | null)[]): Promise<Map<number, Author>> => {
  const wanted = [...new Set(tasks.filter((task) => task !== null))];
  // Versions of one resource are few; its links may be thousands, yet come from few tasks.
  const rows = (await knex("UJ_TaskInstances as t")
    .join("UJ_JobInstances as j", "j.Id", "t.JobInstance")
    .select("t.Id", "t.Task", "t.JobInstance", "j.Job")
    .whereIn("t.Id", wanted)) as { Id: number; Task: string; JobInstance: number; Job: string }[];
  return new Map(rows.map((row) => [row.Id, { taskInstance: row.Id, task: row.Task, jobInstance: row.JobInstance, job: row.Job }]));
};
