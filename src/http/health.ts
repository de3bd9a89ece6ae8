import { SluiceError } from "../errors/index.js";
import type { Clock } from "../model/index.js";
import type { ServiceReading } from "../store/index.js";
import type { ServiceState } from "./service-state.js";

/** A loop that did not turn for so long hangs (ms): it turns every second. */
const longestTurnMs = 60_000;
/** A database that did not answer by then does not answer (ms): who asks for health waits no longer, as a rule. */
const answerMs = 5_000;

/** What `/health` says. */
export interface Health {
  readonly format: 1;
  readonly status: "ok" | "unavailable";
  /** Why it is unavailable: codes and words of ours, never what a database said. */
  readonly reasons: readonly string[];
  /** `yyyy-MM-ddTHH:mm:ss.sssZ`; null before the loop first turned. */
  readonly turnedAt: string | null;
  /** Due runs that did not start. They are no reason: a service that is started again could do nothing about them. */
  readonly alarms: number;
  readonly isConfigurationRefused: boolean;
}

/** Looks whether the service can do its work: the database answers, and the loop turned within a minute. Never rejects. */
export const healthOf = async (reading: Pick<ServiceReading, "answers">, state: ServiceState, clock: Clock): Promise<Health> => {
  const { turnedAt, alarms, isConfigurationRefused } = state;
  const reasons: string[] = [];
  const failure = await within(answerMs, reading.answers()).then(
    () => null,
    (error: unknown) => (error instanceof SluiceError ? error.code : "it does not answer"),
  );
  if (failure !== null) reasons.push(`database: ${failure}`);
  if (turnedAt === null) reasons.push("scheduler: its loop has not turned yet");
  else if (clock.now() - turnedAt > longestTurnMs) {
    reasons.push(`scheduler: its loop has not turned for ${Math.round((clock.now() - turnedAt) / 1000)} seconds`);
  }
  return {
    format: 1,
    status: reasons.length === 0 ? "ok" : "unavailable",
    reasons,
    turnedAt: turnedAt === null ? null : new Date(turnedAt).toISOString(),
    alarms: alarms.length,
    isConfigurationRefused,
  };
};

/** By the system's own timer, as the driver's time limits are: a clock that is handed in may leap while an answer is under way. */
const within = async <T>(milliseconds: number, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("too late")), milliseconds);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
};
