import { nameAt, skipBlanks } from "./name.js";
import { positionOf, type SourceText } from "./source.js";

/** One element as written: names and values are text, nothing is interpreted yet. */
export interface XmlElement {
  /** Without prefix. */
  readonly name: string;
  /** Namespace it is in; null: none. */
  readonly namespace: string | null;
  /** In document order, decoded, without namespace declarations and `xsi:` attributes. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** First text between its children that is not blank, cut to 40 characters; null without. */
  readonly text: string | null;
  readonly source: SourceText;
  /** Offset of `<`. */
  readonly offset: number;
}

/** Where an element, or one of its attributes, stands. The attribute is found by reading the start tag again: only findings need it. */
export const placeOf = (
  element: XmlElement,
  attribute?: string,
): { readonly file: string; readonly line: number; readonly column: number } => {
  const { source, offset } = element;
  const found = attribute === undefined ? null : attributeOffset(source.text, offset, attribute);
  return { file: source.file, ...positionOf(source, found ?? offset) };
};

const attributeOffset = (text: string, tag: number, wanted: string): number | null => {
  let at = tag + 1 + (nameAt(text, tag + 1)?.length ?? 0);
  for (;;) {
    at = skipBlanks(text, at);
    const name = nameAt(text, at);
    if (name === null) return null;
    if (name === wanted) return at;
    const quote = skipBlanks(text, skipBlanks(text, at + name.length) + 1);
    const end = text.indexOf(text[quote] ?? '"', quote + 1);
    if (end === -1) return null;
    at = end + 1;
  }
};
