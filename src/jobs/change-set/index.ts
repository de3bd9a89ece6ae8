export { applyPlan } from "./apply-plan.js";
export { undoInstance } from "./undo-instance.js";
