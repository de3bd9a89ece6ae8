/**
 * One kind of error: its exit code (design §4), whether running again may help, and its sentence.
 * The sentence says what is wrong and what to do; it never holds a secret.
 */
export interface ErrorDefinition<P> {
  /** 1 a task failed · 64 arguments or configuration · 69 unreachable · 70 a fault of Sluice · 75 a lock is held. */
  readonly exit: 1 | 64 | 69 | 70 | 75;
  readonly retryable: boolean;
  readonly text: (parameters: P) => string;
}

/** Keeps each code's parameter type while checking the shape. */
export const defineErrors = <T extends Record<string, ErrorDefinition<never>>>(definitions: T): T => definitions;
