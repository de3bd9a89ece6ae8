import { SluiceError } from "../../errors/index.js";
import type {
  AssociationMapping,
  ConnectorMappings,
  EntityType,
  EntityTypeMapping,
  EntityTypeNumber,
  KeyReference,
  MappingNumber,
  Slot,
  ThresholdLimits,
} from "../../model/index.js";
import type { RepositoryModel } from "../synchronization.js";

/** One entity type as the repository stores it. */
export interface TypePlan {
  readonly identifier: string;
  readonly number: EntityTypeNumber;
  /** The mapping that loads it; null when none does. */
  readonly mapping: EntityTypeMapping | null;
  readonly connector: string | null;
  readonly limits: ThresholdLimits;
  /** Slots of the mapped properties in the order of `.sorted.csv`: the mapping key first. */
  readonly slots: readonly Slot[];
  /** CSV headers in that order. */
  readonly columns: readonly string[];
  /** Slots that association mappings look resources up by. */
  readonly lookupSlots: ReadonlySet<Slot>;
  /** Slots that hold mono-valued navigations. */
  readonly navigationSlots: ReadonlySet<string>;
  /** Minutes by slot, where above 0 (connectors §2.8). */
  readonly precision: ReadonlyMap<string, number>;
}

/** One side of an association mapping: which resources its column names, and by which slot. */
export interface LinkSide {
  readonly type: TypePlan;
  /** Slot of the unique key that the column holds. */
  readonly slot: Slot;
  /** Slot of this side's own navigation when it is mono-valued and kept in the row; else null. */
  readonly navigation: Slot | null;
}

/** One association mapping as the repository stores it. */
export interface LinkPlan {
  readonly number: MappingNumber;
  readonly mapping: AssociationMapping;
  readonly connector: string;
  readonly side1: LinkSide;
  readonly side2: LinkSide;
  /** No side keeps it in a column: it is a row of UR_ResourceLinks. */
  readonly isLinkRow: boolean;
}

export interface RepositoryPlan {
  readonly types: ReadonlyMap<string, TypePlan>;
  readonly typeByNumber: ReadonlyMap<number, TypePlan>;
  readonly links: readonly LinkPlan[];
  readonly connectors: ReadonlyMap<string, ConnectorMappings>;
}

/** The numbers that a repository gave the identifiers of a model. */
export interface RegisteredNumbers {
  /** By identifier. */
  readonly types: ReadonlyMap<string, EntityTypeNumber>;
  readonly mappings: ReadonlyMap<AssociationMapping, MappingNumber>;
}

/** The mapping that loads an entity type; null when none does. */
export const mappingOf = (model: RepositoryModel, type: EntityType): EntityTypeMapping | null =>
  model.connectors.flatMap(({ entityTypes }) => entityTypes).findLast(({ identifier }) => identifier === type.identifier) ?? null;

const slotOfProperty = (type: EntityType, identifier: string): Slot => {
  const slot = type.properties.find((property) => property.identifier === identifier)?.slot ?? null;
  if (slot === null) throw new SluiceError("SYNC_PROPERTY_UNSTORED", { entityType: type.identifier, property: identifier });
  return slot;
};

/** Adds to the set under a name. */
const collect = <T>(sets: Map<string, Set<T>>, name: string, value: T): void => {
  sets.set(name, (sets.get(name) ?? new Set<T>()).add(value));
};

/**
 * Derives what the synchronization of every connector needs from the model and the numbers of its identifiers. Pure.
 * Throws SYNC_PROPERTY_UNSTORED where a mapping names a property without a slot.
 */
export const derivePlan = (model: RepositoryModel, numbers: RegisteredNumbers): RepositoryPlan => {
  const typeOf = new Map(model.entityTypes.map((type) => [type.identifier, type]));
  const requireType = (identifier: string): EntityType => {
    const type = typeOf.get(identifier);
    if (type === undefined) throw new SluiceError("SYNC_PROPERTY_UNSTORED", { entityType: identifier, property: "" });
    return type;
  };

  const lookups = new Map<string, Set<Slot>>();
  for (const { associations } of model.connectors) {
    for (const { key1, key2 } of associations) {
      for (const key of [key1, key2]) collect(lookups, key.entityType, slotOfProperty(requireType(key.entityType), key.property));
    }
  }
  const navigations = new Map<string, Set<string>>();
  for (const { side1, side2 } of model.associations) {
    for (const { entityType, slot } of [side1, side2]) if (slot !== null) collect(navigations, entityType, slot);
  }

  const types = new Map<string, TypePlan>();
  for (const type of model.entityTypes) {
    const number = numbers.types.get(type.identifier);
    if (number === undefined) throw new Error(`entity type ${type.identifier} has no number`);
    const mapping = mappingOf(model, type);
    types.set(type.identifier, {
      identifier: type.identifier,
      number,
      mapping,
      connector: mapping?.connector ?? null,
      limits: mapping?.limits ?? {},
      slots: (mapping?.properties ?? []).map(({ property }) => slotOfProperty(type, property)),
      columns: (mapping?.properties ?? []).map(({ column }) => column),
      lookupSlots: lookups.get(type.identifier) ?? new Set(),
      navigationSlots: navigations.get(type.identifier) ?? new Set(),
      precision: new Map(
        type.properties.flatMap((p): [string, number][] =>
          p.slot !== null && p.historyPrecision > 0 ? [[p.slot, p.historyPrecision]] : [],
        ),
      ),
    });
  }

  const links: LinkPlan[] = [];
  for (const connector of model.connectors) {
    for (const mapping of connector.associations) {
      const number = numbers.mappings.get(mapping);
      if (number === undefined) throw new Error(`the mapping of ${mapping.identifier} has no number`);
      const association = model.associations.find(({ identifier }) => identifier === mapping.identifier);
      const side = (key: KeyReference, navigation: Slot | null): LinkSide => {
        const type = types.get(key.entityType);
        if (type === undefined) throw new SluiceError("SYNC_PROPERTY_UNSTORED", { entityType: key.entityType, property: key.property });
        return { type, slot: slotOfProperty(requireType(key.entityType), key.property), navigation };
      };
      const side1 = side(mapping.key1, association?.side1.slot ?? null);
      const side2 = side(mapping.key2, association?.side2.slot ?? null);
      const isLinkRow = side1.navigation === null && side2.navigation === null;
      links.push({ number, mapping, connector: connector.connector, side1, side2, isLinkRow });
    }
  }
  return {
    types,
    typeByNumber: new Map([...types.values()].map((type) => [type.number, type])),
    links,
    connectors: new Map(model.connectors.map((connector) => [connector.connector, connector])),
  };
};
