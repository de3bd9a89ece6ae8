import type { JobEnd } from "./job-end.js";
import type { MailBlock } from "./mail-block.js";

/** A name or path as a shell takes it; what needs no quotes has none. */
const quoted = (text: string): string => (/^[\w./:\\~@-]+$/.test(text) ? text : `"${text.replaceAll('"', '\\"')}"`);

/** The commands with which a person goes on, exactly as they are typed on the machine that runs the job. */
export const nextSteps = (end: JobEnd): MailBlock => {
  const { instance, tasks, state, workspace } = end;
  const command = (text: string): string => `sluice ${text} --workspace ${quoted(workspace)}`;
  const look = [command(`status --instance ${instance.id}`), "shows it with all its tasks"] as const;
  const log = [command(`logs ${instance.id}`), "prints its log"] as const;
  const resume = command(`resume ${instance.id}`);
  const again = [runCommand(end, command), "runs it again from the beginning"] as const;
  const hasBlocked = tasks.some((task) => task.state === "Blocked");
  const commands = hasBlocked
    ? [
        [command(`changes ${instance.id}`), "shows what it would change"] as const,
        [resume, "applies exactly that, and goes on with the remaining tasks"] as const,
        [command(`cancel ${instance.id}`), "drops it; the next run compares anew"] as const,
        ...(state === "Blocked" ? [] : [log]),
      ]
    : state === "Errored" || state === "Aborted"
      ? [log, [resume, "goes on at its first unfinished task, once the cause is mended"] as const, again]
      : state === "Warning"
        ? [log, again]
        : state === "Cancelled"
          ? [look, again]
          : [look];
  return { kind: "commands", title: state === "Completed" ? "To look at it" : "What to do next", commands };
};

const runCommand = ({ instance }: JobEnd, command: (text: string) => string): string => {
  // The name of a documented tool's instance is its command line.
  if (instance.job.includes(" ")) return instance.job;
  return command(instance.plan.kind === "rootTask" ? `run --task ${quoted(instance.job)}` : `run ${quoted(instance.job)}`);
};
