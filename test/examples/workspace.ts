import { fileURLToPath } from "node:url";

/** Absolute path of the example workspace. */
export const examples = fileURLToPath(new URL("../../examples/", import.meta.url));
