import type { Slot } from "./slot.js";

/** connectors §1.5, by their documented names; codes 0–12. */
export const propertyTypes = [
  "String",
  "Bytes",
  "Int32",
  "Int64",
  "DateTime",
  "Bool",
  "Guid",
  "Double",
  "Binary",
  "Byte",
  "Int16",
  "Option",
  "ForeignKey",
] as const;
export type PropertyType = (typeof propertyTypes)[number];

export interface Property {
  readonly identifier: string;
  readonly displayName: string;
  readonly type: PropertyType;
  /** TargetColumnIndex, or -1. */
  readonly index: number;
  /** Column of the resource row that holds it; null where it lives elsewhere (link row, file) or nowhere yet. */
  readonly slot: Slot | null;
  readonly isKey: boolean;
  /** Used in an entity association: names other resources, not a value. */
  readonly isNavigation: boolean;
  /** Minutes within which a change of only such properties overwrites in place (connectors §2.8); 0 = off. */
  readonly historyPrecision: number;
}

export interface EntityType {
  readonly identifier: string;
  readonly displayName: string;
  /** In document order. */
  readonly properties: readonly Property[];
}

/** One side of an association: `Property1` lives on type 1 and names resources of type 2. */
export interface AssociationSide {
  readonly entityType: string;
  readonly property: string;
  /** IsPropertyNCollection: this side's property may name several resources. */
  readonly isCollection: boolean;
  /** Slot of the property when it is mono-valued and has one: the other's id is kept in this side's own row. */
  readonly slot: Slot | null;
}

/** connectors §1.6. R2 belongs to R1.`side1.property`, R1 to R2.`side2.property`. */
export interface EntityAssociation {
  readonly identifier: string;
  readonly displayName: string;
  readonly side1: AssociationSide;
  readonly side2: AssociationSide;
}
