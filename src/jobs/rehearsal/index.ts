export { byProperty } from "./changed-property.js";
export { withRehearsalFolder } from "./rehearsal-folder.js";
export type { RehearsalReport, RehearsedTask } from "./rehearsal-report.js";
export { rehearseJob } from "./rehearse-job.js";
