import type { Configuration, ToldState } from "../../config/index.js";
import type { JobState } from "../../model/index.js";
import type { JobInstance, TaskInstance } from "../../store/index.js";
import { masked } from "./masked.js";

/** The end of a job that somebody is told of, from its rows; secrets are masked. */
export interface JobEnd {
  readonly instance: JobInstance;
  readonly state: ToldState;
  /** Validations last, as in the record. */
  readonly tasks: readonly TaskInstance[];
  /** Somebody resumed it before it ended so. */
  readonly isResumed: boolean;
  /** The job's label; its identifier where the configuration has no such job. */
  readonly displayName: string;
  /** Absolute. */
  readonly workspace: string;
}

/** The state as one that can be told of; null while the job runs. */
export const toldStateOf = (state: JobState): ToldState | null => (state === "Waiting" || state === "InProgress" ? null : state);

/** Gathers what is told of an end. */
export const jobEndOf = (
  configuration: Pick<Configuration, "workspace" | "jobs" | "settings">,
  rows: { readonly instance: JobInstance; readonly tasks: readonly TaskInstance[]; readonly state: ToldState; readonly isResumed: boolean },
): JobEnd => {
  const displayName = configuration.jobs.get(rows.instance.job)?.displayName ?? rows.instance.job;
  return { ...masked({ ...rows, displayName }, configuration.settings.secrets), workspace: configuration.workspace };
};
