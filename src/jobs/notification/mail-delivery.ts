import type { MailSettings } from "../../config/index.js";
import type { Timing } from "../../model/index.js";
import { type Posting, type Refusal, sendOnce } from "./mail-session.js";

/** Pauses between tries (ms): a server that restarts is back, a run does not wait for one that stays away. */
const pausesMs = [2_000, 8_000];

/** How long a mail may take. */
export interface DeliveryBounds {
  readonly timing: Timing;
  /** Only one try, of at most this long (ms). */
  readonly hurryMs: number | null;
  /** Ends it at once. */
  readonly signal: AbortSignal | undefined;
}

/** Sends a mail, in three tries at most, to those who did not get it yet; gives the addresses that never got it, with the last reason. Throws nothing. */
export const deliver = async (
  settings: MailSettings,
  posting: Posting,
  { timing, hurryMs, signal }: DeliveryBounds,
): Promise<readonly Refusal[]> => {
  const timeoutMs = Math.min(settings.timeoutSeconds * 1000, hurryMs ?? Number.POSITIVE_INFINITY);
  const given: Refusal[] = [];
  let waiting: readonly string[] = posting.to;
  for (let attempt = 0; ; attempt++) {
    const refusals = await sendOnce(settings, { ...posting, to: waiting }, timeoutMs, signal);
    given.push(...refusals.filter(({ isFinal }) => isFinal));
    const again = refusals.filter(({ isFinal }) => !isFinal);
    const pause = pausesMs[attempt];
    if (again.length === 0 || pause === undefined || hurryMs !== null || signal?.aborted === true) return [...given, ...again];
    waiting = again.map(({ address }) => address);
    await timing.sleep(pause, signal);
  }
};
