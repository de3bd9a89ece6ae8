export { configurationText } from "./configuration-text.js";
export { connectorJobName, connectorTaskName } from "./connector-jobs.js";
export { expandScaffoldings } from "./expand.js";
export { generatedJobsText } from "./generated-jobs-text.js";
