import { EntityDecoder } from "@nodable/entities";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { SluiceError } from "../../errors/index.js";
import type { XmlElement } from "./element.js";
import { decodeXml } from "./encoding.js";
import type { SourceText } from "./source.js";
import { assertWellFormed } from "./well-formed.js";

const metadata = XMLParser.getMetaDataSymbol() as symbol;

/** Values stay text ("007" is a number of an employee, not 7) and raw: entities are decoded here, after blanks were normalised. */
const parser = new XMLParser({
  preserveOrder: true,
  captureMetaData: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  processEntities: false,
  trimValues: false,
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  cdataPropName: "#cdata",
});
const decoder = new EntityDecoder();

/** XML 1.0 §3.3.3: a line break or tab written as such is a blank; written as `&#10;` it stays. */
const attributeValue = (raw: string): string => {
  const normalised = raw.replace(/[\t\n]/g, " ");
  return normalised.includes("&") ? decoder.decode(normalised) : normalised;
};

type Node = Readonly<Record<string | symbol, unknown>>;

const isNodes = (value: unknown): value is readonly Node[] => Array.isArray(value);

const attributesOf = (node: Node): Readonly<Record<string, string>> => (node[":@"] ?? {}) as Readonly<Record<string, string>>;

type Scope = ReadonlyMap<string, string>;

/** Prefix → namespace as of this element; the prefix "" is the default namespace. */
const scopeOf = (attributes: Readonly<Record<string, string>>, outer: Scope): Scope => {
  let scope: Map<string, string> | null = null;
  for (const [name, value] of Object.entries(attributes)) {
    if (name !== "xmlns" && !name.startsWith("xmlns:")) continue;
    scope ??= new Map(outer);
    scope.set(name === "xmlns" ? "" : name.slice(6), attributeValue(value));
  }
  return scope ?? outer;
};

/** Elements keep those attributes that are not about namespaces, schemas or `xml:` itself. */
const isPlain = (name: string): boolean => name !== "xmlns" && !name.includes(":");

const elementsOf = (nodes: readonly Node[], source: SourceText, outer: Scope): { elements: XmlElement[]; text: string | null } => {
  const elements: XmlElement[] = [];
  let text: string | null = null;
  for (const node of nodes) {
    const name = Object.keys(node).find((key) => key !== ":@");
    if (name === undefined) continue;
    const content = node[name];
    if (name === "#text" || name === "#cdata") {
      const words = (name === "#text" ? String(content) : isNodes(content) ? String(content[0]?.["#text"] ?? "") : "").trim();
      if (words !== "") text ??= words.slice(0, 40);
      continue;
    }
    const raw = attributesOf(node);
    const scope = scopeOf(raw, outer);
    const [prefix, local] = name.includes(":") ? [name.slice(0, name.indexOf(":")), name.slice(name.indexOf(":") + 1)] : ["", name];
    const attributes = new Map<string, string>();
    for (const [key, value] of Object.entries(raw)) if (isPlain(key)) attributes.set(key, attributeValue(value));
    const inner = elementsOf(isNodes(content) ? content : [], source, scope);
    const place = node[metadata] as { readonly startIndex: number };
    const namespace = scope.get(prefix) ?? "";
    elements.push({
      name: local,
      namespace: namespace === "" ? null : namespace,
      attributes,
      children: inner.elements,
      text: inner.text,
      source,
      offset: place.startIndex,
    });
  }
  return { elements, text };
};

/**
 * Takes the bytes of one XML file, gives its root element. Throws CFG_XML_* with the place of what is wrong: only well-formed documents
 * within bounds get through (`well-formed.ts`), whatever the parser would have made of the others.
 */
export const parseXml = (bytes: Buffer, file: string): XmlElement => {
  const source: SourceText = { file, text: decodeXml(bytes, file) };
  assertWellFormed(source);
  const verdict = XMLValidator.validate(source.text);
  if (verdict !== true) {
    const { msg, line, col } = verdict.err;
    throw new SluiceError("CFG_XML_SYNTAX", { reason: msg }, { place: { file, line, column: col } });
  }
  let nodes: unknown;
  try {
    nodes = parser.parse(source.text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SluiceError("CFG_XML_SYNTAX", { reason }, { place: { file, line: 1, column: 1 }, cause });
  }
  const root = isNodes(nodes) ? elementsOf(nodes, source, new Map()).elements[0] : undefined;
  if (root === undefined) {
    throw new SluiceError("CFG_XML_SYNTAX", { reason: "the file holds no element" }, { place: { file, line: 1, column: 1 } });
  }
  return root;
};
