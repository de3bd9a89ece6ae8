import { allSlots, type Slot } from "../../model/index.js";
import type { RepositoryModel } from "../synchronization.js";
import type { MaintenanceConnection } from "./maintenance-dialect.js";

/** An entity type of the model as the repository holds it. */
export interface StoredEntityType {
  readonly number: number;
  /** Where the data of each property is: the slot it was loaded into, else the configured one. */
  readonly slots: ReadonlyMap<string, Slot>;
  /** Slot of the mapping key; null where no mapping loads the type. */
  readonly keySlot: Slot | null;
}

const knownSlots: ReadonlySet<string> = new Set(allSlots);

/** The model's entity types that have a number, by identifier (design §6, identity). Reads `UM_EntityTypes` and `UM_Properties`. */
export const readTypes = async (
  connection: MaintenanceConnection,
  model: RepositoryModel,
): Promise<ReadonlyMap<string, StoredEntityType>> => {
  const recorded = new Map<number, Map<string, Slot>>();
  for (const [type, identifier, slot] of await connection.all("SELECT EntityType, Identifier, Slot FROM UM_Properties")) {
    // A name may stand in a statement only when it is one of the 153 slots.
    if (!knownSlots.has(String(slot))) continue;
    const slots = recorded.get(Number(type)) ?? new Map<string, Slot>();
    recorded.set(Number(type), slots.set(String(identifier), String(slot) as Slot));
  }
  const found = new Map<string, StoredEntityType>();
  for (const [id, identifier, mappingKey] of await connection.all("SELECT Id, Identifier, MappingKey FROM UM_EntityTypes")) {
    const number = Number(id);
    const type = model.entityTypes.find((each) => each.identifier === identifier);
    if (type === undefined) continue;
    const slots = new Map(recorded.get(number));
    for (const property of type.properties) {
      if (property.slot !== null && !slots.has(property.identifier)) slots.set(property.identifier, property.slot);
    }
    const key = mappingKey ?? mappedKey(model, type.identifier);
    found.set(type.identifier, { number, slots, keySlot: key === null ? null : (slots.get(String(key)) ?? null) });
  }
  return found;
};

const mappedKey = (model: RepositoryModel, entityType: string): string | null =>
  model.connectors.flatMap(({ entityTypes }) => entityTypes).findLast(({ identifier }) => identifier === entityType)?.properties[0]
    .property ?? null;

/** Gives a number to the model's entity types that have none (design §6: once, never reused). Runs inside a transaction that holds the writer. */
export const registerTypes = async (connection: MaintenanceConnection, model: RepositoryModel): Promise<void> => {
  const known = new Set((await connection.all("SELECT Identifier FROM UM_EntityTypes")).map(([identifier]) => String(identifier)));
  for (const { identifier } of model.entityTypes) {
    if (!known.has(identifier)) await connection.run("INSERT INTO UM_EntityTypes (Identifier) VALUES (?)", identifier);
  }
};
