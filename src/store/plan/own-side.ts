import type { Slot } from "../../model/index.js";
import type { LinkPlan, RepositoryPlan, TypePlan } from "./repository-plan.js";

/** A side of an association that is read from the table of its own entity type, and names the row itself by another unique key than the mapping key (`dn` beside `objectGUID`). */
export interface OwnSide {
  readonly link: LinkPlan;
  /** Which key of a claim is the row's own. */
  readonly n: 1 | 2;
  readonly type: TypePlan;
  readonly slot: Slot;
  /** Position of the slot in the type's mapped columns. */
  readonly index: number;
}

/**
 * The own sides of a connector's links whose claims follow the resource. A session of Type Changes says what a row links by its key as it is now, and a delete says no
 * such key at all, so that only the repository knows under which key the row's former claims stand. Where a command takes that key away from a resource, its claims go before
 * those of the session come; with a merge that gives another key and leaves the links alone they go over to that key, as the whole file would have it.
 * With Type None the delta of the association says everything by itself, and another row may have taken the key over with the very same links: nothing is done there.
 */
export const ownSidesOf = (plan: RepositoryPlan, connector: string): readonly OwnSide[] =>
  plan.links.flatMap((link) => {
    if (link.connector !== connector) return [];
    const { mapping } = link;
    return ([1, 2] as const).flatMap((n): OwnSide[] => {
      const { type, slot } = n === 1 ? link.side1 : link.side2;
      const [column, property] = n === 1 ? [mapping.column1, mapping.key1.property] : [mapping.column2, mapping.key2.property];
      const isSameTable = type.connector === connector && type.mapping?.table.toLowerCase() === mapping.table.toLowerCase();
      const index = type.mapping?.properties.findIndex((each) => each.property === property && each.column === column) ?? -1;
      return isSameTable && index > 0 ? [{ link, n, type, slot, index }] : [];
    });
  });

/** A key that a resource loses; `to`: the one that its claims go over to, null where they go. */
export interface OwnKeyMove {
  readonly from: string;
  readonly to: string | null;
}

/** What a command does to a row's own key; null where it keeps it, or had none. Pure. */
export const ownKeyMove = (
  { index }: OwnSide,
  command: string,
  before: readonly (string | null)[] | null,
  after: readonly (string | null)[] | null,
): OwnKeyMove | null => {
  const from = before?.[index] ?? null;
  const to = after?.[index] ?? null;
  return from === null || from === to ? null : { from, to: command === "merge" ? to : null };
};
