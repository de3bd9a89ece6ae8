import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Takes a module's `import.meta.url`, gives whether Node was started with this module rather than imported it. */
export const isProgram = (url) => process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url);
