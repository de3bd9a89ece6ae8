import { SluiceError } from "../../../errors/index.js";
import type {
  AssociationMapping,
  ConnectorMappings,
  EntityType,
  EntityTypeMapping,
  EntityTypeNumber,
  KeyReference,
  MappingNumber,
  Property,
  Slot,
  ThresholdLimits,
} from "../../../model/index.js";
import { entityTypeNumber, mappingNumber } from "../../../model/index.js";
import type { RepositoryModel } from "../../synchronization.js";
import type { Database } from "./database.js";

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

const propertyOf = (type: EntityType, identifier: string): Property | null =>
  type.properties.find((property) => property.identifier === identifier) ?? null;

const slotOfProperty = (type: EntityType, identifier: string): Slot => {
  const slot = propertyOf(type, identifier)?.slot ?? null;
  if (slot === null) throw new SluiceError("SYNC_PROPERTY_UNSTORED", { entityType: type.identifier, property: identifier });
  return slot;
};

/**
 * Gives every identifier of the model its number, refuses slots and keys that data was loaded with otherwise (design §6, identity), and derives
 * what the synchronization of every connector needs. Runs inside the caller's transaction.
 * Throws SYNC_SLOT_MOVED, SYNC_KEY_MOVED, SYNC_PROPERTY_UNSTORED.
 */
export const planRepository = (db: Database, model: RepositoryModel): RepositoryPlan => {
  const mappingOf = new Map<string, EntityTypeMapping>();
  for (const connector of model.connectors) for (const mapping of connector.entityTypes) mappingOf.set(mapping.identifier, mapping);

  const lookups = new Map<string, Set<Slot>>();
  const typeOf = new Map(model.entityTypes.map((type) => [type.identifier, type]));
  const requireType = (identifier: string): EntityType => {
    const type = typeOf.get(identifier);
    if (type === undefined) throw new SluiceError("SYNC_PROPERTY_UNSTORED", { entityType: identifier, property: "" });
    return type;
  };
  for (const connector of model.connectors) {
    for (const { key1, key2 } of connector.associations) {
      for (const key of [key1, key2]) {
        const slots = lookups.get(key.entityType) ?? new Set<Slot>();
        slots.add(slotOfProperty(requireType(key.entityType), key.property));
        lookups.set(key.entityType, slots);
      }
    }
  }

  const navigations = new Map<string, Set<string>>();
  for (const { side1, side2 } of model.associations) {
    for (const { entityType, slot } of [side1, side2]) {
      if (slot !== null) navigations.set(entityType, (navigations.get(entityType) ?? new Set()).add(slot));
    }
  }

  const types = new Map<string, TypePlan>();
  for (const type of model.entityTypes) {
    const mapping = mappingOf.get(type.identifier) ?? null;
    const slots = (mapping?.properties ?? []).map(({ property }) => slotOfProperty(type, property));
    const precision = new Map(
      type.properties.flatMap((p): [string, number][] => (p.slot !== null && p.historyPrecision > 0 ? [[p.slot, p.historyPrecision]] : [])),
    );
    types.set(type.identifier, {
      identifier: type.identifier,
      number: registerType(db, type, mapping),
      mapping,
      connector: mapping?.connector ?? null,
      limits: mapping?.limits ?? {},
      slots,
      columns: (mapping?.properties ?? []).map(({ column }) => column),
      lookupSlots: lookups.get(type.identifier) ?? new Set(),
      navigationSlots: navigations.get(type.identifier) ?? new Set(),
      precision,
    });
  }

  const links: LinkPlan[] = [];
  for (const connector of model.connectors) {
    for (const mapping of connector.associations) {
      const association = model.associations.find(({ identifier }) => identifier === mapping.identifier);
      const side = (key: KeyReference, navigation: Slot | null): LinkSide => {
        const type = types.get(key.entityType);
        if (type === undefined) throw new SluiceError("SYNC_PROPERTY_UNSTORED", { entityType: key.entityType, property: key.property });
        return { type, slot: slotOfProperty(requireType(key.entityType), key.property), navigation };
      };
      const side1 = side(mapping.key1, association?.side1.slot ?? null);
      const side2 = side(mapping.key2, association?.side2.slot ?? null);
      links.push({
        number: registerMapping(db, mapping),
        mapping,
        connector: connector.connector,
        side1,
        side2,
        isLinkRow: side1.navigation === null && side2.navigation === null,
      });
    }
  }
  return {
    types,
    typeByNumber: new Map([...types.values()].map((type) => [type.number, type])),
    links,
    connectors: new Map(model.connectors.map((connector) => [connector.connector, connector])),
  };
};

const registerMapping = (db: Database, mapping: AssociationMapping): MappingNumber => {
  const found = db.get("SELECT Id FROM UM_Mappings WHERE Association = ? AND Connector = ?", mapping.identifier, mapping.connector);
  if (found !== null) return mappingNumber(Number(found[0]));
  const made = db.get("INSERT INTO UM_Mappings (Association, Connector) VALUES (?, ?) RETURNING Id", mapping.identifier, mapping.connector);
  return mappingNumber(Number(made?.[0]));
};

const registerType = (db: Database, type: EntityType, mapping: EntityTypeMapping | null): EntityTypeNumber => {
  const key = mapping?.properties[0].property ?? null;
  const found = db.get("SELECT Id, MappingKey FROM UM_EntityTypes WHERE Identifier = ?", type.identifier);
  if (found === null) {
    const made = db.get("INSERT INTO UM_EntityTypes (Identifier, MappingKey) VALUES (?, ?) RETURNING Id", type.identifier, key);
    const number = entityTypeNumber(Number(made?.[0]));
    registerProperties(db, type, number);
    return number;
  }
  const number = entityTypeNumber(Number(found[0]));
  const former = found[1] === null ? null : String(found[1]);
  if (key !== null && former !== key) {
    if (former !== null && db.get("SELECT 1 FROM UR_Resources WHERE Type = ? LIMIT 1", number) !== null) {
      throw new SluiceError("SYNC_KEY_MOVED", { entityType: type.identifier, property: key, former });
    }
    db.run("UPDATE UM_EntityTypes SET MappingKey = ? WHERE Id = ?", key, number);
  }
  registerProperties(db, type, number);
  return number;
};

/** Checks all records before any is written: properties that change places among themselves clash with each other's former slots. */
const registerProperties = (db: Database, type: EntityType, number: EntityTypeNumber): void => {
  const stored = type.properties.flatMap((property) => (property.slot === null ? [] : [{ ...property, slot: property.slot }]));
  const known = db.all("SELECT Identifier, Slot, Type FROM UM_Properties WHERE EntityType = ?", number).map((row) => row.map(String));
  for (const [heldBy = "", heldSlot = "", heldType = ""] of known) {
    const clash =
      stored.find(({ identifier, slot, type: kind }) => identifier === heldBy && (slot !== heldSlot || kind !== heldType)) ??
      stored.find(({ identifier, slot }) => identifier !== heldBy && slot === heldSlot);
    if (clash === undefined) continue;
    // The slot comes from the store's own record of compiled slots, never from text of a person.
    if (db.get(`SELECT 1 FROM UR_Resources WHERE Type = ? AND ${heldSlot} IS NOT NULL LIMIT 1`, number) !== null) {
      const { identifier, slot, type: kind } = clash;
      throw new SluiceError("SYNC_SLOT_MOVED", {
        entityType: type.identifier,
        property: identifier,
        slot,
        type: kind,
        heldBy,
        heldSlot,
        heldType,
      });
    }
    db.run("DELETE FROM UM_Properties WHERE EntityType = ? AND Identifier = ?", number, heldBy);
  }
  for (const { identifier, slot, type: kind } of stored) {
    db.run(
      "INSERT INTO UM_Properties (EntityType, Identifier, Slot, Type) VALUES (?, ?, ?, ?) ON CONFLICT (EntityType, Identifier) DO NOTHING",
      number,
      identifier,
      slot,
      kind,
    );
  }
};
