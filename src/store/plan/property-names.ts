import type { Slot } from "../../model/index.js";
import type { RepositoryModel } from "../synchronization.js";

/** What people call the slots of entity types: by the identifiers of their properties, those that no mapping feeds included. */
export class PropertyNames {
  readonly #names = new Map<string, ReadonlyMap<string, string>>();
  readonly #slots = new Map<string, ReadonlyMap<string, Slot>>();

  constructor(model: RepositoryModel) {
    for (const { identifier, properties } of model.entityTypes) {
      const slotted = properties.flatMap((property) => (property.slot === null ? [] : [[property.slot, property.identifier] as const]));
      this.#names.set(identifier, new Map(slotted));
      this.#slots.set(identifier, new Map(slotted.map(([slot, name]) => [name, slot])));
    }
  }

  /** The property that a type keeps in a slot; the slot itself where it has none there. */
  nameOf(entityType: string, slot: string): string {
    return this.#names.get(entityType)?.get(slot) ?? slot;
  }

  slotOf(entityType: string, property: string): Slot | null {
    return this.#slots.get(entityType)?.get(property) ?? null;
  }
}
