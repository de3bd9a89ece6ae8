export { keepServiceEndpoint } from "./kept-endpoint.js";
export { type ServiceEndpoint, startServiceEndpoint } from "./service-endpoint.js";
export type { ServiceState } from "./service-state.js";
