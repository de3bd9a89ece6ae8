import type { ConfigurationElement } from "../element.js";
import type { Findings } from "../findings.js";

/** The child arguments of one scaffolding (jobs-and-tasks §5.1). */
export class ScaffoldingArguments {
  readonly #element: ConfigurationElement;
  readonly #findings: Findings;

  constructor(element: ConfigurationElement, findings: Findings) {
    this.#element = element;
    this.#findings = findings;
  }

  all(name: string): readonly ConfigurationElement[] {
    return this.#element.all(name);
  }

  has(name: string): boolean {
    return this.all(name).length > 0;
  }

  /** An argument that may stand once; a second one is a finding. */
  one(name: string): ConfigurationElement | null {
    const [first, second] = this.all(name);
    if (second !== undefined) this.refuse(second, "it stands twice: keep one");
    return first ?? null;
  }

  /** The connectors that arguments of a name list. */
  connectors(name: string): ReadonlySet<string> {
    return new Set(this.all(name).flatMap((argument) => argument.string("ConnectorIdentifier") ?? []));
  }

  refuse(argument: ConfigurationElement, problem: string): void {
    this.#findings.error(
      "CFG_SCAFFOLDING_ARGUMENT",
      { argument: argument.name, scaffolding: this.#element.name, problem },
      argument.place(),
    );
  }
}
