import { maskSecrets } from "../../errors/index.js";
import { isSecretSetting } from "../settings/read-settings.js";
import type { Settings } from "../settings.js";
import { attributesOf } from "./described-element.js";
import { type AttributeDifference, attributeDifferences } from "./element-difference.js";

/** Settings whose keys have another form than their names here (connectors §5). */
const settingNames = {
  maxTaskBatchSize: "Jobs.MaxTaskBatchSize",
  maxLockWatchSeconds: "Scheduler.MaxLockWatchTime",
  "Scheduler.isEnabled": "Scheduler.Enabled",
  "Scheduler.graceSeconds": "Scheduler.GraceTime",
  taskTimeoutSupplementMinutes: "TaskTimeoutSupplement",
  workFolder: "WorkFolderPath",
  tempFolder: "TempFolderPath",
  sqlCommands: "InvokeSqlCommands",
};

/** What stands for the value of a secret. */
const hidden = "***";

/** Values below are connection strings, whatever they are called. */
const isSecret = (name: string): boolean => name.startsWith("Databases.") || name.split(".").some(isSecretSetting);

/**
 * Settings that differ, by key; of a secret it is told that it differs, never what it is.
 */
export const settingDifferences = (before: Settings, after: Settings): readonly AttributeDifference[] => {
  const valuesOf = ({ secrets: _, ...settings }: Settings): ReadonlyMap<string, string> => attributesOf(settings, settingNames);
  const secrets = [...before.secrets, ...after.secrets];
  const shown = (name: string, value: string | null): string | null =>
    value === null ? null : isSecret(name) ? hidden : maskSecrets(value, secrets);
  return attributeDifferences(valuesOf(before), valuesOf(after)).map(({ name, before: former, after: present }) => ({
    name,
    before: shown(name, former),
    after: shown(name, present),
  }));
};
