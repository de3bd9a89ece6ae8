import type { Expansion } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import type { Command } from "../command.js";
import { InvalidConfiguration } from "../failure.js";
import { sortFindings } from "../finding.js";
import { formatNoun } from "../terminal/index.js";
import { readWorkspace } from "../workspace.js";
import { fault } from "./exit-codes.js";

/**
 * `sluice expand`, jobs-and-tasks §5: what the scaffoldings for jobs stand for. The JSON document is `{"format":1,"scaffoldings":[{"scaffolding","file","line","jobs","tasks","notes","xml"}]}`.
 */
export const expand: Command = {
  definition: {
    name: "expand",
    description: [
      "Prints the jobs and tasks that scaffoldings stand for as a configuration file: put in their place it gives the same jobs. Comments say where each comes from, what was left out, and which tasks do nothing yet.",
      "Works with a configuration that has errors, as far as they leave something to print, so that names can be looked up while it is written.",
    ],
    arguments: [
      { name: "NAME", optional: true, help: "only those of a generated job, or of a scaffolding by its element's name; default: all" },
    ],
    options: [],
    formats: ["xml", "json"],
    exitCodes: [[0, "the jobs were printed"], [64, "wrong arguments, or a configuration with errors"], fault],
    example: { command: "sluice expand HR_SynchroComplete", says: "prints that job, made by CreateConnectorSynchroComplete" },
  },
  run: async (invocation) => {
    const { arguments: given, out, err, errStyle } = invocation;
    const { configuration, expansions, findings } = await readWorkspace(invocation);
    const [first, ...others] = sortFindings(findings.filter(({ severity }) => severity === "error"));
    if (first !== undefined && expansions.length === 0) throw new InvalidConfiguration([first, ...others]);
    const name = given.optional("NAME");
    const wanted = name === null ? expansions : await named(expansions, name);
    const { configurationText } = await import("../../config/index.js");
    if (given.isJson)
      await out.write(`${JSON.stringify({ format: 1, scaffoldings: wanted.map((each) => documentOf(each, configurationText)) })}\n`);
    else await out.write(configurationText(wanted));
    if (configuration !== null) return 0;
    const count = formatNoun(others.length + 1, "error");
    await err.lines([errStyle.dim(`the configuration has ${count} at present: sluice validate lists all`)]);
    return 64;
  },
};

const named = async (expansions: readonly Expansion[], name: string): Promise<readonly Expansion[]> => {
  const found = expansions.filter(({ scaffolding, jobs }) => jobs.includes(name) || scaffolding.toLowerCase() === name.toLowerCase());
  if (found.length > 0) return found;
  const known = [...new Set(expansions.flatMap(({ scaffolding, jobs }) => [...jobs, scaffolding]))];
  const { nearestName } = await import("../../config/index.js");
  throw new SluiceError("CMD_UNKNOWN_NAME", {
    kind: "generated job or scaffolding",
    name,
    nearest: nearestName(name, known),
    known: known.length,
  });
};

const documentOf = (expansion: Expansion, text: (expansions: readonly Expansion[]) => string): object => {
  const { scaffolding, place, jobs, tasks, notes } = expansion;
  return { scaffolding, file: place.file, line: place.line, jobs, tasks, notes, xml: text([expansion]) };
};
