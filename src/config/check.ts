import { SluiceError } from "../errors/index.js";
import {
  attributeNames,
  catalogue,
  childrenOf,
  configurationNamespace,
  type ElementDefinition,
  findAttribute,
  rootElements,
  rootName,
} from "./catalogue/index.js";
import { ConfigurationElement } from "./element.js";
import type { Findings } from "./findings.js";
import { nearestName } from "./nearest.js";
import { parseValue } from "./value.js";
import { placeOf, type XmlElement } from "./xml/element.js";

/** Parents that an element name is documented for, for sentences about misplaced ones; null: the name is documented nowhere. */
const documentedParents = (name: string): string | null => {
  const parents = new Set<string>();
  const used = [...catalogue.values()].toSorted((a, b) => Number(b.status === "used") - Number(a.status === "used"));
  for (const definition of used) {
    if (definition.name === name && definition.isRoot) parents.add(rootName);
    if (childrenOf(definition).has(name)) parents.add(definition.name);
  }
  if (parents.size === 0) return null;
  const names = [...parents];
  return names.length > 3 ? `${names.slice(0, 3).join(", ")}, …` : names.join(" or ");
};

const checkAttributes = (element: ConfigurationElement, xml: XmlElement, findings: Findings): void => {
  const { definition } = element;
  for (const [written, text] of xml.attributes) {
    const place = () => placeOf(xml, findings.isFull ? undefined : written);
    const found = findAttribute(definition, written);
    if (found === null) {
      const nearest = findings.isFull ? null : nearestName(written, attributeNames(definition));
      if (nearest === null) findings.warn("CFG_ATTRIBUTE_UNKNOWN", { attribute: written, element: definition.name, nearest }, place());
      else findings.error("CFG_ATTRIBUTE_UNKNOWN", { attribute: written, element: definition.name, nearest }, place());
      continue;
    }
    const isAlias = found.definition.aliases.includes(written);
    if (element.has(found.name)) {
      findings.error("CFG_ATTRIBUTE_TWICE", { attribute: found.name, written, element: definition.name }, place());
      continue;
    }
    if (written !== found.name && !isAlias) {
      findings.warn("CFG_ATTRIBUTE_CASE", { attribute: found.name, written, element: definition.name }, place());
    }
    const parsed = parseValue(found.definition, text);
    if ("problem" in parsed) {
      element.refuse(found.name);
      findings.error("CFG_VALUE", { attribute: found.name, element: definition.name, value: text, ...parsed.problem }, place());
    } else if (parsed.value !== null) {
      element.set(found.name, parsed.value, written);
    }
  }
};

const checkElement = (
  xml: XmlElement,
  allowed: ReadonlyMap<string, ElementDefinition>,
  parentName: string,
  parent: ConfigurationElement | null,
  findings: Findings,
  accepted: Map<string, number>,
  scaffolding: ConfigurationElement | null = null,
): ConfigurationElement | null => {
  const definition = allowed.get(xml.name);
  if (definition === undefined) {
    const belongs = findings.isFull ? null : documentedParents(xml.name);
    if (belongs !== null) {
      findings.error("CFG_ELEMENT_MISPLACED", { element: xml.name, parent: parentName, belongs }, placeOf(xml));
    } else {
      const others = [...catalogue.values()].map(({ name }) => name);
      const nearest = findings.isFull ? null : (nearestName(xml.name, allowed.keys()) ?? nearestName(xml.name, others));
      findings.error("CFG_ELEMENT_UNKNOWN", { element: xml.name, parent: parentName, nearest }, placeOf(xml));
    }
    return null;
  }
  const element = new ConfigurationElement(definition, xml, parent, scaffolding);
  if (definition.isOpen || (definition.status === "scaffolding" && parent === null)) {
    accepted.set(definition.name, (accepted.get(definition.name) ?? 0) + 1);
  }
  if (definition.isOpen) return element;
  checkAttributes(element, xml, findings);
  if (xml.text !== null) findings.error("CFG_TEXT", { element: definition.name, text: xml.text }, placeOf(xml));
  const children = childrenOf(definition);
  for (const child of xml.children) {
    const checked = checkElement(child, children, definition.name, element, findings, accepted, scaffolding);
    if (checked !== null) element.children.push(checked);
  }
  return element;
};

/**
 * Takes the root element of a file, gives the elements below it that the catalogue knows. Adds a finding for every name and value that
 * is not as the catalogue says; documented elements that Sluice does not use are only counted (design §3).
 */
export const checkDocument = (root: XmlElement, findings: Findings, accepted: Map<string, number>): readonly ConfigurationElement[] => {
  if (root.name !== rootName) {
    findings.thrown(new SluiceError("CFG_ROOT", { found: root.name }), placeOf(root));
    return [];
  }
  if (root.namespace !== null && root.namespace !== configurationNamespace) {
    findings.warn("CFG_NAMESPACE", { namespace: root.namespace }, placeOf(root));
  }
  for (const attribute of root.attributes.keys()) {
    findings.warn("CFG_ATTRIBUTE_UNKNOWN", { attribute, element: rootName, nearest: null }, placeOf(root, attribute));
  }
  if (root.text !== null) findings.error("CFG_TEXT", { element: rootName, text: root.text }, placeOf(root));
  return root.children
    .map((child) => checkElement(child, rootElements, rootName, null, findings, accepted))
    .filter((element) => element !== null);
};

/** Checks root elements that a scaffolding makes as if they were written in its place (jobs-and-tasks §5). */
export const checkGenerated = (
  elements: readonly XmlElement[],
  scaffolding: ConfigurationElement,
  findings: Findings,
): readonly ConfigurationElement[] =>
  elements
    .map((element) => checkElement(element, rootElements, rootName, null, findings, new Map(), scaffolding))
    .filter((element) => element !== null);
