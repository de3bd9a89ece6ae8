export { Dirty } from "./dirty.js";
