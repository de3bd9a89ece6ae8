import type { Configuration } from "../configuration.js";
import { describeConfiguration } from "./describe-configuration.js";
import { type AttributeDifference, type ElementDifference, elementDifferences } from "./element-difference.js";
import { settingDifferences } from "./setting-differences.js";

/** How two configurations differ; both lists are empty where they say the same. */
export interface ConfigurationDifferences {
  /** Jobs, root tasks, connectors with their mappings, connections, entity types, associations. */
  readonly elements: readonly ElementDifference[];
  /** By key, such as `Connections.hr.Path`; values of secrets are never among them. */
  readonly settings: readonly AttributeDifference[];
}

/**
 * Compares two configurations by what they say: where it is written, in which file and in which order of files, takes no part. Pure. `differences` of equal configurations are none, and
 * every attribute that changed is named.
 */
export const configurationDifferences = (before: Configuration, after: Configuration): ConfigurationDifferences => ({
  elements: elementDifferences(describeConfiguration(before), describeConfiguration(after)),
  settings: settingDifferences(before.settings, after.settings),
});
