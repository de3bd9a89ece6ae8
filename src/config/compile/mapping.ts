import type {
  AssociationMapping,
  EntityAssociation,
  EntityType,
  EntityTypeMapping,
  KeyReference,
  PropertyMapping,
} from "../../model/index.js";
import { shortPackageName } from "../catalogue/packages.js";
import { type Declared, placeText } from "../declared.js";
import type { ConfigurationElement } from "../element.js";
import type { Findings } from "../findings.js";
import { resolveTable } from "./connection-table.js";
import type { EntityModel } from "./entity-model.js";
import { compileLimits } from "./threshold.js";

/** connectors §1.7: besides the mapping key. */
const maximumUniqueKeys = 3;

/** Mapping elements by entity type: which of its properties have a column, and whether as a key. */
interface MappedProperty {
  readonly column: string;
  readonly isPrimaryKey: boolean;
  readonly isUniqueKey: boolean;
  readonly isKey: boolean;
}

const mappedTables = new WeakMap<ConfigurationElement, ReadonlyMap<string, MappedProperty>>();

const mappedProperties = (mapping: ConfigurationElement, entityType: EntityType): ReadonlyMap<string, MappedProperty> => {
  const known = mappedTables.get(mapping);
  if (known !== undefined) return known;
  const mapped = new Map<string, MappedProperty>();
  mappedTables.set(mapping, mapped);
  const properties = new Map(entityType.properties.map((property) => [property.identifier, property]));
  for (const child of mapping.all("Property")) {
    const name = propertyName(child);
    const column = child.string("ConnectionColumn");
    const property = properties.get(name);
    if (column === null || property === undefined) continue;
    mapped.set(name, {
      column,
      isPrimaryKey: child.boolean("IsPrimaryKey"),
      isUniqueKey: child.boolean("IsUniqueKey"),
      isKey: property.isKey,
    });
  }
  return mapped;
};

/** A mapped property may be written with its type in front. */
const propertyName = (child: ConfigurationElement): string => child.required("Identifier").replace(/^.*:/, "");

const checkKeys = (mapping: ConfigurationElement, entityType: EntityType, findings: Findings): void => {
  const children = mapping.all("Property");
  const keys = children.filter((child) => child.boolean("IsPrimaryKey"));
  const { identifier } = entityType;
  if (keys.length !== 1) {
    findings.error("CFG_MAPPING_KEY", { entityType: identifier, found: keys.length }, keys[1]?.place("IsPrimaryKey") ?? mapping.place());
  }
  const unique = children.filter((child) => child.boolean("IsUniqueKey") && !child.boolean("IsPrimaryKey"));
  if (unique.length > maximumUniqueKeys) {
    findings.error(
      "CFG_UNIQUE_KEYS",
      { entityType: identifier, found: unique.length },
      unique[maximumUniqueKeys]?.place("IsUniqueKey") ?? mapping.place(),
    );
  }
  for (const child of [...keys, ...unique]) {
    const property = `${identifier}:${propertyName(child)}`;
    if (!child.has("ConnectionColumn")) findings.error("CFG_MAPPING_KEY_COLUMN", { property }, child.place());
    const found = entityType.properties.find((candidate) => candidate.identifier === propertyName(child));
    if (found !== undefined && !found.isKey && found.index >= 0 && found.index < 4) {
      findings.error("CFG_SLOT_KEY", { property, index: found.index }, child.place("Identifier"));
    }
  }
};

const compileEntityTypeMapping = (
  mapping: ConfigurationElement,
  entityType: EntityType,
  lookups: ReadonlySet<string>,
  declared: Declared,
  findings: Findings,
): EntityTypeMapping | null => {
  const { identifier } = entityType;
  const children = mapping.all("Property");
  const connector = mapping.required("Connector");
  const isSynchronized = mapping.has("ConnectionTable") || children.some((child) => child.has("ConnectionColumn"));
  if (!isSynchronized && children.every((child) => !child.boolean("IsPrimaryKey"))) return null;
  const limits = compileLimits(mapping, false, findings);
  if (!mapping.has("ConnectionTable") && !mapping.isRefused("ConnectionTable")) {
    findings.error("CFG_ATTRIBUTE_MISSING", { attribute: "ConnectionTable", element: mapping.title }, mapping.place());
  }
  const resolved = mapping.has("ConnectionTable") ? resolveTable(mapping, connector, declared, findings) : null;
  checkKeys(mapping, entityType, findings);
  const linkColumns = new Set(
    declared
      .named("EntityAssociationMapping")
      .filter((other) => other.string("ConnectionTable")?.toLowerCase() === mapping.string("ConnectionTable")?.toLowerCase())
      .flatMap((other) => [other.required("Column1"), other.required("Column2")]),
  );
  const properties = new Map(entityType.properties.map((property) => [property.identifier, property]));
  const seen = new Set<string>();
  let key: PropertyMapping | null = null;
  const others: PropertyMapping[] = [];
  for (const child of children) {
    const name = propertyName(child);
    const property = properties.get(name);
    if (property === undefined) continue;
    const qualified = `${identifier}:${name}`;
    if (seen.has(name)) findings.error("CFG_MAPPING_PROPERTY_TWICE", { property: qualified }, child.place("Identifier"));
    seen.add(name);
    const column = child.string("ConnectionColumn");
    if (column === null) continue;
    if (property.isNavigation) {
      if (!linkColumns.has(column))
        findings.warn("CFG_MAPPING_NAVIGATION", { property: qualified, column }, child.place("ConnectionColumn"));
      continue;
    }
    if (property.type === "Binary") {
      findings.warn("CFG_MAPPING_FILE", { property: qualified, column }, child.place("ConnectionColumn"));
      continue;
    }
    if (property.slot === null) findings.error("CFG_SLOT_MISSING", { property: qualified }, child.place("Identifier"));
    const isKey = child.boolean("IsPrimaryKey");
    const isUniqueKey = !isKey && (child.boolean("IsUniqueKey") || (property.isKey && lookups.has(qualified)));
    if (isKey) key ??= { property: name, column, isUniqueKey: false };
    else others.push({ property: name, column, isUniqueKey });
  }
  checkDn(mapping, entityType, resolved?.connection ?? null, declared, findings);
  if (key === null || resolved === null) return null;
  return { identifier, connector, ...resolved, properties: [key, ...others], limits };
};

/** connectors §1.7: links of Active Directory name entries by `dn`. */
const checkDn = (
  mapping: ConfigurationElement,
  entityType: EntityType,
  connection: string | null,
  declared: Declared,
  findings: Findings,
): void => {
  const element = connection === null ? undefined : declared.of("Connection").get(connection);
  if (element === undefined || shortPackageName(element.required("Package")).toUpperCase() !== "AD") return;
  const isFound = mapping.all("Property").some((child) => {
    if (child.string("ConnectionColumn")?.toLowerCase() !== "dn") return false;
    const property = entityType.properties.find(({ identifier }) => identifier === propertyName(child));
    return child.boolean("IsUniqueKey") || child.boolean("IsPrimaryKey") || property?.isKey === true;
  });
  if (!isFound) findings.error("CFG_DN", { entityType: entityType.identifier }, mapping.place());
};

const compileAssociationMapping = (
  mapping: ConfigurationElement,
  association: EntityAssociation,
  model: EntityModel,
  declared: Declared,
  findings: Findings,
): AssociationMapping | null => {
  const connector = mapping.required("Connector");
  const limits = compileLimits(mapping, true, findings);
  const resolved = mapping.has("ConnectionTable") ? resolveTable(mapping, connector, declared, findings) : null;
  const [key1, key2] = (["1", "2"] as const).map((side): KeyReference => {
    const attribute = `EntityPropertyMapping${side}`;
    const value = mapping.required(attribute);
    const [entityType = "", property = ""] = value.split(":");
    const fail = (reason: string): void =>
      findings.error("CFG_ASSOCIATION_KEY", { attribute, property: value, reason }, mapping.place(attribute));
    const expected = association[`side${side}`].entityType;
    const type = model.entityTypes.get(entityType);
    if (type === undefined || !type.properties.some(({ identifier }) => identifier === property)) return { entityType, property };
    if (entityType !== expected) fail(`Property${side} of ${association.identifier} lives on ${expected}: name a key of that type`);
    const source = declared.of("EntityTypeMapping").get(entityType);
    const mapped = source === undefined ? undefined : mappedProperties(source, type).get(property);
    if (source === undefined) fail(`${entityType} has no EntityTypeMapping, so its resources cannot be found`);
    else if (mapped === undefined) fail(`its EntityTypeMapping gives it no ConnectionColumn, so resources cannot be found by it`);
    else if (!mapped.isPrimaryKey && !mapped.isUniqueKey && !mapped.isKey)
      fail("it is no key: set IsUniqueKey on it in the EntityTypeMapping");
    return { entityType, property };
  });
  if (resolved === null || key1 === undefined || key2 === undefined) return null;
  return {
    identifier: association.identifier,
    connector,
    ...resolved,
    column1: mapping.required("Column1"),
    column2: mapping.required("Column2"),
    key1,
    key2,
    limits,
  };
};

/**
 * An association is mapped once: the mapping's identifier is the association's (connectors §1.8), and names the file that carries its links. Where
 * a mono-valued side is kept in a column, a second source would also overwrite what the first wrote.
 */
const checkAssociationTwice = (mappings: readonly ConfigurationElement[], association: EntityAssociation, findings: Findings): void => {
  const [first, ...others] = mappings;
  if (first === undefined) return;
  const kept = [association.side1, association.side2].find(({ slot }) => slot !== null);
  const reason =
    kept === undefined
      ? "both would write the same file of links; remove one mapping, or give its links an association of their own"
      : `${kept.entityType}:${kept.property} keeps one link in its own row, two sources would overwrite each other; remove one mapping`;
  for (const mapping of others) {
    const parameters = { association: association.identifier, first: placeText(first.place()), reason };
    findings.error("CFG_ASSOCIATION_MAPPING_TWICE", parameters, mapping.place("Identifier"));
  }
};

export interface Mappings {
  readonly entityTypes: readonly EntityTypeMapping[];
  readonly associations: readonly AssociationMapping[];
}

/** Checks and compiles all mappings (connectors §1.7, §1.8), in document order. */
export const compileMappings = (declared: Declared, model: EntityModel, findings: Findings): Mappings => {
  const associationMappings = declared.named("EntityAssociationMapping");
  const lookups = new Set(
    associationMappings.flatMap((mapping) => [mapping.required("EntityPropertyMapping1"), mapping.required("EntityPropertyMapping2")]),
  );
  const entityTypes: EntityTypeMapping[] = [];
  for (const mapping of declared.of("EntityTypeMapping").values()) {
    const entityType = model.entityTypes.get(mapping.required("Identifier"));
    if (entityType === undefined) continue;
    const compiled = compileEntityTypeMapping(mapping, entityType, lookups, declared, findings);
    if (compiled !== null) entityTypes.push(compiled);
  }
  const associations: AssociationMapping[] = [];
  const byAssociation = new Map<string, ConfigurationElement[]>();
  for (const mapping of associationMappings) {
    const identifier = mapping.required("Identifier");
    byAssociation.set(identifier, [...(byAssociation.get(identifier) ?? []), mapping]);
  }
  for (const [identifier, mappings] of byAssociation) {
    const association = model.associations.get(identifier);
    if (association === undefined) continue;
    checkAssociationTwice(mappings, association, findings);
    for (const mapping of mappings) {
      const compiled = compileAssociationMapping(mapping, association, model, declared, findings);
      if (compiled !== null) associations.push(compiled);
    }
  }
  return { entityTypes, associations };
};
