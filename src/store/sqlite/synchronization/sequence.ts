import type { Clock } from "../../../model/index.js";
import type { Database } from "./database.js";

/** Last number given out of a sequence of UM_Sequences; 0 before the first. */
export const lastNumber = (db: Database, name: string): number => db.count("SELECT Value FROM UM_Sequences WHERE Name = ?", name);

/** Records the last number given out. Called before the transaction that used the numbers commits. */
export const keepNumber = (db: Database, name: string, value: number): void => {
  db.run("INSERT INTO UM_Sequences (Name, Value) VALUES (?, ?) ON CONFLICT (Name) DO UPDATE SET Value = excluded.Value", name, value);
};

/**
 * The time that a transaction's versions begin at: the later of the clock and the last such time plus 1 ms, so that time never runs back and no two
 * transactions share one (design §6, history).
 */
export const transactionTime = (db: Database, clock: Clock): string => {
  const last = db.get("SELECT Now FROM UM_Clock WHERE Id = 1");
  const earliest = last === null ? 0 : Date.parse(String(last[0])) + 1;
  const now = new Date(Math.max(clock.now(), earliest)).toISOString();
  db.run("INSERT INTO UM_Clock (Id, Now) VALUES (1, ?) ON CONFLICT (Id) DO UPDATE SET Now = excluded.Now", now);
  return now;
};
