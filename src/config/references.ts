import { familyMembers, findAttribute } from "./catalogue/index.js";
import { type Declared, kindName } from "./declared.js";
import type { ConfigurationElement } from "./element.js";
import type { Findings } from "./findings.js";
import { nearestName } from "./nearest.js";

/** connectors §1.5: every type has these without declaring them. */
const implicitProperties = ["Id", "InternalDisplayName"];

/** Properties by entity type, as declared. */
export type PropertyTable = ReadonlyMap<string, ReadonlyMap<string, ConfigurationElement>>;

export const propertyTable = (declared: Declared): PropertyTable =>
  new Map(
    [...declared.of("EntityType")].map(([identifier, element]) => [
      identifier,
      new Map(element.all("Property").map((property) => [property.required("Identifier"), property])),
    ]),
  );

/**
 * jobs-and-tasks §5.4: tasks that belong to a connector's screen name only their connector; agent and mode come at launch. They stand at
 * the root as `<Connector>_Connector<Name>`, or are run by a job with IsConnectorJob.
 */
const isConnectorTask = (element: ConfigurationElement): boolean =>
  element.definition.side !== null &&
  (element.parent === null
    ? element.string("Identifier")?.startsWith(`${element.string("Connector") ?? ""}_Connector`) === true
    : element.parent.boolean("IsConnectorJob"));

const isRelaxed = (element: ConfigurationElement, name: string): boolean => {
  if (element.name === "TaskEntityType" && name === "EntityType") return element.has("Identifier");
  if (element.name === "PrepareSynchronizationTask" && name === "SynchronizationMode" && element.string("Type") === "Changes") return true;
  return ["Agent", "OpenIdClient", "SynchronizationMode"].includes(name) && isConnectorTask(element);
};

/** Adds a finding for every required attribute that is absent. */
export const checkRequired = (declared: Declared, findings: Findings): void => {
  for (const element of declared.all) {
    for (const attribute of element.definition.attributes) {
      if (!attribute.required) continue;
      const name = attribute.family === null ? attribute.name : `${attribute.name}${familyMembers(attribute.family)[0]}`;
      if (element.has(name) || element.isRefused(name) || isRelaxed(element, name)) continue;
      findings.error("CFG_ATTRIBUTE_MISSING", { attribute: name, element: element.title }, element.place());
    }
  }
};

/** The entity type that an attribute of the element (`^`: of its parent) names, through a resource type where it names that. */
const entityTypeOf = (element: ConfigurationElement, of: string, declared: Declared): string | null => {
  const holder = of.startsWith("^") ? element.parent : element;
  const attribute = of.replace("^", "");
  const value = holder?.string(attribute) ?? null;
  const type = holder?.definition.attributes.find(({ name }) => name === attribute)?.type;
  if (value === null || type?.kind !== "reference" || !type.to.includes("ResourceType")) return value;
  return declared.of("ResourceType").get(value)?.string("TargetEntityType") ?? null;
};

/** Names looked through for a near one: more would take longer than anybody waits for a suggestion. */
const maximumCandidates = 10_000;

class ReferenceCheck {
  readonly #declared: Declared;
  readonly #properties: PropertyTable;
  readonly #findings: Findings;
  /** Kinds that a scaffolding makes elements of: what is not declared may be theirs. */
  readonly #scaffolded: ReadonlySet<string>;
  /** Navigation → entity type on the other side, as `Type:Property`. */
  readonly #targets: ReadonlyMap<string, string>;
  readonly #openIdClients: ReadonlySet<string>;

  constructor(declared: Declared, properties: PropertyTable, openIdClients: readonly string[], findings: Findings) {
    this.#declared = declared;
    this.#properties = properties;
    this.#findings = findings;
    this.#scaffolded = new Set(declared.all.flatMap(({ definition }) => definition.creates));
    this.#openIdClients = new Set(openIdClients);
    const targets = new Map<string, string>();
    for (const association of declared.of("EntityAssociation").values()) {
      const [one, two] = [association.required("Property1"), association.required("Property2")];
      targets.set(one, two.split(":")[0] ?? "");
      targets.set(two, one.split(":")[0] ?? "");
    }
    this.#targets = targets;
  }

  check(element: ConfigurationElement): void {
    for (const [name, value] of element.given) {
      const type = findAttribute(element.definition, name)?.definition.type;
      if (type === undefined || typeof value !== "string") continue;
      if (type.kind === "reference") this.#reference(element, name, value, type.to, type.soft);
      else if (type.kind === "property") this.#property(element, name, value, type.of);
      else if (type.kind === "binding") this.#binding(element, name, value);
    }
  }

  #reference(element: ConfigurationElement, attribute: string, value: string, kinds: readonly string[], isSoft: boolean): void {
    const tables = kinds.map((kind) => this.#declared.of(kind));
    if (tables.some((table) => table.has(value))) return;
    const candidates = tables.flatMap((table) => [...table.keys()]).slice(0, maximumCandidates);
    const kind = kindName(kinds[0] ?? "");
    const nearest = this.#findings.isFull ? null : nearestName(value, candidates);
    const parameters = { attribute, element: element.title, kind, value, nearest };
    if (isSoft) {
      // Agents and clients may be known to the settings, or to another deployment, only: worth a word where the configuration declares some.
      if (candidates.length === 0 || (kinds.includes("OpenIdClient") && this.#openIdClients.has(value.toLowerCase()))) return;
      this.#findings.warn("CFG_REFERENCE", parameters, element.place(attribute));
    } else if (kinds.some((name) => this.#scaffolded.has(name))) {
      if (parameters.nearest !== null) this.#findings.warn("CFG_REFERENCE", parameters, element.place(attribute));
    } else {
      this.#findings.error("CFG_REFERENCE", parameters, element.place(attribute));
    }
  }

  #property(element: ConfigurationElement, attribute: string, value: string, of: string | null): void {
    const colon = value.indexOf(":");
    const owner = of === null ? null : entityTypeOf(element, of, this.#declared);
    const entityType = colon === -1 ? owner : value.slice(0, colon);
    if (entityType === null || (of === null && colon === -1)) {
      if (of === null) this.#findings.error("CFG_PROPERTY_FORM", { attribute, element: element.title, value }, element.place(attribute));
      return;
    }
    if (colon !== -1) this.#reference(element, attribute, entityType, ["EntityType"], false);
    this.#step(element, attribute, value, entityType, value.slice(colon + 1));
  }

  /** Checks one property of one type; false when it is not there. */
  #step(element: ConfigurationElement, attribute: string, value: string, entityType: string, property: string): boolean {
    const properties = this.#properties.get(entityType);
    if (properties === undefined || properties.has(property) || implicitProperties.includes(property)) return true;
    const isHardCoded = this.#declared.of("EntityType").get(entityType)?.has("TableName") === true;
    if (isHardCoded || this.#scaffolded.has("Property")) return false;
    const nearest = nearestName(property, properties.keys());
    this.#findings.error("CFG_PROPERTY", { attribute, element: element.title, value, entityType, nearest }, element.place(attribute));
    return false;
  }

  /** role-model §4: `Type:A.B`, the type optional and repeated after inherited types; followed as far as the model tells. */
  #binding(element: ConfigurationElement, attribute: string, value: string): void {
    if (!/^[A-Za-z_]\w*:/.test(value)) return;
    let entityType: string | undefined;
    for (const part of value.split(".")) {
      const [left = "", right] = part.split(":");
      const property = right ?? left;
      if (right !== undefined) entityType = left;
      if (entityType === undefined || !this.#properties.has(entityType)) {
        entityType = undefined;
        continue;
      }
      if (!this.#step(element, attribute, value, entityType, property)) return;
      entityType = this.#targets.get(`${entityType}:${property}`);
    }
  }
}

/** Adds a finding for every attribute that names something which is not declared, with the nearest name. */
export const checkReferences = (
  declared: Declared,
  properties: PropertyTable,
  openIdClients: readonly string[],
  findings: Findings,
): void => {
  const check = new ReferenceCheck(declared, properties, openIdClients, findings);
  // What a scaffolding makes names what is there, or what its arguments name, of which it is said already.
  for (const element of declared.all) if (element.scaffolding === null) check.check(element);
};
