import {
  type AssociationSide,
  type EntityAssociation,
  type EntityType,
  firstNavigationIndex,
  type Property,
  type PropertyType,
  propertyTypes,
  slotOf,
} from "../../model/index.js";
import { type Declared, placeText } from "../declared.js";
import type { ConfigurationElement } from "../element.js";
import type { Findings } from "../findings.js";
import type { PropertyTable } from "../references.js";

/** connectors §1: reserved for types and properties, in any case. */
const reserved = new Set(
  "id if for while return break else continue ref out class interface struct foreach do char byte string int long null public private protected static const abstract try catch sealed void true false finally throw exception override readonly enum delegate".split(
    " ",
  ),
);

/** Keys sit in C4 or above (design §6). */
const firstKeyIndex = 4;

export interface EntityModel {
  readonly entityTypes: ReadonlyMap<string, EntityType>;
  readonly associations: ReadonlyMap<string, EntityAssociation>;
}

/** How a property is used as a navigation. */
interface Navigation {
  readonly association: ConfigurationElement;
  readonly isCollection: boolean;
}

const navigationsOf = (declared: Declared, properties: PropertyTable, findings: Findings): ReadonlyMap<string, Navigation> => {
  const navigations = new Map<string, Navigation>();
  for (const [identifier, association] of declared.of("EntityAssociation")) {
    const fail = (reason: string, attribute: string): void =>
      findings.error("CFG_ASSOCIATION", { association: identifier, reason }, association.place(attribute));
    if (association.required("Property1") === association.required("Property2")) {
      fail("both sides are the same property", "Property2");
      continue;
    }
    for (const side of ["1", "2"] as const) {
      const attribute = `Property${side}`;
      const name = association.required(attribute);
      const [entityType = "", property = ""] = name.split(":");
      if (properties.get(entityType)?.get(property) === undefined) continue;
      const taken = navigations.get(name);
      if (taken !== undefined) {
        fail(`${name} already belongs to ${taken.association.required("Identifier")}: a navigation has one association`, attribute);
        continue;
      }
      navigations.set(name, { association, isCollection: association.boolean(`IsProperty${side}Collection`) });
    }
  }
  return navigations;
};

const isPropertyType = (name: string): name is PropertyType => (propertyTypes as readonly string[]).includes(name);

const checkSlot = (
  name: string,
  element: ConfigurationElement,
  navigation: Navigation | null,
  type: PropertyType,
  findings: Findings,
): void => {
  const index = element.number("TargetColumnIndex");
  const fail = (reason: string): void =>
    findings.error("CFG_SLOT_KIND", { property: name, index, reason }, element.place("TargetColumnIndex"));
  if (index === -1) return;
  if (type === "Binary") fail("a file is kept on its own, leave the attribute out");
  else if (navigation?.isCollection === true) fail("a multi-valued navigation is kept as links, leave the attribute out");
  else if (type !== "ForeignKey" && index >= firstNavigationIndex) fail("128 to 152 are for mono-valued navigations, values take 0 to 127");
  else if (element.boolean("IsKey") && index < firstKeyIndex) {
    findings.error("CFG_SLOT_KEY", { property: name, index }, element.place("TargetColumnIndex"));
  }
};

const compileEntityType = (element: ConfigurationElement, navigations: ReadonlyMap<string, Navigation>, findings: Findings): EntityType => {
  const identifier = element.required("Identifier");
  if (reserved.has(identifier.toLowerCase())) findings.error("CFG_RESERVED", { identifier }, element.place("Identifier"));
  const names = new Map<string, ConfigurationElement>();
  const indexes = new Map<number, string>();
  const properties: Property[] = [];
  for (const child of element.all("Property")) {
    const property = child.required("Identifier");
    if (property === "") continue;
    const name = `${identifier}:${property}`;
    if (reserved.has(property.toLowerCase())) findings.error("CFG_RESERVED", { identifier: property }, child.place("Identifier"));
    const twin = names.get(property.toLowerCase());
    if (twin !== undefined) {
      const parameters = { kind: "property", identifier: property, other: twin.required("Identifier"), first: placeText(twin.place()) };
      findings.error("CFG_DUPLICATE", parameters, child.place("Identifier"));
      continue;
    }
    names.set(property.toLowerCase(), child);
    const navigation = navigations.get(name) ?? null;
    const given = child.required("Type");
    const type: PropertyType = navigation !== null ? "ForeignKey" : isPropertyType(given) ? given : "String";
    checkSlot(name, child, navigation, type, findings);
    const index = child.number("TargetColumnIndex");
    const other = index === -1 ? undefined : indexes.get(index);
    if (other === undefined) indexes.set(index, property);
    else findings.error("CFG_SLOT_TWICE", { entityType: identifier, property, other, index }, child.place("TargetColumnIndex"));
    if (type === "ForeignKey" && navigation === null) findings.warn("CFG_NAVIGATION_UNUSED", { property: name }, child.place());
    properties.push({
      identifier: property,
      displayName: child.string("DisplayName_L1") ?? property,
      type,
      index,
      slot: index === -1 ? null : slotOf(index),
      isKey: child.boolean("IsKey"),
      isNavigation: type === "ForeignKey",
      historyPrecision: child.number("HistoryPrecision"),
    });
  }
  return { identifier, displayName: element.string("DisplayName_L1") ?? identifier, properties };
};

const compileSide = (association: ConfigurationElement, side: "1" | "2", entityTypes: ReadonlyMap<string, EntityType>): AssociationSide => {
  const [entityType = "", property = ""] = association.required(`Property${side}`).split(":");
  const isCollection = association.boolean(`IsProperty${side}Collection`);
  const found = entityTypes.get(entityType)?.properties.find(({ identifier }) => identifier === property);
  return { entityType, property, isCollection, slot: isCollection ? null : (found?.slot ?? null) };
};

/** Checks and compiles entity types and associations (connectors §1.5, §1.6; design §6 for the slots of keys). */
export const compileEntityModel = (declared: Declared, properties: PropertyTable, findings: Findings): EntityModel => {
  const navigations = navigationsOf(declared, properties, findings);
  const entityTypes = new Map<string, EntityType>();
  for (const [identifier, element] of declared.of("EntityType")) {
    entityTypes.set(identifier, compileEntityType(element, navigations, findings));
  }
  const associations = new Map<string, EntityAssociation>();
  const types = new Map([...declared.of("EntityType")].map(([identifier, element]) => [identifier.toLowerCase(), element]));
  for (const [identifier, element] of declared.of("EntityAssociation")) {
    const twin = types.get(identifier.toLowerCase());
    if (twin !== undefined) {
      findings.error("CFG_FILE_NAME_TWICE", { identifier, first: placeText(twin.place()) }, element.place("Identifier"));
    }
    associations.set(identifier, {
      identifier,
      displayName: element.string("DisplayName_L1") ?? identifier,
      side1: compileSide(element, "1", entityTypes),
      side2: compileSide(element, "2", entityTypes),
    });
  }
  return { entityTypes, associations };
};
