import type { DescribedElement } from "./described-element.js";

/** One attribute that is not what it was; null: not set. */
export interface AttributeDifference {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** An element that came, went or changed. Of one that came or went all attributes and parts are listed. */
export interface ElementDifference {
  /** As it is called in XML; of a task that changed its kind, the present one. */
  readonly element: string;
  readonly identifier: string;
  readonly change: "added" | "removed" | "changed";
  readonly attributes: readonly AttributeDifference[];
  readonly parts: readonly ElementDifference[];
}

/** Attributes in the order of the later element, those that went last. */
export const attributeDifferences = (
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly AttributeDifference[] =>
  [...new Set([...after.keys(), ...before.keys()])].flatMap((name) => {
    const [former, present] = [before.get(name) ?? null, after.get(name) ?? null];
    return former === present ? [] : [{ name, before: former, after: present }];
  });

const nothing: DescribedElement = { element: "", attributes: new Map(), parts: new Map(), order: null };

/** Parts that both have, in the order of each; null where that is the same. */
const orderDifference = (before: DescribedElement, after: DescribedElement): AttributeDifference | null => {
  if (after.order === null || before.order === null) return null;
  const common = (own: DescribedElement, other: DescribedElement): string =>
    [...own.parts.keys()].filter((identifier) => other.parts.has(identifier)).join(", ");
  const [former, present] = [common(before, after), common(after, before)];
  return former === present ? null : { name: after.order, before: former, after: present };
};

/** `EntityTypeMapping Person` is the mapping of Person: kinds are told apart, not shown twice. */
const shownIdentifier = (identifier: string, element: string): string => {
  for (const kind of [element, "Task"]) {
    if (identifier === kind) return "";
    if (identifier.startsWith(`${kind} `)) return identifier.slice(kind.length + 1);
  }
  return identifier;
};

/** Compares elements by identifier: those of the later ones in their order, then those that went. */
export const elementDifferences = (
  before: ReadonlyMap<string, DescribedElement>,
  after: ReadonlyMap<string, DescribedElement>,
): readonly ElementDifference[] =>
  [...new Set([...after.keys(), ...before.keys()])].flatMap((key): ElementDifference[] => {
    const [former, present] = [before.get(key), after.get(key)];
    const { element } = present ?? former ?? nothing;
    const order = orderDifference(former ?? nothing, present ?? nothing);
    const attributes = attributeDifferences((former ?? nothing).attributes, (present ?? nothing).attributes);
    const parts = elementDifferences((former ?? nothing).parts, (present ?? nothing).parts);
    const change = former === undefined ? "added" : present === undefined ? "removed" : "changed";
    if (change === "changed" && order === null && attributes.length === 0 && parts.length === 0) return [];
    const identifier = shownIdentifier(key, element);
    return [{ element, identifier, change, attributes: order === null ? attributes : [...attributes, order], parts }];
  });
