import type { Counters } from "../model/index.js";
import { formatCount } from "./terminal/index.js";

/** `linksInserted` → `2 links inserted`, `1 link inserted`. */
const counted = (name: string, count: number): string => {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return `${formatCount(count)} ${count === 1 ? words.replace(/s(?= |$)/, "") : words}`;
};

/** What a synchronization changes, among its counters. */
const changed = ["inserted", "updated", "deleted", "linksInserted", "linksDeleted"];

/** `2,000 read, 3 duplicates`: what is above 0; `nothing changed` for a synchronization that changed nothing. */
export const counterText = (counters: Counters | null): string => {
  const entries = Object.entries(counters ?? {});
  const above = entries.filter(([, count]) => count !== 0).map(([name, count]) => counted(name, count));
  const isSynchronization = counters !== null && "linksInserted" in counters;
  if (isSynchronization && changed.every((name) => (counters[name] ?? 0) === 0)) above.unshift("nothing changed");
  if (above.length > 0) return above.join(", ");
  return entries.length === 0 ? "" : counted(entries[0]?.[0] ?? "", 0);
};
