import type { Findings } from "../findings.js";
import { find, type SettingBranch } from "./setting-tree.js";

/** `Retention.*`, settings of ours: days that what ended is kept; null keeps it for ever. */
export interface RetentionSettings {
  /** Instances with their tasks, attempts and decisions, and what the scheduler decided of due times. */
  readonly instances: number | null;
  /** Synchronization sessions, and their folders. */
  readonly sessions: number | null;
  /** Job logs. */
  readonly logs: number | null;
  /** Mails that were written to `Temp/Mails`. */
  readonly mails: number | null;
}

/** A quarter: long enough to look back at a month's end or a yearly leave, short enough that a job of every minute (1,440 instances a day) stays below a few hundred thousand rows. */
const usualDays = 90;
/** More than a hundred years is a mistyped number. */
const mostDays = 36_500;

/** Takes all settings; gives those of retention, with defaults. 0 days stand for ever. */
export const retentionSettings = (root: SettingBranch, findings: Findings): RetentionSettings => {
  const days = (name: string): number | null => {
    const key = `Retention.${name}`;
    const node = find(root, key);
    if (node?.kind !== "leaf" || node.value === null || node.value === "" || typeof node.value === "object") return usualDays;
    const given = String(node.value);
    // Of another kind altogether: said already, with every other key.
    if (!/^-?\d{1,10}$/.test(given)) return usualDays;
    const value = Number(given);
    if (value < 0 || value > mostDays) {
      findings.error("CFG_SETTING_VALUE", { key, expected: `days from 1 to ${mostDays}, or 0 for ever` }, node.place);
      return usualDays;
    }
    return value === 0 ? null : value;
  };
  return { instances: days("Instances"), sessions: days("Sessions"), logs: days("Logs"), mails: days("Mails") };
};
