import { nextStepsOf, quoted } from "../next-step.js";
import type { JobEnd } from "./job-end.js";
import type { MailBlock } from "./mail-block.js";

/** The commands with which a person goes on, exactly as they are typed on the machine that runs the job. */
export const nextSteps = ({ instance, tasks, state, workspace }: JobEnd): MailBlock => {
  const look = { command: `status --instance ${instance.id}`, does: "shows it with all its tasks" };
  const steps = [...(state === "Completed" || state === "Cancelled" ? [look] : []), ...nextStepsOf(instance, tasks, state)];
  const commands = steps.map(({ command, does }) => [`sluice ${command} --workspace ${quoted(workspace)}`, does] as const);
  return { kind: "commands", title: state === "Completed" ? "To look at it" : "What to do next", commands };
};
