/** What a reader is told; names without their namespace prefix. */
export interface XmlHandler {
  open(name: string, attributes: XmlAttributes): void;
  /** Text of the element that is open, in as many pieces as comments and sections cut it. */
  text(text: string): void;
  close(name: string): void;
}

/** What is wrong with XML, for people. */
export class XmlProblem extends Error {}

/** Longest piece between two tags, and longest tag: a cell holds 32,767 characters, six times as many when all are escaped. */
const maximumToken = 4 * 1024 * 1024;
/** Elements within each other; a sheet has some ten. */
const maximumDepth = 100;

const blank = 0x20;
const lessThan = 0x3c;
const greaterThan = 0x3e;

/** Attributes of one tag, cut when one is asked for. */
export class XmlAttributes {
  constructor(private readonly tag: string) {}

  /** Value by name without prefix, as far as no other attribute has the same; null where it is absent. */
  get(wanted: string): string | null {
    const { tag } = this;
    for (let at = 0; ; ) {
      const equals = tag.indexOf("=", at);
      if (equals < 0) return null;
      let nameEnd = equals;
      while (nameEnd > at && tag.charCodeAt(nameEnd - 1) <= blank) nameEnd--;
      let start = equals + 1;
      while (tag.charCodeAt(start) <= blank) start++;
      const quote = tag[start];
      if (quote !== '"' && quote !== "'") throw new XmlProblem("a value of an attribute has no quotes");
      const end = tag.indexOf(quote, start + 1);
      if (end < 0) throw new XmlProblem("a value of an attribute is not closed");
      const before = nameEnd - wanted.length - 1;
      // Behind a blank, or a prefix.
      const isWanted = before >= at && tag.startsWith(wanted, before + 1) && (tag.charCodeAt(before) <= blank || tag[before] === ":");
      if (isWanted) return unescaped(tag.slice(start + 1, end));
      at = end + 1;
    }
  }
}

/**
 * Reads XML as it comes, in blocks of bytes (UTF-8, or UTF-16 with a byte order mark), and keeps nothing but what is open. A document type,
 * an unknown entity, tags that do not match and an end before the last one are errors.
 */
export class XmlReader {
  private decoder: InstanceType<typeof TextDecoder> | null = null;
  private pending = "";
  private readonly openNames: string[] = [];
  private hasRoot = false;

  constructor(private readonly handler: XmlHandler) {}

  /** @throws XmlProblem */
  write(block: Uint8Array): void {
    this.decoder ??= decoderOf(block);
    this.pending += this.decoded(block, true);
    this.scan();
    if (this.pending.length > maximumToken) throw new XmlProblem(`a text or tag is longer than ${maximumToken} characters`);
  }

  /** @throws XmlProblem */
  end(): void {
    this.pending += this.decoded(new Uint8Array(0), false);
    this.scan();
    if (!this.hasRoot || this.openNames.length > 0 || this.pending.trim() !== "") throw new XmlProblem("its text ends too early");
  }

  private decoded(block: Uint8Array, stream: boolean): string {
    try {
      return this.decoder?.decode(block, { stream }) ?? "";
    } catch {
      throw new XmlProblem("it holds bytes that are no text");
    }
  }

  /** Tells all that is whole. */
  private scan(): void {
    const text = this.pending;
    let at = 0;
    for (;;) {
      const start = text.indexOf("<", at);
      if (start < 0) break;
      const end = this.tokenEnd(text, start);
      if (end === null) break;
      if (start > at && this.openNames.length > 0) this.handler.text(unescaped(text.slice(at, start)));
      this.take(text, start, end);
      at = end;
    }
    if (at > 0) this.pending = text.slice(at);
  }

  /** Place behind the token that starts with a `<`; null where it does not end here. */
  private tokenEnd(text: string, start: number): number | null {
    const next = text.charCodeAt(start + 1);
    if (Number.isNaN(next)) return null;
    if (next === 0x3f) return behind(text, "?>", start);
    if (next === 0x21) {
      const opening = text.slice(start, start + 9);
      if (opening.startsWith("<!--")) return behind(text, "-->", start + 4);
      if (opening === "<![CDATA[") return behind(text, "]]>", start);
      if (opening.length < 9) return null;
      throw new XmlProblem("it has a document type");
    }
    let quote = 0;
    for (let at = start + 1; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (quote !== 0) {
        if (unit === quote) quote = 0;
      } else if (unit === 0x22 || unit === 0x27) quote = unit;
      else if (unit === greaterThan) return at + 1;
      else if (unit === lessThan) throw new XmlProblem("a tag is not closed");
    }
    return null;
  }

  private take(text: string, start: number, end: number): void {
    const next = text.charCodeAt(start + 1);
    if (next === 0x3f) return;
    if (next === 0x21) {
      if (text.startsWith("<![CDATA[", start) && this.openNames.length > 0) this.handler.text(text.slice(start + 9, end - 3));
      return;
    }
    if (next === 0x2f) {
      this.closeElement(text.slice(start + 2, end - 1).trimEnd());
      return;
    }
    const isEmpty = text.charCodeAt(end - 2) === 0x2f;
    let nameEnd = start + 1;
    const tagEnd = isEmpty ? end - 2 : end - 1;
    while (nameEnd < tagEnd && text.charCodeAt(nameEnd) > blank) nameEnd++;
    const name = text.slice(start + 1, nameEnd);
    if (this.openNames.length === 0 && this.hasRoot) throw new XmlProblem("something stands behind its end");
    if (this.openNames.length === maximumDepth) throw new XmlProblem(`more than ${maximumDepth} elements stand within each other`);
    this.hasRoot = true;
    this.openNames.push(name);
    this.handler.open(local(name), new XmlAttributes(text.slice(nameEnd, tagEnd)));
    if (isEmpty) this.closeElement(name);
  }

  private closeElement(name: string): void {
    const open = this.openNames.pop();
    if (open !== name) throw new XmlProblem(`the tag ${open ?? "of nothing"} is closed by ${name}`);
    this.handler.close(local(name));
  }
}

const decoderOf = (first: Uint8Array): InstanceType<typeof TextDecoder> => {
  const isWide = (first[0] === 0xff && first[1] === 0xfe) || (first[0] === 0xfe && first[1] === 0xff);
  return new TextDecoder(!isWide ? "utf-8" : first[0] === 0xff ? "utf-16le" : "utf-16be", { fatal: true });
};

const behind = (text: string, ending: string, from: number): number | null => {
  const at = text.indexOf(ending, from);
  return at < 0 ? null : at + ending.length;
};

const local = (name: string): string => {
  const colon = name.indexOf(":");
  return colon < 0 ? name : name.slice(colon + 1);
};

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

const unescaped = (text: string): string => {
  const lines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  if (!lines.includes("&")) return lines;
  return lines.replace(/&([^;&]{0,20})(;?)/g, (_, name: string, end: string) => {
    const code = /^#(?:x([0-9A-Fa-f]{1,6})|(\d{1,7}))$/.exec(name);
    const point = code === null ? null : code[1] === undefined ? Number(code[2]) : Number.parseInt(code[1], 16);
    if (end === ";" && point !== null && point <= 0x10ffff) return String.fromCodePoint(point);
    const character = entities[name];
    if (end !== ";" || character === undefined) throw new XmlProblem(`&${name}${end} is no known character`);
    return character;
  });
};
