import type { Timing } from "../model/index.js";
import { type ServiceEndpoint, type ServiceEndpointOptions, startServiceEndpoint } from "./service-endpoint.js";

/** Pause between two tries to get the port (ms). */
const againMs = 60_000;

export interface KeptEndpointOptions extends ServiceEndpointOptions {
  readonly timing: Timing;
  readonly onStarted: (address: string) => void;
  /** Told of the first failure alone. */
  readonly onFailed: (error: unknown) => void;
}

/**
 * Metrics and health for as long as a service runs. A port that is taken keeps no job from running: it is tried again each minute, since a second scheduler of this machine that has it may
 * stop or die. Gives what ends it; nothing is under way afterwards.
 */
export const keepServiceEndpoint = async ({
  timing,
  onStarted,
  onFailed,
  ...options
}: KeptEndpointOptions): Promise<Pick<ServiceEndpoint, "close">> => {
  const over = new AbortController();
  let endpoint: ServiceEndpoint | null = null;
  const start = async (): Promise<boolean> => {
    endpoint = await startServiceEndpoint(options);
    onStarted(endpoint.address);
    return true;
  };
  const isStarted = await start().catch((error) => {
    onFailed(error);
    return false;
  });
  const tryAgain = async (): Promise<void> => {
    for (let isDone = isStarted; !isDone; isDone = over.signal.aborted || (await start().catch(() => false))) {
      await timing.sleep(againMs, over.signal);
    }
  };
  const tries = tryAgain();
  return {
    close: async () => {
      over.abort();
      await tries;
      await endpoint?.close();
    },
  };
};
