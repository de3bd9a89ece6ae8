import type { Place } from "../errors/index.js";
import type { ConfigurationElement } from "./element.js";
import type { Findings } from "./findings.js";

/** `Conf/Jobs.xml:12`, for sentences about a second declaration. */
export const placeText = ({ file, line }: Place): string => (line === undefined ? (file ?? "") : `${file}:${line}`);

/** All elements of a workspace, and by kind and identifier those that others refer to. */
export class Declared {
  /** Root elements in the order of files and lines. */
  readonly roots: readonly ConfigurationElement[];
  /** Every element, parents before children. */
  readonly all: readonly ConfigurationElement[];
  readonly #roots: ConfigurationElement[] = [];
  readonly #all: ConfigurationElement[] = [];
  readonly #kinds = new Map<string, Map<string, ConfigurationElement>>();
  readonly #folded = new Map<string, Map<string, ConfigurationElement>>();
  readonly #named = new Map<string, ConfigurationElement[]>();

  constructor(roots: readonly ConfigurationElement[], findings: Findings) {
    this.roots = this.#roots;
    this.all = this.#all;
    this.add(roots, findings);
  }

  /** Adds further elements at the root with what is in them; an identifier that is taken is a finding. */
  add(roots: readonly ConfigurationElement[], findings: Findings): void {
    const all: ConfigurationElement[] = [];
    const visit = (element: ConfigurationElement): void => {
      all.push(element);
      for (const child of element.children) visit(child);
    };
    for (const root of roots) {
      this.#roots.push(root);
      visit(root);
    }
    for (const element of all) {
      this.#all.push(element);
      const named = this.#named.get(element.name);
      if (named === undefined) this.#named.set(element.name, [element]);
      else named.push(element);
      const { declares } = element.definition;
      const identifier = element.string("Identifier");
      if (declares !== null && identifier !== null) this.declare(declares, identifier, element, findings);
    }
  }

  /** Adds an identifier to a kind, or a finding when it is taken. */
  declare(kind: string, identifier: string, element: ConfigurationElement, findings: Findings): void {
    const exact = this.#kinds.get(kind) ?? new Map<string, ConfigurationElement>();
    this.#kinds.set(kind, exact);
    const folded = this.#folded.get(kind) ?? new Map<string, ConfigurationElement>();
    this.#folded.set(kind, folded);
    const lower = identifier.toLowerCase();
    const taken = exact.get(identifier) ?? (element.definition.ignoresCase ? folded.get(lower) : undefined);
    if (taken !== undefined) {
      const parameters = { kind: kindName(kind), identifier, other: taken.required("Identifier"), first: placeText(taken.place()) };
      findings.error("CFG_DUPLICATE", parameters, element.place("Identifier"));
      return;
    }
    exact.set(identifier, element);
    folded.set(lower, element);
  }

  of(kind: string): ReadonlyMap<string, ConfigurationElement> {
    return this.#kinds.get(kind) ?? new Map();
  }

  /** By lower-case identifier. */
  ofIgnoringCase(kind: string): ReadonlyMap<string, ConfigurationElement> {
    return this.#folded.get(kind) ?? new Map();
  }

  /** Every element of that name, wherever it stands. */
  named(name: string): readonly ConfigurationElement[] {
    return this.#named.get(name) ?? [];
  }
}

/** `EntityType` → `entity type`, as sentences write it. */
export const kindName = (kind: string): string => kind.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
