/** What a database's errors mean; one object a dialect. */
export interface FailureDialect {
  /** Whether an error says that another transaction was in the way and that nothing was written, so that trying again helps. */
  isBusy(error: unknown): boolean;
  /** The error for a person: a SluiceError with its cause where the driver's error is known, else the error itself. */
  failure(error: unknown, database: string, secondsWaited: number): unknown;
  /**
   * Pause before the work may be tried again after an error that is no contention (ms), such as a server that fails over; null where it may not: the error does not pass, or nobody
   * knows whether the work was committed. `tries`: those made. Absent: nothing of the kind exists.
   */
  retryAfter?(error: unknown, attempt: { readonly tries: number; readonly isCommitSent: boolean }): number | null;
}
