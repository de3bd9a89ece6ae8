export { csvFormOf } from "./csv-form.js";
export { countReferences, studyCsv } from "./csv-study.js";
export { pascalCase } from "./name.js";
export { keyOf, type Proposal, proposeFor } from "./proposal.js";
export { filesOf, jobsOf, type ProposedFile } from "./proposal-files.js";
