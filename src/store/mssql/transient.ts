import { errorCodes, errorNumbers } from "../../sqlserver/index.js";

/** The server rolled back the transaction, or only its statement, in favour of another one: deadlock, lock timeout, snapshot conflicts. */
const contentions: ReadonlySet<number> = new Set([1205, 1222, 3960, 3961, 41302, 41305, 41325]);

/**
 * The server cannot serve at this moment and says so: moved or restarted (Azure SQL: 40197, 40613, 40143, 40166, 40540; shutting down, upgrading or recovering: 6005,
 * 18401, 18451, 922), short of resources (40501, 49918 to 49920, 10928, 10929, 10936, memory 701 and 8645), an availability group that fails over (976, 983).
 */
const passing: ReadonlySet<number> = new Set([
  40197, 40501, 40613, 40143, 40166, 40540, 49918, 49919, 49920, 10928, 10929, 10936, 6005, 18401, 18451, 922, 701, 8645, 976, 983,
]);

/** There was no connection, or it ended: a server rolls back what came by it and was not committed. */
const unconnected: ReadonlySet<string> = new Set(
  "ECONNREFUSED ENOTFOUND EAI_AGAIN EHOSTUNREACH ENETUNREACH EINSTLOOKUP ETIMEDOUT ECONNRESET ECONNABORTED EPIPE ECLOSE".split(" "),
);

/** How often and how long to wait in between, by kind. */
interface Rhythm {
  readonly tries: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

export type TransientKind = "contention" | "passing" | "unconnected";

const rhythms: Readonly<Record<TransientKind, Rhythm>> = {
  // The other transaction is short: some 10 s in all. A caller with patience of its own waits on.
  contention: { tries: 40, firstPauseMs: 10, longestPauseMs: 250 },
  // Azure SQL asks for 5 s before the first try again, and more after it: a failover takes up to a minute.
  passing: { tries: 5, firstPauseMs: 5_000, longestPauseMs: 30_000 },
  // A person waits who may have mistyped the name: 3.5 s in all.
  unconnected: { tries: 4, firstPauseMs: 500, longestPauseMs: 2_000 },
};

/** Whether an error says that another transaction was in the way: what was tried is rolled back, and trying again helps. */
export const isContention = (error: unknown): boolean => errorNumbers(error).some((number) => contentions.has(number));

/** Whether the server said that it cannot serve at this moment. */
export const isPassing = (error: unknown): boolean => errorNumbers(error).some((number) => passing.has(number));

const kindOf = (error: unknown): TransientKind | null => {
  if (isContention(error)) return "contention";
  if (isPassing(error)) return "passing";
  return errorCodes(error).some((code) => unconnected.has(code)) ? "unconnected" : null;
};

/** What had been asked of the server when the error came. */
export interface Attempt {
  /** Tries made, the failed one included. */
  readonly tries: number;
  /**
   * Whether the commit had been sent, as it is with a statement outside a transaction: then only the server's word that it rolled back makes a second try safe, since
   * the first may have been committed.
   */
  readonly isCommitSent: boolean;
}

/**
 * Decides whether what failed may be tried again, and after how long. Gives null where it may not: the error is none that passes, the tries are used up, or it is
 * unknown whether the work was committed. Pauses double up to the longest of their kind; the caller waits by its own `Timing`.
 */
export const retryAfter = (
  error: unknown,
  { tries, isCommitSent }: Attempt,
): { readonly kind: TransientKind; readonly pauseMs: number } | null => {
  const kind = kindOf(error);
  if (kind === null || (isCommitSent && kind !== "contention")) return null;
  const rhythm = rhythms[kind];
  if (tries >= rhythm.tries) return null;
  return { kind, pauseMs: Math.min(rhythm.firstPauseMs * 2 ** (tries - 1), rhythm.longestPauseMs) };
};
