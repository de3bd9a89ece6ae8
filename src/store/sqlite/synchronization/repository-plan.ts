import { SluiceError } from "../../../errors/index.js";
import type { AssociationMapping, EntityType, EntityTypeMapping, EntityTypeNumber, MappingNumber } from "../../../model/index.js";
import { entityTypeNumber, mappingNumber } from "../../../model/index.js";
import { clashOf, derivePlan, mappingOf, type RepositoryPlan, slottedProperties } from "../../plan/index.js";
import type { RepositoryModel } from "../../synchronization.js";
import type { Database } from "./database.js";

/**
 * Gives every identifier of the model its number, refuses slots and keys that data was loaded with otherwise (design §6, identity), and derives
 * what the synchronization of every connector needs. Runs inside the caller's transaction.
 * Throws SYNC_SLOT_MOVED, SYNC_KEY_MOVED, SYNC_PROPERTY_UNSTORED.
 */
export const planRepository = (db: Database, model: RepositoryModel): RepositoryPlan =>
  derivePlan(model, {
    types: new Map(model.entityTypes.map((type) => [type.identifier, registerType(db, type, mappingOf(model, type))])),
    mappings: new Map(
      model.connectors.flatMap(({ associations }) => associations.map((mapping) => [mapping, registerMapping(db, mapping)])),
    ),
  });

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
  const stored = slottedProperties(type);
  const known = db.all("SELECT Identifier, Slot, Type FROM UM_Properties WHERE EntityType = ?", number).map((row) => row.map(String));
  for (const [heldBy = "", heldSlot = "", heldType = ""] of known) {
    const clash = clashOf(stored, { identifier: heldBy, slot: heldSlot, type: heldType });
    if (clash === null) continue;
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
