import { resolve } from "node:path";
import type { Command } from "../command.js";
import { conduct } from "../conduct.js";
import { keepConfiguration } from "../kept-configuration.js";
import { plannedText } from "../planned-text.js";
import { useStore } from "../repository.js";
import { printable } from "../terminal/index.js";
import { WaitNotice } from "../wait-notice.js";
import { readConfiguration } from "../workspace.js";
import { runningExitCodes } from "./exit-codes.js";

/** `sluice apply`: what `run --plan` wrote, exactly or not at all; design §8. */
export const apply: Command = {
  definition: {
    name: "apply",
    description: [
      "Applies exactly what a plan of sluice run --plan FILE says, without asking the sources again, as a job instance of its own: thresholds are enforced, a block is resumed or cancelled as any other. It is refused, and nothing is changed, where the file was altered, the mappings are others, or the repository is no longer what the plan was made on.",
      "A plan that holds no change is checked in the same way, and nothing is started (0; --json: jobInstance is null).",
      "Afterwards the next run of its connectors has to be a complete one: no files hold the state that a plan makes.",
    ],
    arguments: [{ name: "FILE", help: "the plan" }],
    options: [
      { name: "force", help: "thresholds are computed and shown, not enforced, in this run; recorded with who started it" },
      { name: "accept", value: "warning", values: ["warning"], help: "exit code 0 for an instance that ends with Warning" },
      { name: "reason", value: "TEXT", help: "why; kept with who and when" },
    ],
    formats: ["text", "json"],
    exitCodes: runningExitCodes,
    example: { command: 'sluice apply monday.plan --reason "HR approved it"', says: "applies what that plan says" },
  },
  run: async (invocation) => {
    const { arguments: given, cwd, out, err, errStyle } = invocation;
    const file = resolve(cwd, given.argument("FILE"));
    const configuration = await readConfiguration(invocation);
    const { applyPlan } = await import("../../jobs/index.js");
    const waits = new WaitNotice(invocation);
    return await useStore(
      configuration,
      async (store) => {
        await keepConfiguration(invocation, configuration, store);
        return await conduct(invocation, configuration, store, waits, (surroundings) =>
          applyPlan({
            ...surroundings,
            file,
            force: given.has("force"),
            onPlan: async ({ header, sections, claims, sha256 }) => {
              const left = header.leftOut.length === 0 ? [] : [`not in the plan, and not run: ${header.leftOut.join(", ")}`];
              const held = sections.map(({ task, changes }, index) => {
                const told = claims[index] ?? 0;
                return `${task}: ${plannedText(changes - told, told)}`;
              });
              const lines = [`plan of ${header.job}, made at ${header.madeAt}, SHA-256 ${sha256}`, ...held, ...left];
              await err.lines(lines.map((line) => errStyle.dim(printable(line))));
              if (sections.length > 0) return;
              if (given.isJson) await out.write(`${JSON.stringify({ format: 1, jobInstance: null, job: header.job, planHash: sha256 })}\n`);
              else await out.lines([`there is nothing to apply: the plan of ${printable(header.job)} holds no change`]);
            },
          }),
        );
      },
      waits.options,
    );
  },
};
