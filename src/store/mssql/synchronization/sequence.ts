import type { Clock } from "../../../model/index.js";
import type { Database } from "./database.js";

/** Last number given out of a sequence of UM_Sequences; 0 before the first. */
export const lastNumber = (db: Database, name: string): Promise<number> => db.count("SELECT Value FROM UM_Sequences WHERE Name = ?", name);

/** Records the last number given out. Called before the transaction that used the numbers commits; the writer is held, so nobody else inserts the row. */
export const keepNumber = async (db: Database, name: string, value: number): Promise<void> => {
  const kept = await db.run("UPDATE UM_Sequences SET Value = ? WHERE Name = ?", value, name);
  if (kept === 0) await db.run("INSERT INTO UM_Sequences (Name, Value) VALUES (?, ?)", name, value);
};

/**
 * The time that a transaction's versions begin at: the later of the clock and the last such time plus 1 ms, so that time never runs back and no two
 * transactions share one (design §6, history).
 */
export const transactionTime = async (db: Database, clock: Clock): Promise<string> => {
  const last = await db.get("SELECT Now FROM UM_Clock WHERE Id = 1");
  const earliest = last === null ? 0 : Date.parse(String(last[0])) + 1;
  const now = new Date(Math.max(clock.now(), earliest)).toISOString();
  if (last === null) await db.run("INSERT INTO UM_Clock (Id, Now) VALUES (1, ?)", now);
  else await db.run("UPDATE UM_Clock SET Now = ? WHERE Id = 1", now);
  return now;
};
