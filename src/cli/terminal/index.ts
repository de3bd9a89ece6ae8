export * from "./number.js";
export * from "./output.js";
export * from "./printable.js";
export * from "./style.js";
export * from "./table.js";
export * from "./width.js";
export * from "./wrap.js";
