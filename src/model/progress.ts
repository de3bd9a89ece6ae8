/** What a running task reports now and then. */
export interface Progress {
  /** What it does now, for a person: `comparing AD_Entry`. */
  readonly step: string;
  /** Rows handled in this step so far. */
  readonly rows: number;
  /** Rows expected in this step, where known. */
  readonly of?: number;
}
export type OnProgress = (progress: Progress) => void;
