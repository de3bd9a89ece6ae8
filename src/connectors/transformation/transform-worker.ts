import type { WorkerMain } from "../../sync/index.js";
import { type TransformInput, type TransformOutput, transformFiles } from "./transform-files.js";

const main: WorkerMain<TransformInput, TransformOutput> = transformFiles;
export default main;
