import type { ConfigurationElement } from "../element.js";
import type { DraftJob } from "./draft-job.js";
import type { AgentSide } from "./draft-task.js";
import type { GeneratedValue } from "./generated-element.js";
import { idleNotes } from "./idle-kind.js";
import type { Made, Workshop } from "./workshop.js";

/** The labels of a scaffolding, which become the job's; the first one is made where it is not given. */
const labels = (scaffolding: ConfigurationElement, standard: string): Readonly<Record<string, GeneratedValue>> => {
  const given = Object.fromEntries(
    [...scaffolding.given].filter(([name]) => name.startsWith("DisplayName_L")).map(([name, value]) => [name, value]),
  );
  return { DisplayName_L1: standard, ...given };
};

/**
 * The agent and the client that the agent-side tasks of a job name; null, with a finding, where nothing says who they are. Scaffolding, settings
 * `OpenId.AgentIdentifier` and `OpenId.DefaultOpenIdClient`, in this order.
 */
export const agentSide = ({ scaffolding, given, defaults, findings }: Workshop, agent: string | null): AgentSide | null => {
  const client = given.one("OpenIdIdentifier")?.string("Identifier") ?? defaults.openIdClient;
  const runs = agent ?? defaults.agent;
  const missing = [
    ...(runs === null ? ["an agent (Agent of the connector, or the setting OpenId.AgentIdentifier)"] : []),
    ...(client === null ? ["a client for its agent-side tasks (OpenIdIdentifier, or the setting OpenId.DefaultOpenIdClient)"] : []),
  ];
  if (runs !== null && client !== null) return { agent: runs, openIdClient: client };
  findings.error("CFG_SCAFFOLDING_NEEDS", { scaffolding: scaffolding.name, missing: missing.join(" and ") }, scaffolding.place());
  return null;
};

/** Arguments that are taken and change nothing here. */
const idleArguments = ["FormatPropertiesInResource", "FulfillInternalWorkflowsPath"];

/** The job of a draft with its schedule and labels, changed as the arguments say; with DoNotCreateJob its tasks alone. */
export const frame = (
  { scaffolding, given, declared }: Workshop,
  draft: DraftJob,
  label: string,
  attributes: Readonly<Record<string, GeneratedValue>>,
  notes: readonly string[],
): Made => {
  const said = [
    ...notes,
    ...idleNotes(draft.tasks.map(({ element }) => element)),
    ...idleArguments.filter((name) => given.has(name)).map((name) => `${name} changes nothing yet`),
  ];
  if (given.has("DoNotCreateJob")) {
    const unused = ["AddTask", "CronTabExpression"].filter((name) => given.has(name)).map((name) => `${name} has no job to change`);
    return { elements: draft.rootTasks(), jobs: [], notes: ["DoNotCreateJob: the tasks stand at the root", ...unused, ...said] };
  }
  draft.follow(given, declared);
  const schedule = given.one("CronTabExpression");
  const times = schedule === null ? {} : { CronTabExpression: schedule.string("CronTab"), CronTimeZone: schedule.string("CronTimeZone") };
  const job = draft.job({ ...labels(scaffolding, label), ...attributes, ...times }, declared);
  return { elements: [job], jobs: [draft.identifier], notes: said };
};
