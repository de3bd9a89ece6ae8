export type Level = "ok" | "warning" | "error";

/** One thing that `sluice doctor` looked at. */
export interface DoctorFinding {
  /** What was looked at, always by the same name: `database.isolation`, `sources.People`. */
  readonly check: string;
  readonly level: Level;
  /** What was seen, one sentence without a full stop. */
  readonly saw: string;
  /** What to do; null where nothing is to be done. */
  readonly todo: string | null;
}

export const ok = (check: string, saw: string): DoctorFinding => ({ check, level: "ok", saw, todo: null });
export const warning = (check: string, saw: string, todo: string): DoctorFinding => ({ check, level: "warning", saw, todo });
export const bad = (check: string, saw: string, todo: string): DoctorFinding => ({ check, level: "error", saw, todo });
