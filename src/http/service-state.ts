import type { Configuration } from "../config/index.js";

/** What the endpoint is told by the service that it speaks for; asked for at each request. */
export interface ServiceState {
  /** The configuration in force. */
  readonly configuration: Configuration;
  /** When the service's loop last turned, whatever it found (ms since 1970); null before the first time. */
  readonly turnedAt: number | null;
  /** Due runs that did not start and whose jobs have not completed since. */
  readonly alarms: readonly { readonly job: string }[];
  /** Whether a dropped configuration was refused and lies there still. */
  readonly isConfigurationRefused: boolean;
}
