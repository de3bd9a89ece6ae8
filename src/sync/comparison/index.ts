export * from "./joined-form.js";
export * from "./merge.js";
export * from "./sorted-file.js";
