import type { Findings } from "../findings.js";
import { find, type SettingBranch, type SettingNode } from "./setting-tree.js";

/** What becomes of runs that fell due while no scheduler ran (jobs-and-tasks §3.8): none is made up for, the last one, or each of them. */
export type MissedRuns = "None" | "One" | "All";

/** What becomes of a run that falls due while its job runs: it is skipped, or one waits for the end. Two never run at once. */
export type Overlap = "Skip" | "Queue";

/** `Scheduler.*` (connectors §5). */
export interface SchedulerSettings {
  readonly isEnabled: boolean;
  readonly missedRuns: MissedRuns;
  readonly overlap: Overlap;
  /** What single jobs have instead, by identifier in lower case; null where they have not. */
  readonly jobs: ReadonlyMap<string, { readonly missedRuns: MissedRuns | null; readonly overlap: Overlap | null }>;
  /** Seconds that running tasks have to end when the program is asked to stop; afterwards they are aborted. */
  readonly graceSeconds: number;
}

const missedRuns: readonly MissedRuns[] = ["None", "One", "All"];
const overlaps: readonly Overlap[] = ["Skip", "Queue"];

/** A value of few, ignoring case; null, and a finding where it is none of them. */
const oneOf = <T extends string>(values: readonly T[], key: string, node: SettingNode | null, findings: Findings): T | null => {
  if (node?.kind !== "leaf" || node.value === null || node.value === "" || typeof node.value === "object") return null;
  const given = String(node.value);
  const value = values.find((each) => each.toLowerCase() === given.toLowerCase());
  if (value === undefined) findings.error("CFG_SETTING_VALUE", { key, expected: `one of ${values.join(", ")}` }, node.place);
  return value ?? null;
};

/** Takes all settings; gives those of the scheduler, with defaults. */
export const schedulerSettings = (root: SettingBranch, graceSeconds: number, findings: Findings): SchedulerSettings => {
  const at = (key: string): SettingNode | null => find(root, key);
  const enabled = at("Scheduler.Enabled");
  const jobs = at("Scheduler.Jobs");
  return {
    isEnabled: enabled?.kind !== "leaf" || String(enabled.value).toLowerCase() !== "false",
    missedRuns: oneOf(missedRuns, "Scheduler.MissedRuns", at("Scheduler.MissedRuns"), findings) ?? "One",
    overlap: oneOf(overlaps, "Scheduler.Overlap", at("Scheduler.Overlap"), findings) ?? "Skip",
    jobs: new Map(
      (jobs?.kind === "branch" ? [...jobs.members] : []).flatMap(([lower, { key, node }]) =>
        node.kind !== "branch"
          ? []
          : [
              [
                lower,
                {
                  missedRuns: oneOf(missedRuns, `Scheduler.Jobs.${key}.MissedRuns`, find(node, "MissedRuns"), findings),
                  overlap: oneOf(overlaps, `Scheduler.Jobs.${key}.Overlap`, find(node, "Overlap"), findings),
                },
              ] as const,
            ],
      ),
    ),
    graceSeconds,
  };
};
