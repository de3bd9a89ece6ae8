export { ExternalSort, type SortedRow } from "./external-sort.js";
export { RunFile } from "./run-file.js";
