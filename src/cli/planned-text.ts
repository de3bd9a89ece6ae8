import { formatNoun } from "./terminal/index.js";

/** What a plan holds, counted as `changes` and the counters count: resources and links. Claims, what sources say of links, change no row that anybody reads, and are named apart. */
export const plannedText = (changes: number, claims: number): string =>
  `${formatNoun(changes, "change")} of resources and links${claims === 0 ? "" : ` (and ${formatNoun(claims, "claim")} of its sources)`}`;
