import { type Population, type StandingChange, StandsOut, standsOutLines } from "../../sync/index.js";
import type { RepositoryPlan, TypePlan } from "./repository-plan.js";
import type { SlotChanges } from "./slot-changes.js";

/** Staged changes of resources that are looked at: a second or two of reading, while the writer is held. */
export const mostRowsLookedAt = 200_000;

/** What people call the slots of a type. */
interface NamedSlot {
  readonly property: string;
  readonly isNavigation: boolean;
}

const namedSlots = ({ links }: RepositoryPlan, type: TypePlan): ReadonlyMap<string, NamedSlot> => {
  const named = new Map<string, NamedSlot>();
  for (const { mapping, side1, side2 } of links) {
    for (const side of [side1, side2]) {
      if (side.navigation !== null && side.type === type) named.set(side.navigation, { property: mapping.identifier, isNavigation: true });
    }
  }
  type.slots.forEach((slot, index) => {
    named.set(slot, { property: type.mapping?.properties[index]?.property ?? slot, isNavigation: false });
  });
  return named;
};

/** Takes staged rows as a store keeps them and tells what stands out in them (design §8). */
export class StandingRows {
  readonly #plan: RepositoryPlan;
  readonly #names = new Map<TypePlan, ReadonlyMap<string, NamedSlot>>();
  readonly #standsOut = new StandsOut();

  constructor(plan: RepositoryPlan) {
    this.#plan = plan;
  }

  /** A row of UR_ResourceChanges: Type, Command, Key, Changes. */
  add([number, command, key, text]: readonly unknown[]): void {
    const type = this.#plan.typeByNumber.get(Number(number));
    if (type === undefined) return;
    let names = this.#names.get(type);
    if (names === undefined) {
      names = namedSlots(this.#plan, type);
      this.#names.set(type, names);
    }
    const changes: StandingChange[] = [];
    for (const [slot, [before, after]] of Object.entries(JSON.parse(String(text)) as SlotChanges)) {
      const name = names.get(slot) ?? { property: slot, isNavigation: type.navigationSlots.has(slot) };
      changes.push({ ...name, before: before === null ? null : String(before), after: after === null ? null : String(after) });
    }
    this.#standsOut.add({ entityType: type.identifier, command: command as "insert" | "update" | "delete", key: String(key), changes });
  }

  /**
   * The message of a block with a line for each finding.
   * @param staged rows that are staged, where more than `mostRowsLookedAt` not all were added
   */
  explain(message: string, populations: readonly Population[], staged: number): string {
    const prefix = "EntityType ";
    const open = new Map(
      populations.flatMap(({ scope, open }): [string, number][] => (scope.startsWith(prefix) ? [[scope.slice(prefix.length), open]] : [])),
    );
    return [message, ...standsOutLines(this.#standsOut.findings(open), this.#standsOut.rows, staged)].join("\n");
  }
}
