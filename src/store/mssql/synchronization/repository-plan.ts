import { SluiceError } from "../../../errors/index.js";
import {
  type AssociationMapping,
  type EntityType,
  type EntityTypeNumber,
  entityTypeNumber,
  type MappingNumber,
  mappingNumber,
} from "../../../model/index.js";
import { clashOf, derivePlan, mappingOf, type RecordedProperty, type RepositoryPlan, slottedProperties } from "../../plan/index.js";
import type { RepositoryModel } from "../../synchronization.js";
import type { Database } from "./database.js";
import { keyColumn } from "./temporary-tables.js";

export type { LinkPlan, LinkSide, RepositoryPlan, TypePlan } from "../../plan/index.js";

/**
 * Gives every identifier of the model its number, refuses slots and keys that data was loaded with otherwise (design §6, identity), and derives
 * what the synchronization of every connector needs. Runs inside the caller's transaction, which holds the writer.
 * Throws SYNC_SLOT_MOVED, SYNC_KEY_MOVED, SYNC_PROPERTY_UNSTORED.
 */
export const planRepository = async (db: Database, model: RepositoryModel): Promise<RepositoryPlan> =>
  derivePlan(model, { types: await registerTypes(db, model), mappings: await registerMappings(db, model) });

const registerMappings = async (db: Database, model: RepositoryModel): Promise<Map<AssociationMapping, MappingNumber>> => {
  const nameOf = (association: string, connector: string): string => JSON.stringify([association, connector]);
  const read = async (): Promise<Map<string, number>> =>
    new Map(
      (await db.all("SELECT Association, Connector, Id FROM UM_Mappings")).map(([association, connector, id]) => [
        nameOf(String(association), String(connector)),
        Number(id),
      ]),
    );
  let known = await read();
  const mappings = model.connectors.flatMap(({ associations }) => associations);
  const missing = mappings.filter(({ identifier, connector }) => !known.has(nameOf(identifier, connector)));
  for (const { identifier, connector } of missing) {
    await db.run("INSERT INTO UM_Mappings (Association, Connector) VALUES (?, ?)", identifier, connector);
  }
  if (missing.length > 0) known = await read();
  return new Map(mappings.map((mapping) => [mapping, mappingNumber(known.get(nameOf(mapping.identifier, mapping.connector)) ?? 0)]));
};

interface RecordedType {
  readonly number: EntityTypeNumber;
  readonly key: string | null;
}

const registerTypes = async (db: Database, model: RepositoryModel): Promise<Map<string, EntityTypeNumber>> => {
  const read = async (): Promise<Map<string, RecordedType>> =>
    new Map(
      (await db.all("SELECT Identifier, Id, MappingKey FROM UM_EntityTypes")).map(([identifier, id, key]) => [
        String(identifier),
        { number: entityTypeNumber(Number(id)), key: key === null || key === undefined ? null : String(key) },
      ]),
    );
  const keyOf = (type: EntityType): string | null => mappingOf(model, type)?.properties[0].property ?? null;
  let known = await read();
  const missing = model.entityTypes.filter(({ identifier }) => !known.has(identifier));
  for (const type of missing) {
    await db.run("INSERT INTO UM_EntityTypes (Identifier, MappingKey) VALUES (?, ?)", type.identifier, keyOf(type));
  }
  if (missing.length > 0) known = await read();

  const recorded = new Map<number, RecordedProperty[]>();
  for (const [type, identifier, slot, kind] of await db.all("SELECT EntityType, Identifier, Slot, Type FROM UM_Properties")) {
    const properties = recorded.get(Number(type)) ?? [];
    properties.push({ identifier: String(identifier), slot: String(slot), type: String(kind) });
    recorded.set(Number(type), properties);
  }
  const added: (readonly (string | number)[])[] = [];
  const numbers = new Map<string, EntityTypeNumber>();
  for (const type of model.entityTypes) {
    const record = known.get(type.identifier);
    if (record === undefined) throw new Error(`entity type ${type.identifier} was registered and is not there`);
    await requireKey(db, type, record, keyOf(type));
    added.push(...(await newProperties(db, type, record.number, recorded.get(record.number) ?? [])));
    numbers.set(type.identifier, record.number);
  }
  if (added.length > 0) {
    await db.bulk(
      "UM_Properties",
      [
        { name: "EntityType", type: "int", required: true },
        { ...keyColumn("Identifier"), required: true },
        { name: "Slot", type: "word", required: true },
        { name: "Type", type: "word", required: true },
      ],
      added,
    );
  }
  return numbers;
};

const requireKey = async (db: Database, type: EntityType, { number, key: former }: RecordedType, key: string | null): Promise<void> => {
  if (key === null || former === key) return;
  if (former !== null && (await db.get(`SELECT TOP (1) 1 AS One FROM UR_Resources WHERE Type = ${number}`)) !== null) {
    throw new SluiceError("SYNC_KEY_MOVED", { entityType: type.identifier, property: key, former });
  }
  await db.run("UPDATE UM_EntityTypes SET MappingKey = ? WHERE Id = ?", key, number);
};

/**
 * Checks all records of a type before any is written: properties that change places among themselves clash with each other's former slots.
 * Gives the rows that UM_Properties lacks.
 */
const newProperties = async (
  db: Database,
  type: EntityType,
  number: EntityTypeNumber,
  recorded: readonly RecordedProperty[],
): Promise<(readonly (string | number)[])[]> => {
  const stored = slottedProperties(type);
  const kept = new Set<string>();
  for (const { identifier: heldBy, slot: heldSlot, type: heldType } of recorded) {
    const clash = clashOf(stored, { identifier: heldBy, slot: heldSlot, type: heldType });
    if (clash === null) {
      kept.add(heldBy);
      continue;
    }
    // The slot comes from the store's own record of compiled slots, never from text of a person.
    if ((await db.get(`SELECT TOP (1) 1 AS One FROM UR_Resources WHERE Type = ${number} AND ${heldSlot} IS NOT NULL`)) !== null) {
      const { identifier: property, slot, type: kind } = clash;
      throw new SluiceError("SYNC_SLOT_MOVED", { entityType: type.identifier, property, slot, type: kind, heldBy, heldSlot, heldType });
    }
    await db.run("DELETE FROM UM_Properties WHERE EntityType = ? AND Identifier = ?", number, heldBy);
  }
  return stored.flatMap(({ identifier, slot, type: kind }) => (kept.has(identifier) ? [] : [[number, identifier, slot, kind]]));
};
