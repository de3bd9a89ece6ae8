import type { Findings } from "../findings.js";
import { find, type SettingBranch, type SettingNode } from "./setting-tree.js";

/** From the least important on. */
const serviceLogLevels = ["Debug", "Information", "Warning", "Error"] as const;
type ServiceLogLevel = (typeof serviceLogLevels)[number];

/** `Service.*`, settings of ours: what the service that runs scheduled jobs says, and where. */
export interface ServiceSettings {
  /** Address that the endpoint of metrics and health listens on: of this machine alone where not given. */
  readonly address: string;
  /** null: there is no endpoint. */
  readonly port: number | null;
  readonly log: {
    /** Lines below it are not written. */
    readonly level: ServiceLogLevel;
    /** A file that has so many bytes is followed by the next one. */
    readonly fileBytes: number;
    /** Files kept, the present one included. */
    readonly files: number;
  };
}

/** Ten megabytes: some 50,000 lines, which an editor still opens at once. */
const usualMegabytes = 10;
/** One a day where little happens: a month; 300 MB at most. */
const usualFiles = 30;

const text = (node: SettingNode | null): string | null => {
  if (node?.kind !== "leaf" || node.value === null || node.value === "" || typeof node.value === "object") return null;
  return String(node.value);
};

/** Takes all settings; gives those of the service, with defaults. */
export const serviceSettings = (root: SettingBranch, findings: Findings): ServiceSettings => {
  const whole = (key: string, least: number, most: number): number | null => {
    const node = find(root, key);
    const given = text(node);
    if (given === null || !/^-?\d{1,10}$/.test(given)) return null;
    const value = Number(given);
    if (value >= least && value <= most) return value;
    findings.error("CFG_SETTING_VALUE", { key, expected: `a whole number from ${least} to ${most}` }, node?.place ?? {});
    return null;
  };
  const levelNode = find(root, "Service.Log.Level");
  const given = text(levelNode);
  const level = serviceLogLevels.find((each) => each.toLowerCase() === given?.toLowerCase());
  if (given !== null && level === undefined) {
    const expected = `one of ${serviceLogLevels.join(", ")}`;
    findings.error("CFG_SETTING_VALUE", { key: "Service.Log.Level", expected }, levelNode?.place ?? {});
  }
  return {
    address: text(find(root, "Service.Address")) ?? "127.0.0.1",
    port: whole("Service.Port", 1, 65_535),
    log: {
      level: level ?? "Information",
      fileBytes: (whole("Service.Log.MaxSize", 1, 10_000) ?? usualMegabytes) * 1_000_000,
      files: whole("Service.Log.Files", 1, 10_000) ?? usualFiles,
    },
  };
};
