import type { EntityAssociation, Slot } from "../../model/index.js";
import type { RepositoryModel } from "../synchronization.js";
import type { Identity, StoredMapping, StoredType } from "./identity.js";

/** A navigation of an entity type: one side of an association, seen from the type that has the property. */
export interface Navigation {
  readonly property: string;
  readonly association: EntityAssociation;
  /** Which side of the association the property's own type is. */
  readonly side: 1 | 2;
  readonly isCollection: boolean;
  /** The other's type. */
  readonly target: string;
  /** Where the own row keeps the other's Id; null where links are rows. */
  readonly slot: Slot | null;
}

/** All navigations of a type, mono- and multi-valued, in the order of its properties (connectors §1.6). */
export const navigationsOf = (model: RepositoryModel, identity: Identity, entityType: string): Navigation[] => {
  const stored = identity.types.get(entityType);
  const found: Navigation[] = [];
  for (const association of model.associations) {
    const { side1, side2 } = association;
    if (side1.entityType === entityType) found.push(navigation(association, 1, stored));
    if (side2.entityType === entityType) found.push(navigation(association, 2, stored));
  }
  const order = new Map(
    (model.entityTypes.find((type) => type.identifier === entityType)?.properties ?? []).map((p, index) => [p.identifier, index]),
  );
  const place = (property: string): number => order.get(property) ?? order.size;
  return found.sort((a, b) => place(a.property) - place(b.property));
};

const navigation = (association: EntityAssociation, side: 1 | 2, stored: StoredType | undefined): Navigation => {
  const own = side === 1 ? association.side1 : association.side2;
  const other = side === 1 ? association.side2 : association.side1;
  return {
    property: own.property,
    association,
    side,
    isCollection: own.isCollection,
    target: other.entityType,
    slot: own.slot === null ? null : (stored?.slots.get(own.property) ?? own.slot),
  };
};

/** The mappings, of whatever connector, that gave an association its links. */
export const mappingsOf = (identity: Identity, association: string): StoredMapping[] =>
  identity.mappings.filter((mapping) => mapping.association === association);
