import type { RunEvent } from "../../jobs/index.js";

/** Shows a run while it goes on. */
export interface ProgressView {
  onEvent(event: RunEvent): void;
  /** Something that a person has to know besides, such as that Ctrl-C was understood. */
  note(text: string): void;
  /** Takes away what was only for the time of the run. */
  close(): Promise<void>;
}
