import type { TypePlan } from "./repository-plan.js";

/** Commands of an incremental session that found no resource under their key (connectors §2.4): counted, and said to a person. */
export class MissingResources {
  readonly #counts = new Map<string, { update: number; delete: number }>();

  add({ identifier }: TypePlan, command: "update" | "delete", count = 1): void {
    const counts = this.#counts.get(identifier) ?? { update: 0, delete: 0 };
    counts[command] += count;
    this.#counts.set(identifier, counts);
  }

  /** One sentence a type and command, in the order in which types came. */
  notes(): string[] {
    return [...this.#counts].flatMap(([type, { update, delete: deleted }]) => [
      ...(update === 0 ? [] : [`${type}: ${named(update, "update")}, which made ${update === 1 ? "it" : "them"}`]),
      ...(deleted === 0 ? [] : [`${type}: ${named(deleted, "delete")}, which did nothing`]),
    ]);
  }
}

const named = (count: number, command: string): string =>
  count === 1 ? `1 ${command} named a resource that was not there` : `${count} ${command}s named resources that were not there`;
