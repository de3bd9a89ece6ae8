import type { Findings } from "../findings.js";
import { find, type SettingBranch } from "./setting-tree.js";

/** What generated jobs take from the settings where the configuration does not say it (jobs-and-tasks §5). */
export interface ScaffoldingSettings {
  /** `OpenId.AgentIdentifier`: runs the tasks of connectors that name no Agent. */
  readonly agent: string | null;
  /** `OpenId.DefaultOpenIdClient`: client of the agent-side tasks of scaffoldings without OpenIdIdentifier. */
  readonly openIdClient: string | null;
  /** `Jobs.InitializationRounds`: how often an initialization job computes and fulfils the principal data. */
  readonly initializationRounds: number;
}

/** jobs-and-tasks §5.3. */
const standardRounds = 3;
/** More rounds than any chain of references between identities needs. */
const mostRounds = 20;

/** Takes all settings, gives those of generated jobs, with defaults. */
export const scaffoldingSettings = (root: SettingBranch, findings: Findings): ScaffoldingSettings => {
  const text = (key: string): string | null => {
    const node = find(root, key);
    return node?.kind === "leaf" && typeof node.value === "string" && node.value !== "" ? node.value : null;
  };
  const node = find(root, "Jobs.InitializationRounds");
  const given = node?.kind === "leaf" && node.value !== null && node.value !== "" ? Number(node.value) : standardRounds;
  const isRight = Number.isInteger(given) && given >= 1 && given <= mostRounds;
  if (node !== null && Number.isInteger(given) && !isRight) {
    findings.error(
      "CFG_SETTING_VALUE",
      { key: "Jobs.InitializationRounds", expected: `a whole number from 1 to ${mostRounds}` },
      node.place,
    );
  }
  return {
    agent: text("OpenId.AgentIdentifier"),
    openIdClient: text("OpenId.DefaultOpenIdClient"),
    initializationRounds: isRight ? given : standardRounds,
  };
};
