export type { Finding, StandingChange, StandingRow } from "./row.js";
export { StandsOut, standsOutLines } from "./stands-out.js";
