import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { SluiceError } from "../../errors/index.js";
import type { Command } from "../command.js";
import { fault } from "./exit-codes.js";

/** `sluice xsd`, issue item 2: the catalogue of elements as an XML schema. */
export const xsd: Command = {
  definition: {
    name: "xsd",
    description: [
      "Writes the schema of the configuration files, for completion and documentation in an editor. It says what an editor can know; `sluice validate` checks more.",
    ],
    arguments: [],
    options: [{ name: "out", value: "FILE", help: "the file to write; default: stdout" }],
    formats: ["text"],
    exitCodes: [[0, "the schema was written"], [64, "wrong arguments, or the file could not be written"], fault],
    example: { command: "sluice xsd --out sluice.xsd", says: "then name the file in the editor's settings for *.xml" },
  },
  run: async ({ arguments: given, out, cwd }) => {
    const { writeXsd } = await import("../../config/index.js");
    const text = writeXsd();
    const file = given.value("out");
    if (file === null) {
      await out.write(text);
      return 0;
    }
    const path = resolve(cwd, file);
    try {
      await writeFile(path, text);
    } catch (error) {
      throw new SluiceError(
        "CMD_FILE_NOT_WRITTEN",
        { path, reason: error instanceof Error ? error.message : String(error) },
        { cause: error },
      );
    }
    await out.lines([`wrote ${path}`]);
    return 0;
  },
};
