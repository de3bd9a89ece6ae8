import type { Knex } from "knex";

/** `session`: order of announcement of sessions. `fence`: every taking of an instance by a runner. `dirty`: every flagging of changes (design §6). */
type Sequence = "session" | "fence" | "dirty";

/** The next value of a sequence, from 1; never given twice, since the transaction holds the writer. */
export const nextValue = async (trx: Knex.Transaction, name: Sequence): Promise<number> => {
  const updated = await trx("UM_Sequences").where({ Name: name }).increment("Value", 1);
  if (updated === 0) throw new Error(`UM_Sequences has lost its row ${name}`);
  const row = (await trx("UM_Sequences").where({ Name: name }).first("Value")) as { Value: number };
  return Number(row.Value);
};
