import type { Knex } from "knex";
import { allSlots, type EntityType, type EntityTypeNumber, type MappingNumber, type Slot } from "../../model/index.js";
import type { RepositoryModel } from "../synchronization.js";

/** An entity type as the repository holds it: its number, and the slot of each property that was ever loaded. */
export interface StoredType {
  readonly number: EntityTypeNumber;
  readonly identifier: string;
  /** Property identifier of the mapping key; null before a first synchronization. */
  readonly keyProperty: string | null;
  readonly keySlot: Slot | null;
  readonly slots: ReadonlyMap<string, Slot>;
  readonly properties: ReadonlyMap<Slot, string>;
}

export interface StoredMapping {
  readonly number: MappingNumber;
  readonly association: string;
  readonly connector: string;
}

/** Which number stands for what (design §6, identity), read once for a question. */
export interface Identity {
  readonly types: ReadonlyMap<string, StoredType>;
  readonly typesByNumber: ReadonlyMap<number, StoredType>;
  readonly mappings: readonly StoredMapping[];
}

const knownSlots: ReadonlySet<string> = new Set(allSlots);

/** A column's name may stand in a statement only when it is one of the 153 slots. */
export const isSlot = (name: string): name is Slot => knownSlots.has(name);

/**
 * Reads `UM_EntityTypes`, `UM_Properties`, `UM_Mappings`. A property's slot is the one its data was loaded with; the
 * configuration's where nothing was recorded, navigations for one.
 */
export const readIdentity = async (knex: Knex, model: RepositoryModel): Promise<Identity> => {
  const types = (await knex("UM_EntityTypes").select("Id", "Identifier", "MappingKey")) as {
    Id: number;
    Identifier: string;
    MappingKey: string | null;
  }[];
  const properties = (await knex("UM_Properties").select("EntityType", "Identifier", "Slot").orderBy("Id")) as {
    EntityType: number;
    Identifier: string;
    Slot: string;
  }[];
  const mappings = (await knex("UM_Mappings").select("Id", "Association", "Connector").orderBy("Id")) as {
    Id: number;
    Association: string;
    Connector: string;
  }[];
  const configured = new Map<string, EntityType>(model.entityTypes.map((type) => [type.identifier, type]));
  const stored = types.map((row): StoredType => {
    const slots = new Map<string, Slot>();
    for (const property of properties) {
      if (property.EntityType === row.Id && isSlot(property.Slot)) slots.set(property.Identifier, property.Slot);
    }
    for (const property of configured.get(row.Identifier)?.properties ?? []) {
      if (property.slot !== null && !slots.has(property.identifier)) slots.set(property.identifier, property.slot);
    }
    return {
      number: row.Id as EntityTypeNumber,
      identifier: row.Identifier,
      keyProperty: row.MappingKey,
      keySlot: row.MappingKey === null ? null : (slots.get(row.MappingKey) ?? null),
      slots,
      properties: new Map([...slots].map(([property, slot]) => [slot, property])),
    };
  });
  return {
    types: new Map(stored.map((type) => [type.identifier, type])),
    typesByNumber: new Map(stored.map((type) => [type.number, type])),
    mappings: mappings.map((row) => ({ number: row.Id as MappingNumber, association: row.Association, connector: row.Connector })),
  };
};
