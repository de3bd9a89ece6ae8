import type { Configuration, Finding } from "../../config/index.js";

/** The configuration that runs are started with. */
export interface ConfigurationInForce {
  readonly configuration: Configuration;
  /** Since when, `2026-11-21T09:30:00.000Z`. */
  readonly since: string;
}

/** What lies in the workspace and was not taken. */
export interface RefusedConfiguration {
  /** When it was looked at. */
  readonly at: string;
  /** All findings, warnings too, as `validate` gives them; at least one is an error. */
  readonly findings: readonly Finding[];
}

/** What a look at the workspace found: nothing new, a configuration that is now in force, or one that was refused. */
export type Look = "same" | "changed" | "refused";

/** The configuration of a service that goes on while files are dropped into its workspace (jobs-and-tasks §3.1). */
export interface ConfigurationSource {
  /** Never changes between two looks. What was handed out stays as it is for whoever holds it: a running instance keeps its own. */
  readonly inForce: ConfigurationInForce;
  /** null where what lies in the workspace is what is in force. */
  readonly refused: RefusedConfiguration | null;
  /**
   * Looks at the files of the workspace. Without change that costs one listing of its folders. Files that moved are read when two looks in a row found them the same, so that a
   * file which is still being copied is not read half. `changed` and `refused` are said once. Throws nothing: what cannot be read or written is a finding.
   */
  look(): Promise<Look>;
}
