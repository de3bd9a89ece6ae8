/**
 * Element: an XML element at one place, such as `EntityType/Property`. Attribute: one of its attributes, or a family of them
 * (`DisplayName_L1` … `_L16`, `D0` … `D3V`). The tables of this folder are the one description of the configuration language:
 * parsing, checks, `sluice xsd` and `docs/configuration.md` are made from them.
 */

/** used: a run acts on it · accepted: checked as far as written here, no run acts on it yet · scaffolding: stands for other elements. */
type Status = "used" | "accepted" | "scaffolding";

export interface EnumValue {
  readonly name: string;
  /** Documented number, also accepted; null: none is documented. */
  readonly code: number | null;
  /** Other spellings found in the documentation. */
  readonly aliases?: readonly string[];
}

export type AttributeType =
  | { readonly kind: "string" }
  /** name: a connector, job, task …; member: an entity type or property, which also lives in expressions and columns. */
  | { readonly kind: "identifier"; readonly form: "name" | "member" | "free" }
  | { readonly kind: "boolean" }
  | { readonly kind: "integer"; readonly minimum: number; readonly maximum: number }
  | { readonly kind: "double" }
  | { readonly kind: "dateTime" }
  | { readonly kind: "enum"; readonly values: readonly EnumValue[] }
  /** Identifier of an element of one of these kinds. `soft`: may be declared elsewhere (settings, another deployment): a warning. */
  | { readonly kind: "reference"; readonly to: readonly string[]; readonly soft: boolean }
  /** `EntityType:Property`, or only `Property` of the type that the attribute `of` names (`^`: of the parent element). null: only the long form. */
  | { readonly kind: "property"; readonly of: string | null }
  /** Path over properties, `EntityType:Navigation.Property`. */
  | { readonly kind: "binding" }
  /** connectors §6: predefined function, `Literal:`, `C#:`. */
  | { readonly kind: "expression" }
  /** Of a folder or file below one that the settings name: relative, without `..` (design §7.8). */
  | { readonly kind: "path" }
  /** Base name of an exported file: no folders, no `..` (connectors §1.7). */
  | { readonly kind: "table" }
  /** connectors §1.11. */
  | { readonly kind: "format" }
  | { readonly kind: "cron" };

export type Family = "language" | "dimension";

export interface AttributeDefinition {
  /** Canonical spelling; of a family the part before the number. */
  readonly name: string;
  readonly family: Family | null;
  readonly type: AttributeType;
  /** Of a family: its first member is required. */
  readonly required: boolean;
  readonly default: string | number | boolean | null;
  readonly documentation: string;
  /** Other spellings accepted without a word. */
  readonly aliases: readonly string[];
}

export interface ElementDefinition {
  /** Names of the elements down to it, joined by `/`; unique. */
  readonly path: string;
  readonly name: string;
  readonly status: Status;
  readonly documentation: string;
  /** Where it is described: `connectors §1.2`. */
  readonly source: string;
  readonly attributes: readonly AttributeDefinition[];
  /** Paths of the elements it may hold. */
  readonly children: readonly string[];
  /** May stand directly below `ConfigurationFile`. */
  readonly isRoot: boolean;
  /** Kind that its Identifier belongs to, for references; null: nothing refers to it. */
  readonly declares: string | null;
  /** Identifiers of its kind are also unique when case is ignored: they become names of files, columns or environment variables. */
  readonly ignoresCase: boolean;
  /** Its attributes and children are not looked into. */
  readonly isOpen: boolean;
  /** Kinds whose elements a scaffolding makes: an unresolved reference to them is then no error. */
  readonly creates: readonly string[];
  /** Of tasks: where they run. `either`: on the agent when they name one (jobs-and-tasks §2.1). */
  readonly side: "agent" | "server" | "either" | null;
  /** Of an override: the task element it changes (jobs-and-tasks §1). */
  readonly overrides: string | null;
}

type Options = Partial<Pick<AttributeDefinition, "required" | "default" | "aliases">>;

const attribute = (name: string, type: AttributeType, documentation: string, options: Options = {}): AttributeDefinition => ({
  name,
  family: null,
  type,
  required: false,
  default: null,
  aliases: [],
  documentation,
  ...options,
});

/** Greatest Int32, the documented type of counts and durations. */
const int32 = 2_147_483_647;

export const string = (name: string, documentation: string, options?: Options): AttributeDefinition =>
  attribute(name, { kind: "string" }, documentation, options);

export const identifier = (
  form: "name" | "member" | "free",
  documentation: string,
  options: Options = { required: true },
): AttributeDefinition => attribute("Identifier", { kind: "identifier", form }, documentation, options);

export const flag = (name: string, documentation: string, options: Options = { default: false }): AttributeDefinition =>
  attribute(name, { kind: "boolean" }, documentation, options);

export const count = (name: string, documentation: string, options: Options = { default: 0 }): AttributeDefinition =>
  attribute(name, { kind: "integer", minimum: 0, maximum: int32 }, documentation, options);

export const integer = (
  name: string,
  minimum: number | null,
  maximum: number | null,
  documentation: string,
  options?: Options,
): AttributeDefinition =>
  attribute(name, { kind: "integer", minimum: minimum ?? -int32 - 1, maximum: maximum ?? int32 }, documentation, options);

export const double = (name: string, documentation: string, options?: Options): AttributeDefinition =>
  attribute(name, { kind: "double" }, documentation, options);

export const dateTime = (name: string, documentation: string, options?: Options): AttributeDefinition =>
  attribute(name, { kind: "dateTime" }, documentation, options);

export const reference = (name: string, to: string | readonly string[], documentation: string, options?: Options): AttributeDefinition =>
  attribute(name, { kind: "reference", to: typeof to === "string" ? [to] : to, soft: false }, documentation, options);

export const softReference = (name: string, to: string, documentation: string, options?: Options): AttributeDefinition =>
  attribute(name, { kind: "reference", to: [to], soft: true }, documentation, options);

export const property = (name: string, of: string | null, documentation: string, options?: Options): AttributeDefinition =>
  attribute(name, { kind: "property", of }, documentation, options);

export const binding = (name: string, documentation: string, options?: Options): AttributeDefinition =>
  attribute(name, { kind: "binding" }, documentation, options);

export const expression = (name: string, documentation: string, options?: Options): AttributeDefinition =>
  attribute(name, { kind: "expression" }, documentation, options);

export const path = (name: string, documentation: string, options?: Options): AttributeDefinition =>
  attribute(name, { kind: "path" }, documentation, options);

export const table = (name: string, documentation: string, options?: Options): AttributeDefinition =>
  attribute(name, { kind: "table" }, documentation, options);

export const format = (name: string, documentation: string, options?: Options): AttributeDefinition =>
  attribute(name, { kind: "format" }, documentation, options);

export const cron = (name: string, documentation: string, options?: Options): AttributeDefinition =>
  attribute(name, { kind: "cron" }, documentation, options);

/**
 * Takes the values of an enum by name, in the order of their codes: `"UTC"` has the code of its place, `"Whole=4"` its own,
 * `"Plain="` none; `"Around|Arround"` has a second spelling.
 */
export const enumeration = (name: string, values: readonly string[], documentation: string, options?: Options): AttributeDefinition =>
  attribute(name, { kind: "enum", values: enumValues(values) }, documentation, options);

const enumValues = (values: readonly string[]): readonly EnumValue[] => {
  let next = 0;
  return values.map((text) => {
    const [spellings = "", code] = text.split("=");
    const [name = "", ...aliases] = spellings.split("|");
    const number = code === undefined ? next : code === "" ? null : Number(code);
    next = (number ?? next) + 1;
    return aliases.length === 0 ? { name, code: number } : { name, code: number, aliases };
  });
};

/** `DisplayName_L1` … `DisplayName_L16`: one value per language. */
export const languages = (name: string, documentation: string, options: Options = {}): AttributeDefinition => ({
  ...attribute(`${name}_L`, { kind: "string" }, documentation, options),
  family: "language",
});

export const label = (options: Options = { required: true }): AttributeDefinition =>
  languages("DisplayName", "Label in the language of that number.", options);

/** `D0` … `D3V`: one value per dimension, the number in base32hex. */
export const dimensions = (prefix: string, type: "string" | "boolean" | "binding", documentation: string): AttributeDefinition => ({
  ...attribute(prefix, { kind: type }, documentation, type === "boolean" ? { default: false } : {}),
  family: "dimension",
});

type ElementOptions = Partial<
  Pick<ElementDefinition, "status" | "children" | "isRoot" | "declares" | "ignoresCase" | "isOpen" | "creates" | "side" | "overrides">
>;

/** Takes a path, one line of documentation and its attributes; a root element unless its path has a parent. */
export const element = (
  path: string,
  source: string,
  documentation: string,
  attributes: readonly AttributeDefinition[],
  options: ElementOptions = {},
): ElementDefinition => ({
  path,
  name: path.slice(path.lastIndexOf("/") + 1),
  status: "used",
  documentation,
  source,
  attributes,
  children: [],
  isRoot: !path.includes("/"),
  declares: null,
  ignoresCase: false,
  isOpen: false,
  creates: [],
  side: null,
  overrides: null,
  ...options,
});
