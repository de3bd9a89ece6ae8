import type { Command } from "../command.js";
import { conduct } from "../conduct.js";
import { type ChosenConfiguration, configurationOfInstance, readPresent } from "../instance-configuration.js";
import { useStoreOfInstance } from "../repository.js";
import { startThread } from "../started-thread.js";
import { WaitNotice } from "../wait-notice.js";
import { runningExitCodes } from "./exit-codes.js";

/** `sluice resume`, design §4 and §8. */
export const resume: Command = {
  definition: {
    name: "resume",
    description: [
      "Takes up a job instance that is Blocked, Errored or Aborted where it stopped. Of a blocked one it applies exactly what is staged, without asking the sources again; where a staged change no longer fits the repository nothing is applied: the conflicts are listed and the instance stays Blocked. Then tasks that failed or were aborted run again, and those that were not started run; what ended well is not repeated.",
      "A session or exported files that another run has replaced since are not gone on from: then it is refused, nothing is changed, and the job is to be run anew.",
    ],
    arguments: [{ name: "N", help: "the number of the job instance" }],
    options: [
      { name: "expect", value: "HASH", help: "refuses unless the staged set has this hash: that which sluice changes N printed" },
      {
        name: "configuration",
        value: "started|present",
        values: ["started", "present"],
        help: "which configuration it goes on under where the files changed since: that of the workspace (the default while it is valid), or the one the instance was started with, which every run keeps",
      },
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
    await startThread();
    const present = await readPresent(invocation);
    const chosen = given.value("configuration") as ChosenConfiguration | null;
    const { resumeInstance } = await import("../../jobs/index.js");
    const waits = new WaitNotice(invocation);
    return await useStoreOfInstance(
      present,
      jobInstance,
      async (store) => {
        const configuration = await configurationOfInstance(invocation, present, store, jobInstance, chosen);
        return await conduct(invocation, configuration, store, waits, (surroundings) =>
          resumeInstance({ ...surroundings, jobInstance, expect: given.value("expect")?.toLowerCase() }),
        );
      },
      waits.options,
    );
  },
};
