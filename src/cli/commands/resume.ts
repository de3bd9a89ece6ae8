import type { Command } from "../command.js";
import { conduct } from "../conduct.js";
import { useStoreOfInstance } from "../repository.js";
import { WaitNotice } from "../wait-notice.js";
import { readConfiguration } from "../workspace.js";
import { runningExitCodes } from "./exit-codes.js";

/** `sluice resume`, design §4 and §8. */
export const resume: Command = {
  definition: {
    name: "resume",
    description: [
      "Applies exactly what a blocked job instance has staged, without asking the sources again, and goes on with the tasks that were not started. Where a staged change no longer fits the repository nothing is applied: the conflicts are listed and the instance stays Blocked.",
    ],
    arguments: [{ name: "N", help: "the number of the job instance" }],
    options: [
      { name: "expect", value: "HASH", help: "refuses unless the staged set has this hash: that which sluice changes N printed" },
      { name: "accept", value: "warning", values: ["warning"], help: "exit code 0 for an instance that ends with Warning" },
      { name: "reason", value: "TEXT", help: "why; kept with who and when" },
    ],
    formats: ["text", "json"],
    exitCodes: runningExitCodes,
    example: { command: 'sluice resume 12 --reason "HR confirmed the leavers"', says: "applies what instance 12 staged" },
  },
  run: async (invocation) => {
    const given = invocation.arguments;
    const jobInstance = given.instance("N");
    const configuration = await readConfiguration(invocation);
    const { resumeInstance } = await import("../../jobs/index.js");
    const waits = new WaitNotice(invocation);
    return await useStoreOfInstance(
      configuration,
      jobInstance,
      (store) =>
        conduct(invocation, configuration, store, waits, (surroundings) =>
          resumeInstance({ ...surroundings, jobInstance, expect: given.value("expect")?.toLowerCase() }),
        ),
      waits.options,
    );
  },
};
