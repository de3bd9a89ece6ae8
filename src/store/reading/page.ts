import type { Knex } from "knex";

/** Rows read at a time: enough to make a statement's cost vanish, few enough for some megabytes. */
export const pageRows = 5000;
/** Values in one IN list: below SQL Server's 2,100 parameters a statement, with room for the others. */
const listed = 1000;

/** Cuts values into lists that a statement can take; duplicates are left out. */
export const lists = (values: Iterable<number>): number[][] => {
  const distinct = [...new Set(values)];
  return Array.from({ length: Math.ceil(distinct.length / listed) }, (_, index) => distinct.slice(index * listed, (index + 1) * listed));
};

/**
 * Runs a reading in one transaction, so that all its pages show the same moment even while a job writes: always so on SQLite, on SQL Server where the database allows
 * snapshots (`database status` says whether it does; without them each page shows its own moment).
 * The transaction ends when the reader is done or goes away.
 */
export async function* inSnapshot<T>(knex: Knex, read: (snapshot: Knex) => AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  const { allowsSnapshots = false } = (knex.userParams ?? {}) as { readonly allowsSnapshots?: boolean };
  const transaction = await (allowsSnapshots ? knex.transaction(undefined, { isolationLevel: "snapshot" }) : knex.transaction());
  try {
    yield* read(transaction);
  } catch (error) {
    // The server may have ended the transaction already; what went wrong is thrown, not what that makes of the end.
    await transaction.rollback().catch(() => undefined);
    throw error;
  } finally {
    if (!transaction.isCompleted()) await transaction.commit();
  }
}
