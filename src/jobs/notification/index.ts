export { notificationCounts } from "./notification-count.js";
export { notifyDead } from "./notify-dead.js";
export { notifyEnd } from "./notify-end.js";
