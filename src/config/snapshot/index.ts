export { withoutSecretValues } from "./secret-values.js";
export { loadSnapshot } from "./snapshot.js";
