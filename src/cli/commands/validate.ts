import type { Finding, LoadedWorkspace } from "../../config/index.js";
import type { Command } from "../command.js";
import { findingLine, sortFindings } from "../finding.js";
import { formatCount, formatNoun } from "../terminal/index.js";
import { readWorkspace } from "../workspace.js";
import { fault } from "./exit-codes.js";

/**
 * `sluice validate`, design §4. With `--json` one document:
 *
 *     {"format":1,"valid":true,"files":12,"errors":0,"warnings":3,
 *      "counts":{"connectors":2,"entityTypes":4,"jobs":4},   null when there are errors: then nothing was compiled
 *      "findings":[{"severity":"warning","code":"CFG_…","message":"…","file":"…","line":3,"column":5}],
 *      "accepted":{"Menu":10,"Form":4}}                       documented elements that Sluice does not use
 */
export const validate: Command = {
  definition: {
    name: "validate",
    description: [
      "Checks the whole configuration of the workspace: every XML file, appsettings.json, appsettings.agent.json and the environment. All findings are printed at once, each as file:line:column: error CODE: text, or warning.",
      "It touches nothing: no file is written, no database and no managed system is asked.",
    ],
    arguments: [],
    options: [],
    formats: ["text", "json"],
    exitCodes: [[0, "no error; there may be warnings"], [64, "at least one error, or wrong arguments"], fault],
    example: {
      command: "sluice validate --workspace examples",
      says: "checks the example and ends with one line that counts what was found",
    },
  },
  run: async (invocation) => {
    const { out, style } = invocation;
    const loaded = await readWorkspace(invocation);
    const findings = sortFindings(await allFindings(loaded));
    const errors = findings.filter((finding) => finding.severity === "error").length;
    const warnings = findings.length - errors;
    if (invocation.arguments.isJson) {
      const document = {
        format: 1,
        valid: errors === 0,
        files: loaded.files,
        errors,
        warnings,
        counts:
          loaded.configuration === null
            ? null
            : {
                connectors: loaded.configuration.connectors.size,
                entityTypes: loaded.configuration.entityTypes.size,
                jobs: loaded.configuration.jobs.size,
              },
        findings: findings.map((finding) => ({ ...finding, line: finding.line ?? null, column: finding.column ?? null })),
        accepted: Object.fromEntries(loaded.accepted),
      };
      await out.write(`${JSON.stringify(document)}\n`);
    } else {
      await out.lines(findings.map((finding) => findingLine(finding, style)));
      const summary = summaryLine(loaded, errors, warnings);
      await out.lines([errors > 0 ? style.bad(summary) : warnings > 0 ? style.warning(summary) : style.good(summary)]);
    }
    return errors === 0 ? 0 : 64;
  },
};

/** Those of the files, and those of the task graphs of what was compiled from them. */
const allFindings = async ({ configuration, findings }: LoadedWorkspace): Promise<readonly Finding[]> => {
  if (configuration === null) return findings;
  const { graphFindings } = await import("../../jobs/graph/index.js");
  return [...findings, ...graphFindings(configuration)];
};

/** `12 files, 2 connectors, 4 jobs: no errors, 3 warnings; 14 elements accepted that Sluice does not use: Menu 10, Form 4`. */
const summaryLine = ({ configuration, accepted, files }: LoadedWorkspace, errors: number, warnings: number): string => {
  const what =
    configuration === null
      ? formatNoun(files, "file")
      : [
          formatNoun(files, "file"),
          formatNoun(configuration.connectors.size, "connector"),
          formatNoun(configuration.jobs.size, "job"),
        ].join(", ");
  const found = `${errors === 0 ? "no errors" : formatNoun(errors, "error")}, ${warnings === 0 ? "no warnings" : formatNoun(warnings, "warning")}`;
  const unused = [...accepted].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  const total = unused.reduce((sum, [, count]) => sum + count, 0);
  const rest =
    total === 0
      ? ""
      : `; ${formatNoun(total, "element")} accepted that Sluice does not use: ${unused.map(([name, count]) => `${name} ${formatCount(count)}`).join(", ")}`;
  return `${what}: ${found}${rest}`;
};
