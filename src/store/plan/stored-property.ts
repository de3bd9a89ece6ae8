import type { EntityType, PropertyType, Slot } from "../../model/index.js";

/** A property of the model that has a slot. */
export interface SlottedProperty {
  readonly identifier: string;
  readonly slot: Slot;
  readonly type: PropertyType;
}

/** What the repository recorded of a property when its data was loaded. */
export interface RecordedProperty {
  readonly identifier: string;
  readonly slot: string;
  readonly type: string;
}

export const slottedProperties = ({ properties }: EntityType): SlottedProperty[] =>
  properties.flatMap(({ identifier, slot, type }) => (slot === null ? [] : [{ identifier, slot, type }]));

/**
 * The property of the model that a record is at odds with: the same one elsewhere or of another type, or another one in its slot; null where there is none.
 * Refused while the recorded slot holds data, forgotten otherwise (design §6, identity).
 */
export const clashOf = (stored: readonly SlottedProperty[], record: RecordedProperty): SlottedProperty | null =>
  stored.find(({ identifier, slot, type }) => identifier === record.identifier && (slot !== record.slot || type !== record.type)) ??
  stored.find(({ identifier, slot }) => identifier !== record.identifier && slot === record.slot) ??
  null;
