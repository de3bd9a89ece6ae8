import type { Counters } from "../model/index.js";
import { formatCount } from "./terminal/index.js";

/** `linksInserted` → `links inserted`. */
const words = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** `2,000 read, 3 duplicates`: what is above 0; `nothing changed` where a synchronization counted nothing. */
export const counterText = (counters: Counters | null): string => {
  const entries = Object.entries(counters ?? {});
  const counted = entries.filter(([, count]) => count !== 0).map(([name, count]) => `${formatCount(count)} ${words(name)}`);
  if (counted.length > 0) return counted.join(", ");
  if (entries.length === 0) return "";
  return counters !== null && "linksInserted" in counters ? "nothing changed" : `0 ${words(entries[0]?.[0] ?? "")}`;
};
