export { applyRetention, type RetentionOutcome, type RetentionRequest } from "./apply-retention.js";
