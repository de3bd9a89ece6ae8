import type { Declared } from "../declared.js";
import type { ConfigurationElement } from "../element.js";
import type { Findings } from "../findings.js";
import type { ScaffoldingSettings } from "../settings/scaffolding-settings.js";
import type { ConnectionSettings } from "../settings.js";
import type { XmlElement } from "../xml/element.js";
import type { ConnectorPart } from "./connector-part.js";
import type { RoleModelScope } from "./role-model-scope.js";
import type { ScaffoldingArguments } from "./scaffolding-arguments.js";

/** What a scaffolding is expanded with. */
export interface Workshop {
  readonly scaffolding: ConfigurationElement;
  readonly given: ScaffoldingArguments;
  readonly declared: Declared;
  /** Connectors of the workspace, in the order of the files. */
  readonly connectors: readonly ConnectorPart[];
  readonly roleModel: RoleModelScope;
  /** Of connections, by identifier in lower case. */
  readonly connections: ReadonlyMap<string, ConnectionSettings>;
  readonly defaults: ScaffoldingSettings;
  readonly findings: Findings;
}

/** What one scaffolding makes. */
export interface Made {
  readonly elements: readonly XmlElement[];
  /** Identifiers of its jobs. */
  readonly jobs: readonly string[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}
