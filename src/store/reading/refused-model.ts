import type { Knex } from "knex";
import { SluiceError } from "../../errors/index.js";
import type { EntityType } from "../../model/index.js";
import { clashOf, mappingOf, slottedProperties } from "../plan/index.js";
import type { RepositoryModel } from "../synchronization.js";
import { isSlot } from "./identity.js";

interface StoredType {
  readonly Id: number;
  readonly Identifier: string;
  readonly MappingKey: string | null;
}

interface StoredProperty {
  readonly EntityType: number;
  readonly Identifier: string;
  readonly Slot: string;
  readonly Type: string;
}

/**
 * What the next synchronization would refuse of a model because data was loaded otherwise (design §6, identity): SYNC_KEY_MOVED and SYNC_SLOT_MOVED, in the order of the entity types.
 * Reads only; the synchronization itself decides by the same rules in its own transaction.
 */
export const readRefusedModel = async (knex: Knex, model: RepositoryModel): Promise<readonly SluiceError[]> => {
  const types = (await knex("UM_EntityTypes").select("Id", "Identifier", "MappingKey")) as StoredType[];
  const properties = (await knex("UM_Properties").select("EntityType", "Identifier", "Slot", "Type").orderBy("Id")) as StoredProperty[];
  const refused: SluiceError[] = [];
  for (const type of model.entityTypes) {
    const stored = types.find(({ Identifier }) => Identifier === type.identifier);
    if (stored === undefined) continue;
    const key = mappingOf(model, type)?.properties[0].property ?? null;
    const former = stored.MappingKey;
    if (key !== null && former !== null && former !== key && (await isHeld(knex, stored.Id, null))) {
      refused.push(new SluiceError("SYNC_KEY_MOVED", { entityType: type.identifier, property: key, former }));
    }
    refused.push(
      ...(await movedSlots(
        knex,
        type,
        properties.filter((property) => property.EntityType === stored.Id),
      )),
    );
  }
  return refused;
};

const movedSlots = async (knex: Knex, type: EntityType, recorded: readonly StoredProperty[]): Promise<readonly SluiceError[]> => {
  const stored = slottedProperties(type);
  const refused: SluiceError[] = [];
  for (const { EntityType: number, Identifier: heldBy, Slot: heldSlot, Type: heldType } of recorded) {
    const clash = clashOf(stored, { identifier: heldBy, slot: heldSlot, type: heldType });
    if (clash === null || !isSlot(heldSlot) || !(await isHeld(knex, number, heldSlot))) continue;
    const { identifier, slot, type: kind } = clash;
    refused.push(
      new SluiceError("SYNC_SLOT_MOVED", {
        entityType: type.identifier,
        property: identifier,
        slot,
        type: kind,
        heldBy,
        heldSlot,
        heldType,
      }),
    );
  }
  return refused;
};

/** Whether a type has resources at all, or any with a value in a slot. */
const isHeld = async (knex: Knex, entityType: number, slot: string | null): Promise<boolean> => {
  const query = knex("UR_Resources").where({ Type: entityType }).first("Id");
  if (slot !== null) query.whereNotNull(slot);
  return (await query) !== undefined;
};
