import type { AttributeDefinition, AttributeType } from "./catalogue/index.js";
import { cronProblem } from "./cron.js";
import type { Value } from "./element.js";
import { nearestName } from "./nearest.js";

/** What a value should have been, for the sentence; and the nearest valid one. */
export interface ValueProblem {
  readonly expected: string;
  readonly nearest: string | null;
}

/** connectors §1.11; `concat:` and `bit:` carry arguments. */
const formats = [
  "bool",
  "byte",
  "int16",
  "int32",
  "int64",
  "double",
  "guid",
  "sid",
  "rdn",
  "datetime",
  "1601date",
  "date",
  "bytes",
  "binary",
  "multivaluedtext",
];

/** Greatest Int32. */
const greatest = 2_147_483_647;

const isProblem = (value: Value | ValueProblem): value is ValueProblem => typeof value === "object";

const booleans: Readonly<Record<string, boolean>> = { true: true, false: false, "1": true, "0": false };

const parse = (type: AttributeType, text: string): Value | ValueProblem => {
  switch (type.kind) {
    case "boolean": {
      const value = booleans[text.toLowerCase()];
      return value ?? { expected: "true, false, 1 or 0", nearest: nearestName(text, ["true", "false"]) };
    }
    case "integer": {
      const value = /^[+-]?\d{1,11}$/.test(text) ? Number(text) : Number.NaN;
      if (value >= type.minimum && value <= type.maximum) return value === 0 ? 0 : value;
      const isOpen = type.minimum < -1 && type.maximum === greatest;
      return { expected: isOpen ? "a whole number" : `a whole number from ${type.minimum} to ${type.maximum}`, nearest: null };
    }
    case "double": {
      if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
      return { expected: "a number with a point as decimal sign", nearest: null };
    }
    case "dateTime": {
      if (/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(text) && !Number.isNaN(Date.parse(text)))
        return text;
      return { expected: "a date such as 2030-12-31 or 2030-12-31T18:00:00Z", nearest: null };
    }
    case "enum": {
      const wanted = text.toLowerCase();
      const found = type.values.find(
        ({ name, code, aliases }) =>
          name.toLowerCase() === wanted || String(code) === text || aliases?.some((alias) => alias.toLowerCase() === wanted) === true,
      );
      if (found !== undefined) return found.name;
      const names = type.values.map(({ name, code }) => (code === null ? name : `${name} (${code})`));
      return {
        expected: `one of ${names.join(", ")}`,
        nearest: nearestName(
          text,
          type.values.map(({ name }) => name),
        ),
      };
    }
    case "identifier": {
      const expected = identifierProblem(type.form, text);
      return expected === null ? text : { expected, nearest: null };
    }
    case "table":
      return /[\\/:*?"<>|\u0000-\u001F]|\.\./.test(text) ? { expected: "the name of a file, without folders", nearest: null } : text;
    case "path": {
      const isBelow = !/^([\\/]|[A-Za-z]:)/.test(text) && !text.split(/[\\/]/).includes("..");
      return isBelow ? text : { expected: "a relative path without ..", nearest: null };
    }
    case "format": {
      if (/^(concat:.*|bit:[^:]+:[1-9]\d?)$/i.test(text) || formats.includes(text.toLowerCase())) return text;
      return { expected: `one of ${formats.join(", ")}, concat:<separator>, bit:<property>:<number>`, nearest: nearestName(text, formats) };
    }
    case "cron": {
      const expected = cronProblem(text);
      return expected === null ? text : { expected, nearest: null };
    }
    case "string":
    case "reference":
    case "property":
    case "binding":
    case "expression":
      return text;
  }
};

/** Names that Windows keeps for devices: a file cannot be called so there, whatever its extension. */
const deviceName = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** connectors §1.3: 442 characters is what a key column holds. */
const maximumIdentifier = 442;

/** connectors §1.3 (names become file names and keys of settings), §1.5 (members become columns and names in expressions). */
const identifierProblem = (form: "name" | "member" | "free", text: string): string | null => {
  if (form === "free") return null;
  if (text.length > maximumIdentifier) return `at most ${maximumIdentifier} characters`;
  if (deviceName.test(text)) return "another name: Windows keeps this one for a device";
  if (form === "member")
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text) ? null : "unaccented letters, digits and _, not starting with a digit";
  if (/^[\p{L}_][\p{L}\p{M}\p{N}._-]*$/u.test(text) && !text.includes("..")) return null;
  return "a letter followed by letters, digits, . - or _";
};

/**
 * Takes an attribute's text, gives its value: enums by canonical name, booleans and numbers as such (jobs-and-tasks §1: booleans
 * `true/false/1/0`, enums by name or number, any case). Null for empty text where the type is text: that is as if it were not written.
 */
export const parseValue = (
  definition: AttributeDefinition,
  text: string,
): { readonly value: Value | null } | { readonly problem: ValueProblem } => {
  const { kind } = definition.type;
  const isText = kind === "string" || kind === "expression";
  const trimmed = isText ? text : text.trim();
  if (trimmed === "" && !["boolean", "integer", "double", "enum", "dateTime", "cron", "format"].includes(kind)) return { value: null };
  const value = parse(definition.type, trimmed);
  return isProblem(value) ? { problem: value } : { value };
};
