export type { DoctorFinding, Level } from "./doctor-finding.js";
export { examine } from "./examine.js";
