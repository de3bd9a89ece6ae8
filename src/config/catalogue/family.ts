import type { AttributeDefinition, ElementDefinition, Family } from "./definition.js";

/** Languages are numbered 1–16 (connectors §1). */
const languageCount = 16;
/** Dimensions are numbered 0–127, in base32hex (digits 0-9A-V): `3V` is 127 (role-model §3). */
const dimensionCount = 128;

/** The members of a family in order, as they are appended to its name: `1` … `16`, `0` … `3V`. */
export const familyMembers = (family: Family): readonly string[] =>
  family === "language"
    ? Array.from({ length: languageCount }, (_, index) => String(index + 1))
    : Array.from({ length: dimensionCount }, (_, index) => index.toString(32).toUpperCase());

const memberOf = (definition: AttributeDefinition, name: string): string | null => {
  if (definition.family === null || name.slice(0, definition.name.length).toLowerCase() !== definition.name.toLowerCase()) return null;
  const member = name.slice(definition.name.length).toUpperCase();
  if (definition.family === "language") return /^([1-9]|1[0-6])$/.test(member) ? member : null;
  return /^([0-9A-V]|[1-3][0-9A-V])$/.test(member) ? member : null;
};

export interface FoundAttribute {
  readonly definition: AttributeDefinition;
  /** Canonical spelling: `DisplayName_L2`, `D1A`. */
  readonly name: string;
}

type Plain = ReadonlyMap<string, FoundAttribute>;
const plainNames = new WeakMap<ElementDefinition, Plain>();

const plainOf = (element: ElementDefinition): Plain => {
  const known = plainNames.get(element);
  if (known !== undefined) return known;
  const names = new Map<string, FoundAttribute>();
  for (const definition of element.attributes) {
    if (definition.family !== null) continue;
    for (const name of [definition.name, ...definition.aliases]) names.set(name.toLowerCase(), { definition, name: definition.name });
  }
  plainNames.set(element, names);
  return names;
};

/** Takes an attribute name in any case, gives its definition and canonical spelling; null when the element has no such attribute. */
export const findAttribute = (element: ElementDefinition, name: string): FoundAttribute | null => {
  const plain = plainOf(element).get(name.toLowerCase());
  if (plain !== undefined) return plain;
  for (const definition of element.attributes) {
    const member = memberOf(definition, name);
    if (member !== null) return { definition, name: `${definition.name}${member}` };
  }
  return null;
};

/** Names to offer for an unknown attribute: every plain one, and of each family the first (a longer list would only hide the near one). */
export const attributeNames = (element: ElementDefinition): readonly string[] =>
  element.attributes.flatMap((definition) => {
    if (definition.family === null) return [definition.name];
    return definition.family === "language" ? familyMembers("language").map((member) => `${definition.name}${member}`) : [];
  });
