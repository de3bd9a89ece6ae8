import { checkGenerated } from "../check.js";
import type { Expansion } from "../configuration.js";
import { type Declared, placeText } from "../declared.js";
import type { ConfigurationElement } from "../element.js";
import type { Findings } from "../findings.js";
import type { ScaffoldingSettings } from "../settings/scaffolding-settings.js";
import type { ConnectionSettings } from "../settings.js";
import type { XmlElement } from "../xml/element.js";
import { connectorJobs } from "./connector-jobs.js";
import { connectorParts } from "./connector-part.js";
import { initializationJob } from "./initialization-job.js";
import { roleModelScope } from "./role-model-scope.js";
import { ScaffoldingArguments } from "./scaffolding-arguments.js";
import { accessCertificationJob, cleanDatabaseJob } from "./server-jobs.js";
import { agentSynchronization, connectorSynchronization } from "./synchronization-job.js";
import type { Made, Workshop } from "./workshop.js";

/** What each job scaffolding makes; null where what it needs is missing, which a finding says. */
const makers: Readonly<Record<string, (workshop: Workshop) => Made | null>> = {
  CreateConnectorSynchroComplete: (workshop) => connectorSynchronization(workshop, "Complete"),
  CreateConnectorSynchroIncremental: (workshop) => connectorSynchronization(workshop, "Incremental"),
  CreateAgentSynchroComplete: (workshop) => agentSynchronization(workshop, "Complete"),
  CreateAgentSynchroIncremental: (workshop) => agentSynchronization(workshop, "Incremental"),
  CreateInitializationJob: initializationJob,
  CreateAccessCertificationJob: accessCertificationJob,
  CleanDatabaseJob: cleanDatabaseJob,
  CreateConnectorsJobs: connectorJobs,
};

/** What is known of a workspace when its scaffoldings are expanded. */
export interface ExpansionOptions {
  /** What was written by hand. */
  readonly declared: Declared;
  /** Settings of connections, by identifier in lower case. */
  readonly connections: ReadonlyMap<string, ConnectionSettings>;
  readonly defaults: ScaffoldingSettings;
}

const tasksIn = ({ name, children }: XmlElement): number =>
  name === "Job" ? children.filter((child) => !/^Step$|Override$/.test(child.name)).length : 1;

/**
 * Makes the jobs that the scaffoldings of a workspace stand for (jobs-and-tasks §5), checked like elements that were written there; their places are those of the scaffoldings. Adds a finding
 * for an argument that cannot be followed, for what is missing, and for a job whose name is taken: of that one nothing is made.
 */
export const expandScaffoldings = (
  { declared, connections, defaults }: ExpansionOptions,
  findings: Findings,
): { readonly expansions: readonly Expansion[]; readonly elements: readonly ConfigurationElement[] } => {
  const scaffoldings = declared.roots.filter(({ name }) => Object.hasOwn(makers, name));
  if (scaffoldings.length === 0) return { expansions: [], elements: [] };
  const shared = { declared, connections, defaults, findings, connectors: connectorParts(declared), roleModel: roleModelScope(declared) };
  const taken = new Map([...declared.ofIgnoringCase("Job")].map(([lower, job]) => [lower, job]));
  const expansions: Expansion[] = [];
  const elements: ConfigurationElement[] = [];
  for (const scaffolding of scaffoldings) {
    const made = makers[scaffolding.name]?.({ ...shared, scaffolding, given: new ScaffoldingArguments(scaffolding, findings) }) ?? null;
    if (made === null) continue;
    const clash = made.jobs.find((job) => taken.has(job.toLowerCase()));
    if (clash !== undefined) {
      const other = taken.get(clash.toLowerCase());
      const parameters = {
        scaffolding: scaffolding.name,
        job: clash,
        first: placeText(other?.place() ?? {}),
        canName: scaffolding.definition.attributes.length > 0,
      };
      findings.error("CFG_SCAFFOLDING_JOB", parameters, scaffolding.place());
      continue;
    }
    for (const job of made.jobs) taken.set(job.toLowerCase(), scaffolding);
    elements.push(...checkGenerated(made.elements, scaffolding, findings));
    expansions.push({
      scaffolding: scaffolding.name,
      place: scaffolding.place(),
      jobs: made.jobs,
      tasks: made.elements.reduce((count, element) => count + tasksIn(element), 0),
      notes: made.notes,
      elements: made.elements,
    });
  }
  return { expansions, elements };
};
