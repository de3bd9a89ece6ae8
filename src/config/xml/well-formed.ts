import { SluiceError } from "../../errors/index.js";
import { nameAt, skipBlanks } from "./name.js";
import { positionOf, type SourceText } from "./source.js";

/** Deepest nesting. Documented elements nest four deep; the parser's own limit is 100. */
const maximumDepth = 64;
/** Attributes of one element: four families of 128 dimensions and the plain ones stay below it. */
const maximumAttributes = 640;
/** Characters of one attribute value. Mail templates and expressions are the longest, some tens of thousands. */
const maximumValue = 1_048_576;
/** Characters of one start tag: the sixteen languages of a long mail template. The parser takes some 40 bytes for each while it reads one. */
const maximumTag = 2_097_152;
/** Elements of one file: 40,000 jobs of five tasks. They take up to a gigabyte once they are compiled; more belongs into several files. */
const maximumElements = 200_000;

/** Characters of text outside tags in one file, blanks included. Elements hold none but indentation, and the parser is slow with it. */
const maximumText = 8_388_608;

const xmlNamespace = "http://www.w3.org/XML/1998/namespace";
const illegalCharacter = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/u;
const reference = /&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot|apos));/y;

/** What stands between `<?xml` and `?>`. */
const declaration =
  /^[ \t\n]+version[ \t\n]*=[ \t\n]*(["'])1\.\d+\1([ \t\n]+encoding[ \t\n]*=[ \t\n]*(["'])[A-Za-z][\w.-]*\3)?([ \t\n]+standalone[ \t\n]*=[ \t\n]*(["'])(yes|no)\5)?[ \t\n]*$/;

const isCharacter = (code: number): boolean =>
  code === 9 ||
  code === 10 ||
  code === 13 ||
  (code >= 0x20 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd) ||
  (code >= 0x10000 && code <= 0x10ffff);

interface OpenElement {
  readonly name: string;
  readonly offset: number;
  /** Prefixes bound here and above. */
  readonly prefixes: ReadonlySet<string>;
}

/**
 * Checks that a file is one well-formed XML document, in one pass, in memory that does not grow with it, and within bounds.
 * fast-xml-parser and its validator let raw `&` and `<` in attributes, a second root, text after the root, undefined entities,
 * control characters and unbound prefixes through; nothing of that gets past here. DOCTYPE is refused (design §7.8).
 * Throws CFG_XML_SYNTAX, CFG_XML_DOCTYPE, CFG_XML_LIMIT with the place.
 */
export const assertWellFormed = (source: SourceText): void => {
  const { text, file } = source;
  const place = (offset: number) => ({ place: { file, ...positionOf(source, offset) } });
  const syntax = (reason: string, offset: number): SluiceError => new SluiceError("CFG_XML_SYNTAX", { reason }, place(offset));
  const limit = (what: string, maximum: number, offset: number): SluiceError =>
    new SluiceError("CFG_XML_LIMIT", { what, limit: maximum }, place(offset));

  const illegal = illegalCharacter.exec(text);
  if (illegal !== null) {
    const code = (illegal[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    throw syntax(`the character U+${code} is not allowed in XML`, illegal.index);
  }

  /** Works on the cut-out piece: a search in the whole text would read on to the end of the file each time. */
  const checkReferences = (from: number, to: number): void => {
    const piece = text.slice(from, to);
    for (let at = piece.indexOf("&"); at !== -1; at = piece.indexOf("&", at + 1)) {
      reference.lastIndex = at;
      const found = reference.exec(piece);
      if (found === null) {
        const entity = /^&([A-Za-z_][\w.-]{0,40});/.exec(piece.slice(at, at + 50))?.[1];
        throw syntax(entity === undefined ? "a bare & must be written &amp;" : `the entity &${entity}; is not defined`, from + at);
      }
      const code = found[1] !== undefined ? Number(found[1]) : found[2] !== undefined ? Number.parseInt(found[2], 16) : 0x20;
      if (!isCharacter(code)) throw syntax(`${found[0]} names no character that XML allows`, from + at);
    }
  };

  const open: OpenElement[] = [];
  let hasRoot = false;
  let elements = 0;
  let characters = 0;

  /** Reads a start tag whose `<` stands at `tag`; gives the offset after `>`. */
  const startTag = (tag: number): number => {
    const name = nameAt(text, tag + 1);
    if (name === null) throw syntax("a bare < must be written &lt;", tag);
    if (open.length === 0 && hasRoot) throw syntax(`a file holds one root element: <${name}> is a second one`, tag);
    hasRoot = true;
    if (++elements > maximumElements) throw limit("elements in one file", maximumElements, tag);
    if (open.length >= maximumDepth) throw limit("levels of nesting", maximumDepth, tag);
    const names = new Map<string, number>();
    let prefixes = open.at(-1)?.prefixes ?? new Set(["xml"]);
    let at = tag + 1 + name.length;
    for (;;) {
      const next = skipBlanks(text, at);
      const character = text[next];
      if (character === undefined) throw syntax(`<${name}> is not closed with >`, tag);
      if (character === ">" || character === "/") {
        at = next;
        break;
      }
      const attribute = nameAt(text, next);
      if (attribute === null) throw syntax(`<${name}> holds ${JSON.stringify(character)} where an attribute or > should stand`, next);
      if (next === at) throw syntax(`a blank is missing before the attribute ${attribute}`, next);
      if (names.has(attribute)) throw syntax(`the attribute ${attribute} stands twice in <${name}>`, next);
      names.set(attribute, next);
      if (names.size > maximumAttributes) throw limit("attributes in one element", maximumAttributes, next);
      const equals = skipBlanks(text, next + attribute.length);
      if (text[equals] !== "=") throw syntax(`the attribute ${attribute} has no value: write ${attribute}="..."`, next);
      const quote = skipBlanks(text, equals + 1);
      const mark = text[quote];
      if (mark !== '"' && mark !== "'") throw syntax(`the value of ${attribute} must stand in quotes`, quote);
      const end = text.indexOf(mark, quote + 1);
      if (end === -1) throw syntax(`the value of ${attribute} has no closing quote`, quote);
      if (end - quote - 1 > maximumValue) throw limit(`characters in the value of ${attribute}`, maximumValue, quote);
      const less = text.slice(quote + 1, end).indexOf("<");
      if (less !== -1) {
        throw syntax(`< in the value of ${attribute} must be written &lt; (or a closing quote is missing)`, quote + 1 + less);
      }
      if (end - tag > maximumTag) throw limit("characters in one start tag", maximumTag, quote);
      checkReferences(quote + 1, end);
      if (attribute.startsWith("xmlns:")) {
        const value = text.slice(quote + 1, end);
        if (value === "") throw syntax(`${attribute} must name a namespace`, next);
        if (attribute === "xmlns:xml" && value !== xmlNamespace) throw syntax("the prefix xml cannot be bound to another namespace", next);
        if (attribute === "xmlns:xmlns") throw syntax("the prefix xmlns cannot be declared", next);
        prefixes = new Set(prefixes).add(attribute.slice(6));
      }
      at = end + 1;
    }
    for (const [candidate, offset] of [[name, tag] as const, ...names]) {
      const parts = candidate.split(":");
      if (parts.length === 1 || (parts[0] === "xmlns" && offset !== tag)) continue;
      if (parts.length > 2 || parts[0] === "" || parts[1] === "") throw syntax(`${candidate} is no valid name`, offset);
      if (!prefixes.has(parts[0] ?? "")) throw syntax(`the prefix of ${candidate} is not bound: declare xmlns:${parts[0]}`, offset);
    }
    if (text[at] === "/") {
      if (text[at + 1] !== ">") throw syntax(`/ must be followed by > in <${name}>`, at);
      return at + 2;
    }
    open.push({ name, offset: tag, prefixes });
    return at + 1;
  };

  const endTag = (tag: number): number => {
    const name = nameAt(text, tag + 2);
    const opened = open.pop();
    if (name === null) throw syntax("</ must be followed by a name", tag);
    if (opened === undefined) throw syntax(`</${name}> closes an element that is not open`, tag);
    if (opened.name !== name) {
      throw syntax(`<${opened.name}> of line ${positionOf(source, opened.offset).line} is not closed: found </${name}>`, tag);
    }
    const end = skipBlanks(text, tag + 2 + name.length);
    if (text[end] !== ">") throw syntax(`</${name} must end with >`, tag);
    return end + 1;
  };

  const until = (mark: string, from: number, what: string, offset: number): number => {
    const end = text.indexOf(mark, from);
    if (end === -1) throw syntax(`${what} is not closed with ${mark}`, offset);
    return end;
  };

  let at = 0;
  while (at < text.length) {
    const markup = text.indexOf("<", at);
    const textEnd = markup === -1 ? text.length : markup;
    if (textEnd > at) {
      characters += textEnd - at;
      if (characters > maximumText) throw limit("characters of text in one file", maximumText, at);
      if (open.length === 0) {
        const junk = skipBlanks(text, at);
        if (junk < textEnd) throw syntax(hasRoot ? "text after the root element" : "text before the root element", junk);
      } else {
        checkReferences(at, textEnd);
        const close = text.slice(at, textEnd).indexOf("]]>");
        if (close !== -1) throw syntax("]]> in text must be written ]]&gt;", at + close);
      }
    }
    if (markup === -1) break;
    if (text.startsWith("<!--", markup)) {
      const end = until("--", markup + 4, "a comment", markup);
      if (text[end + 2] !== ">") throw syntax("-- is not allowed inside a comment", end);
      at = end + 3;
    } else if (text.startsWith("<![CDATA[", markup)) {
      if (open.length === 0) throw syntax("text outside the root element", markup);
      at = until("]]>", markup + 9, "a CDATA section", markup) + 3;
    } else if (text.startsWith("<!", markup)) {
      if (/^<!DOCTYPE/i.test(text.slice(markup, markup + 9))) throw new SluiceError("CFG_XML_DOCTYPE", {}, place(markup));
      throw syntax("<! starts neither a comment nor CDATA", markup);
    } else if (text.startsWith("<?", markup)) {
      const target = nameAt(text, markup + 2);
      if (target === null) throw syntax("<? must be followed by a name", markup);
      if (target.toLowerCase() === "xml" && markup !== 0) throw syntax("the XML declaration must be the first thing in the file", markup);
      const end = until("?>", markup + 2, `<?${target}`, markup);
      const content = text.slice(markup + 2 + target.length, end);
      if (content !== "" && !/^[ \t\n]/.test(content)) throw syntax(`a blank is missing after <?${target}`, markup);
      if (target.includes(":")) throw syntax(`<?${target} is no valid name`, markup);
      if (target === "xml" && !declaration.test(content)) {
        throw syntax('the XML declaration must be written <?xml version="1.0" encoding="utf-8"?>', markup);
      }
      at = end + 2;
    } else if (text[markup + 1] === "/") {
      at = endTag(markup);
    } else {
      at = startTag(markup);
    }
  }
  const unclosed = open.at(-1);
  if (unclosed !== undefined) throw syntax(`<${unclosed.name}> is not closed`, unclosed.offset);
  if (!hasRoot) throw syntax("the file holds no element", 0);
};
