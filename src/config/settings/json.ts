import { SluiceError } from "../../errors/index.js";
import { positionOf, type SourceText } from "../xml/source.js";

/** A JSON value and where it stands. Members keep their order and spelling. */
export type JsonNode =
  | { readonly kind: "object"; readonly offset: number; readonly members: readonly JsonMember[] }
  | { readonly kind: "list"; readonly offset: number; readonly items: readonly JsonNode[] }
  | { readonly kind: "scalar"; readonly offset: number; readonly value: string | number | boolean | null };

interface JsonMember {
  readonly key: string;
  /** Of the key. */
  readonly offset: number;
  readonly value: JsonNode;
}

/** Settings nest five deep; .NET stops at 64. */
const maximumDepth = 64;

const blanks = /(?:[\s\uFEFF]+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const stringLiteral = /"(?:[^"\\\u0000-\u001F]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/y;
const otherLiteral = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Reads JSON as .NET reads settings: comments and trailing commas are allowed (design §3). Gives the places of keys, which the built-in
 * parser does not. Throws CFG_SETTINGS_SYNTAX with the place.
 */
export const parseSettingsJson = (source: SourceText): JsonNode => {
  const { text } = source;
  let at = 0;

  const fail = (reason: string): never => {
    throw new SluiceError("CFG_SETTINGS_SYNTAX", { reason }, { place: { file: source.file, ...positionOf(source, at) } });
  };
  const skip = (): void => {
    blanks.lastIndex = at;
    blanks.exec(text);
    at = blanks.lastIndex;
    if (text.startsWith("/*", at)) fail("the comment is not closed");
  };
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  };
  const described = (): string => (at >= text.length ? "the end of the file" : JSON.stringify(text[at]));

  const quoted = (): string => {
    const found = take(stringLiteral) ?? fail("a text in quotes is not closed or holds a bare \\: write \\\\ for it");
    return JSON.parse(found) as string;
  };

  const members = (depth: number): JsonMember[] => {
    const found: JsonMember[] = [];
    for (;;) {
      skip();
      if (text[at] === "}") break;
      if (text[at] !== '"') fail(`a key in quotes is missing (found ${described()})`);
      const offset = at;
      const key = quoted();
      skip();
      if (text[at] !== ":") fail(`: is missing after ${JSON.stringify(key)}`);
      at++;
      found.push({ key, offset, value: node(depth + 1) });
      skip();
      if (text[at] === ",") at++;
      else if (text[at] !== "}") fail(`, or } is missing (found ${described()})`);
    }
    at++;
    return found;
  };

  const items = (depth: number): JsonNode[] => {
    const found: JsonNode[] = [];
    for (;;) {
      skip();
      if (text[at] === "]") break;
      found.push(node(depth + 1));
      skip();
      if (text[at] === ",") at++;
      else if (text[at] !== "]") fail(`, or ] is missing (found ${described()})`);
    }
    at++;
    return found;
  };

  const node = (depth: number): JsonNode => {
    skip();
    const offset = at;
    if (depth > maximumDepth) fail(`more than ${maximumDepth} levels of nesting`);
    if (text[at] === "{") {
      at++;
      return { kind: "object", offset, members: members(depth) };
    }
    if (text[at] === "[") {
      at++;
      return { kind: "list", offset, items: items(depth) };
    }
    if (text[at] === '"') return { kind: "scalar", offset, value: quoted() };
    const literal = take(otherLiteral) ?? fail(`a value is missing (found ${described()})`);
    return { kind: "scalar", offset, value: JSON.parse(literal) as number | boolean | null };
  };

  const root = node(0);
  skip();
  if (at < text.length) fail(`nothing may follow the settings (found ${described()})`);
  return root;
};
