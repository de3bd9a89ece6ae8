import type { Knex } from "knex";

/** Inserts one row and gives the number that the database gave it: the only column that comes back, whatever a server calls it. */
export const insertedId = async (trx: Knex.Transaction, table: string, row: Readonly<Record<string, unknown>>): Promise<number> => {
  const [made] = (await trx(table).insert(row, "Id")) as Readonly<Record<string, unknown>>[];
  return Number(Object.values(made ?? {})[0]);
};
