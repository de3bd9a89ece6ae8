export { type CopyProgress, type CopyReport, type CopyRequest, copyRepository } from "./copy-repository.js";
