export * from "./export-connection.js";
