export { Scheduler, type SchedulerState } from "./scheduler.js";
