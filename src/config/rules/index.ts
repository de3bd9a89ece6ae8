export { warnAboutConnectors } from "./connector.js";
export { warnAboutJobs } from "./job.js";
export { warnAboutNotification } from "./notification.js";
