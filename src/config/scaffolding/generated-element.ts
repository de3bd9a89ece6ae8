import type { ConfigurationElement } from "../element.js";
import type { XmlElement } from "../xml/element.js";

/** null and false: not written. */
export type GeneratedValue = string | number | boolean | null;

/**
 * An element as somebody would have written it, at the place of what it is made of: it is then checked and compiled like any other, and what is said of it
 * names the scaffolding's file and line.
 */
export const generatedElement = (
  name: string,
  attributes: Readonly<Record<string, GeneratedValue>>,
  children: readonly XmlElement[],
  of: ConfigurationElement,
): XmlElement => ({
  name,
  namespace: null,
  attributes: new Map(
    Object.entries(attributes).flatMap(([key, value]) => (value === null || value === false ? [] : [[key, String(value)] as const])),
  ),
  children,
  text: null,
  source: of.xml.source,
  offset: of.xml.offset,
});
