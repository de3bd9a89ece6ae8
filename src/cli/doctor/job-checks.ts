import type { RecordFacts } from "../../store/inspection/index.js";
import { formatDuration, formatTime } from "../terminal/index.js";
import { type DoctorFinding, ok, warning } from "./doctor-finding.js";

/** A clock that was set back by more than this shows in the history (ms). */
const noticedMs = 2_000;
/** A task without progress for so long is stalled (design §9). */
const stalledAfterMs = 600_000;
/** A prepared session that nobody took for so long waits for a job that does not come (ms): schedules are daily. */
const forgottenAfterMs = 26 * 3_600_000;

export interface Moment {
  /** This machine's clock (ms). */
  readonly now: number;
  /** The database's clock (ms): leases count on it. */
  readonly databaseNow: number;
}

/** What runs, and what may be left of runs that ended otherwise than they should. `hint` makes a command line of this workspace. */
export const jobFindings = (facts: RecordFacts, moment: Moment, hint: (command: string) => string): readonly DoctorFinding[] => {
  const isDead = (life: "alive" | "dead" | "unknown", leaseUntil: string | null): boolean =>
    life === "dead" || (life === "unknown" && (leaseUntil === null || Date.parse(leaseUntil) < moment.databaseNow));
  const findings: DoctorFinding[] = [];
  const gone = facts.running.filter(({ life, leaseUntil }) => isDead(life, leaseUntil));
  for (const { jobInstance, job, runner } of gone) {
    findings.push(
      warning(
        `jobs.${jobInstance}`,
        `instance ${jobInstance} of ${job} is said to run, but its runner is gone (${runner})`,
        `${hint("status")} makes it Aborted, and ${hint(`status --instance ${jobInstance}`)} shows how far it came; run the job again`,
      ),
    );
  }
  for (const { jobInstance, job, state, since, runner } of facts.running) {
    if (gone.some((each) => each.jobInstance === jobInstance)) continue;
    findings.push(ok(`jobs.${jobInstance}`, `instance ${jobInstance} of ${job} is ${state} since ${formatTime(since)} (${runner})`));
  }
  const running = new Set(facts.running.map(({ jobInstance }) => jobInstance));
  for (const { lock, jobInstance, runner, life } of facts.locks) {
    // Locks of instances that run go with them.
    if (running.has(jobInstance) || life !== "dead") continue;
    const saw = `the lock ${lock.replace(":", " ")} of instance ${jobInstance} is left of a process that is gone (${runner})`;
    findings.push(warning("jobs.locks", saw, `${hint("status")} frees it`));
  }
  for (const { jobInstance, task, since } of facts.tasks) {
    if (gone.some((each) => each.jobInstance === jobInstance) || moment.now - Date.parse(since) <= stalledAfterMs) continue;
    const saw = `task ${task} of instance ${jobInstance} makes no progress since ${formatTime(since)}`;
    findings.push(
      warning("jobs.tasks", saw, `${hint(`logs ${jobInstance}`)} shows what it does; ${hint(`cancel ${jobInstance}`)} ends it`),
    );
  }
  for (const { guid, connector, state, since } of facts.sessions) {
    const isForgotten = moment.now - Date.parse(since) > forgottenAfterMs;
    if (!isForgotten && (state === "ready" || running.size > 0)) continue;
    const saw = `session ${guid} of connector ${connector} is ${state} since ${formatTime(since)}, and no run takes it`;
    findings.push(
      warning("jobs.sessions", saw, "run the connector's job: its prepare task takes the place of what is left, and nothing is lost"),
    );
  }
  for (const { jobInstance, job, since } of facts.blocked) {
    const todo = `${hint(`status --instance ${jobInstance}`)} shows why; then ${hint(`resume ${jobInstance}`)} or ${hint(`cancel ${jobInstance}`)}`;
    findings.push(
      warning(
        `jobs.${jobInstance}`,
        `instance ${jobInstance} of ${job} is blocked since ${formatTime(since)}, and waits for a decision`,
        todo,
      ),
    );
  }
  const ahead = facts.clock === null ? 0 : Date.parse(facts.clock) - moment.now;
  if (ahead > noticedMs) {
    const saw = `the last change is dated ${formatDuration(ahead)} ahead of this machine's clock (${formatTime(facts.clock ?? "")})`;
    findings.push(
      warning(
        "jobs.clock",
        saw,
        "set the clock right (NTP); until it has passed that moment, changes are dated a millisecond after each other from there",
      ),
    );
  }
  if (findings.every(({ level }) => level === "ok")) findings.push(ok("jobs", "nothing is stuck or left over"));
  return findings;
};
