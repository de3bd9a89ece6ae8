/** Deepest chain of causes that is looked into: the driver's own are at most three deep. */
const deepest = 6;

interface Linked {
  readonly number?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly errors?: unknown;
  readonly cause?: unknown;
  readonly originalError?: unknown;
}

/** What an error said before knex put the statement in front of it. */
const spoken = new WeakMap<object, string>();

/** To be called before knex sees the error: a person is told what the server said, and needs no SQL for it. */
export const keepText = (error: unknown): void => {
  if (error instanceof Error) spoken.set(error, error.message);
};

/**
 * An error, what it gathers and what caused it: the driver wraps what the server, the socket or TLS said. Where a rollback failed too, knex throws that failure and
 * hangs what came before on it: the earlier one says more.
 */
function* chain(error: unknown, depth = 0): Generator<Linked> {
  if (typeof error !== "object" || error === null || depth > deepest) return;
  const linked = error as Linked;
  yield* chain(linked.originalError, depth + 1);
  yield linked;
  for (const each of Array.isArray(linked.errors) ? linked.errors : []) yield* chain(each, depth + 1);
  yield* chain(linked.cause, depth + 1);
}

/** The numbers of a server's errors (`sys.messages`), in the order sent: one statement can give several. Empty where the error is not the server's. */
export const errorNumbers = (error: unknown): readonly number[] =>
  [...chain(error)].flatMap(({ number }) => (typeof number === "number" ? [number] : []));

/** The codes of the driver, the socket and TLS, outermost first: `ESOCKET`, `ECONNREFUSED`. */
export const errorCodes = (error: unknown): readonly string[] =>
  [...chain(error)].flatMap(({ code }) => (typeof code === "string" ? [code] : []));

/** What the server said under a number, or where that is not given what stands outermost; on one line. It quotes names, never a password. */
export const errorText = (error: unknown, number?: number): string => {
  const said = [...chain(error)].find((each) =>
    number === undefined ? typeof each.message === "string" && each.message !== "" : each.number === number,
  );
  const message = said === undefined ? undefined : (spoken.get(said) ?? said.message);
  const text = (typeof message === "string" ? message : String(error)).replace(/\s+/g, " ").trim();
  return number === undefined ? text : `error ${number}: ${text}`;
};
