import type { EntityType, Slot } from "../../model/index.js";
import { openEnd } from "../open-end.js";
import type { RepositoryModel } from "../synchronization.js";
import type { MaintenanceDialect } from "./maintenance-dialect.js";
import type { StoredEntityType } from "./stored-type.js";

/** Stands in every view of ours, so that views of others with such a name are never dropped. */
export const viewMark = "/* made by sluice database views */";

/** A view for people: the current resources of one entity type. */
export interface EntityView {
  readonly entityType: string;
  readonly name: string;
  /** In their order. */
  readonly columns: readonly string[];
  /** Properties whose column has another name than they, because it was taken; ignoring case, as databases do. */
  readonly renamed: readonly { readonly property: string; readonly column: string }[];
  readonly statement: string;
}

type Names = Pick<MaintenanceDialect, "quote" | "text" | "asTime" | "longestName">;

/** Gives each wanted name one that no other has, ignoring case: `Name`, `Name_2`, …; cut to what the database takes. */
class NameSet {
  readonly #taken = new Set<string>();
  readonly #longest: number;

  constructor(longest: number) {
    this.#longest = longest;
  }

  take(wanted: string): string {
    for (let number = 1; ; number++) {
      const suffix = number === 1 ? "" : `_${number}`;
      const name = wanted.slice(0, this.#longest - suffix.length) + suffix;
      if (this.#taken.has(name.toLowerCase())) continue;
      this.#taken.add(name.toLowerCase());
      return name;
    }
  }
}

/**
 * The views `zz_<EntityType>` of a model (connectors §2.7), one per entity type that has a number: `Id`, each stored scalar property under its identifier, each mono-valued navigation as
 * `<Navigation>_Id` and, under its own identifier, the target's mapping key; `ValidFrom` as a time. Open rows only. Values are as stored.
 */
export const entityViews = (
  model: RepositoryModel,
  types: ReadonlyMap<string, StoredEntityType>,
  dialect: Names,
): readonly EntityView[] => {
  const names = new NameSet(dialect.longestName);
  return model.entityTypes.flatMap((type) => {
    const stored = types.get(type.identifier);
    return stored === undefined ? [] : [entityView(model, types, dialect, type, stored, names.take(`zz_${type.identifier}`))];
  });
};

const entityView = (
  model: RepositoryModel,
  types: ReadonlyMap<string, StoredEntityType>,
  dialect: Names,
  type: EntityType,
  stored: StoredEntityType,
  name: string,
): EntityView => {
  const names = new NameSet(dialect.longestName);
  const columns: { readonly name: string; readonly sql: string }[] = [{ name: names.take("Id"), sql: "r.Id" }];
  const validFrom = names.take("ValidFrom");
  const renamed: { property: string; column: string }[] = [];
  const add = (property: string, sql: string): void => {
    const column = names.take(property);
    if (column !== property) renamed.push({ property, column });
    columns.push({ name: column, sql });
  };
  for (const { identifier, isNavigation } of type.properties) {
    const slot = stored.slots.get(identifier);
    if (!isNavigation && slot !== undefined) add(identifier, `r.${slot}`);
  }
  for (const { property, id, target } of monoValued(model, type, stored, dialect)) {
    add(`${property}_Id`, id);
    const keySlot = types.get(target)?.keySlot ?? null;
    if (keySlot !== null) add(property, `(SELECT t.${keySlot} FROM UR_Resources t WHERE t.Id = ${id} AND t.ValidTo = '${openEnd}')`);
  }
  columns.push({ name: validFrom, sql: dialect.asTime("r.ValidFrom") });
  const list = columns.map((column) => `${column.sql} AS ${dialect.quote(column.name)}`).join(", ");
  return {
    entityType: type.identifier,
    name,
    columns: columns.map((column) => column.name),
    renamed,
    statement: `CREATE VIEW ${dialect.quote(name)} AS ${viewMark} SELECT ${list} FROM UR_Resources r WHERE r.Type = ${stored.number} AND r.ValidTo = '${openEnd}'`,
  };
};

interface MonoValued {
  readonly property: string;
  /** The expression of the target's Id. */
  readonly id: string;
  readonly target: string;
}

/** A type's mono-valued navigations in the order of its properties; the Id is in the own row, or in a row of UR_ResourceLinks (connectors §1.6). */
const monoValued = (model: RepositoryModel, type: EntityType, stored: StoredEntityType, dialect: Names): readonly MonoValued[] => {
  const linked = (association: string, own: string, other: string): string =>
    `(SELECT MIN(l.${other}) FROM UR_ResourceLinks l WHERE l.Mapping IN (SELECT m.Id FROM UM_Mappings m WHERE m.Association = ${dialect.text(association)}) ` +
    `AND l.${own} = r.Id AND l.ValidTo = '${openEnd}')`;
  const found = model.associations.flatMap(({ identifier, side1, side2 }) =>
    (
      [
        [side1, side2, "R1_Id", "R2_Id"],
        [side2, side1, "R2_Id", "R1_Id"],
      ] as const
    ).flatMap(([own, other, ownColumn, otherColumn]): MonoValued[] => {
      if (own.entityType !== type.identifier || own.isCollection) return [];
      const slot: Slot | null = own.slot === null ? null : (stored.slots.get(own.property) ?? own.slot);
      const id = slot === null ? linked(identifier, ownColumn, otherColumn) : `r.${slot}`;
      return [{ property: own.property, id, target: other.entityType }];
    }),
  );
  const place = ({ property }: MonoValued): number => type.properties.findIndex(({ identifier }) => identifier === property);
  return found.sort((a, b) => place(a) - place(b));
};
