import { type ThresholdLimits, type ThresholdName, thresholdNames } from "../../model/index.js";
import type { ConfigurationElement } from "../element.js";
import type { Findings } from "../findings.js";

/** `MaximumInsertedLines` → `MaximumLinkInsertedLines`: the link threshold that an association mapping means by it (connectors §7.5). */
const linkThreshold = (name: string): string =>
  name.replace(/^Max(imum|Percentage)(?!Link)/, (_, kind: string) => (kind === "imum" ? "MaximumLink" : "MaxLinkPercentage"));

const isThreshold = (name: string): name is ThresholdName => (thresholdNames as readonly string[]).includes(name);

/**
 * The thresholds of an element that are on, defaults included (connectors §1.9). With `isLinks` the resource names mean links too: an
 * association mapping may use either, both only when they agree. Negative ones are refused (design §8).
 */
export const compileLimits = (element: ConfigurationElement, isLinks: boolean, findings: Findings): ThresholdLimits => {
  const limits: Partial<Record<ThresholdName, number>> = {};
  const given = new Map<string, string>();
  for (const { name } of element.definition.attributes) {
    if (!isThreshold(name)) continue;
    const value = element.number(name);
    if (value < 0) {
      findings.error("CFG_THRESHOLD_NEGATIVE", { attribute: name, value }, element.place(name));
      continue;
    }
    const meant = isLinks ? linkThreshold(name) : name;
    if (!isThreshold(meant)) continue;
    if (element.has(name)) {
      const other = given.get(meant);
      if (other !== undefined && element.number(other) !== value) {
        findings.error("CFG_THRESHOLD_ALIAS", { attribute: name, alias: other }, element.place(name));
      }
      given.set(meant, name);
    }
    if (value > 0) limits[meant] = value;
  }
  return limits;
};
