export { ServerConnection } from "./connection.js";
export { errorCodes, errorNumbers, errorText, keepText } from "./driver-error.js";
export { type SqlServerTarget, sqlServerTarget } from "./target.js";
