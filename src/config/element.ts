import { type ElementDefinition, findAttribute } from "./catalogue/index.js";
import type { ElementPlace } from "./configuration.js";
import { placeOf, type XmlElement } from "./xml/element.js";

export type Value = string | number | boolean;

/** An element whose names and values were checked against the catalogue; references are not looked at yet. */
export class ConfigurationElement {
  readonly definition: ElementDefinition;
  readonly parent: ConfigurationElement | null;
  readonly children: ConfigurationElement[] = [];
  /** Values as given, by canonical attribute name. */
  readonly given = new Map<string, Value>();
  /** As written; of a generated element as it would have been. */
  readonly xml: XmlElement;
  /** The scaffolding that made it; null: written by hand. */
  readonly scaffolding: ConfigurationElement | null;
  readonly #refused = new Set<string>();
  /** Canonical name → name as written, where they differ. */
  readonly #spelling = new Map<string, string>();

  constructor(
    definition: ElementDefinition,
    xml: XmlElement,
    parent: ConfigurationElement | null,
    scaffolding: ConfigurationElement | null = null,
  ) {
    this.definition = definition;
    this.parent = parent;
    this.xml = xml;
    this.scaffolding = scaffolding;
  }

  get name(): string {
    return this.definition.name;
  }

  set(name: string, value: Value, written: string): void {
    this.given.set(name, value);
    if (written !== name) this.#spelling.set(name, written);
  }

  /** Says that an attribute is written although its value was refused: nobody shall be told that it is missing. */
  refuse(name: string): void {
    this.#refused.add(name);
  }

  isRefused(name: string): boolean {
    return this.#refused.has(name);
  }

  /** Of the element, or of one of its attributes (of the element where the attribute is not written). */
  place(attribute?: string): ElementPlace {
    return placeOf(this.xml, attribute === undefined ? undefined : (this.#spelling.get(attribute) ?? attribute));
  }

  has(name: string): boolean {
    return this.given.has(name);
  }

  /** The value given, else the default of the catalogue, else null. */
  value(name: string): Value | null {
    return this.given.get(name) ?? findAttribute(this.definition, name)?.definition.default ?? null;
  }

  string(name: string): string | null {
    const value = this.value(name);
    return typeof value === "string" ? value : null;
  }

  /** For attributes that are checked to be there: an element without one is no part of the configuration any more. */
  required(name: string): string {
    return this.string(name) ?? "";
  }

  boolean(name: string): boolean {
    return this.value(name) === true;
  }

  number(name: string): number {
    const value = this.value(name);
    return typeof value === "number" ? value : 0;
  }

  /** Children of one name, in document order. */
  all(name: string): readonly ConfigurationElement[] {
    return this.children.filter((child) => child.definition.name === name);
  }

  /** `<Job Identifier="X">`, for sentences. */
  get title(): string {
    const identifier = this.string("Identifier");
    return identifier === null ? this.name : `${this.name} ${identifier}`;
  }
}
