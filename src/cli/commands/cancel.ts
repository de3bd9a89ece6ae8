import type { AbortedInstance } from "../../store/index.js";
import type { Command } from "../command.js";
import { tellOfDead } from "../dead-instances.js";
import { hintedCommand } from "../hint.js";
import { useStoreOfInstance } from "../repository.js";
import { WaitNotice } from "../wait-notice.js";
import { readSettings } from "../workspace.js";
import { fault, locked, unreachable, wrongCall } from "./exit-codes.js";

/** `sluice cancel`, design §4. The JSON document is `{"format":1,"jobInstance":12,"outcome":"requested"|"closed","dropped":["…"]}`. */
export const cancel: Command = {
  definition: {
    name: "cancel",
    description: [
      "Cancels a job instance. One that runs, also on another machine, ends its running tasks and starts no other. One that is blocked is closed, and what it staged is dropped: nothing of it was applied, and the next run compares anew.",
    ],
    arguments: [{ name: "N", help: "the number of the job instance" }],
    options: [{ name: "reason", value: "TEXT", help: "why; kept with who and when" }],
    formats: ["text", "json"],
    exitCodes: [[0, "cancelled, or asked to"], wrongCall, unreachable, fault, locked],
    example: { command: 'sluice cancel 12 --reason "export was cut off"', says: "closes the blocked instance 12" },
  },
  run: async (invocation) => {
    const { arguments: given, out } = invocation;
    const jobInstance = given.instance("N");
    const configuration = await readSettings(invocation);
    const { cancelInstance, startedBy } = await import("../../jobs/index.js");
    const outcome = await useStoreOfInstance(
      configuration,
      jobInstance,
      async (store) => {
        let dead: readonly AbortedInstance[] = [];
        const onDead = (aborted: readonly AbortedInstance[]): void => {
          dead = aborted;
        };
        try {
          return await cancelInstance({ store, jobInstance, by: startedBy(), reason: given.value("reason") ?? undefined, onDead });
        } finally {
          await tellOfDead(invocation, store, dead);
        }
      },
      new WaitNotice(invocation).options,
    );
    if (given.isJson) {
      const dropped = outcome.outcome === "closed" ? outcome.dropped : [];
      await out.write(`${JSON.stringify({ format: 1, jobInstance, outcome: outcome.outcome, dropped })}\n`);
    } else if (outcome.outcome === "requested") {
      await out.lines([
        `instance ${jobInstance} was asked to stop: its running tasks end, none is started`,
        `${hintedCommand(invocation, `status --instance ${jobInstance}`)} shows when it has`,
      ]);
    } else {
      await out.lines([`instance ${jobInstance} is closed; dropped what these tasks had staged: ${outcome.dropped.join(", ")}`]);
    }
    return 0;
  },
};
