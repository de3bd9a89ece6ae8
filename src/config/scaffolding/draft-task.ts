import type { SynchronizationType } from "../../model/index.js";
import { catalogue } from "../catalogue/index.js";
import type { ConfigurationElement } from "../element.js";
import type { XmlElement } from "../xml/element.js";
import { type GeneratedValue, generatedElement } from "./generated-element.js";

/** A task that a scaffolding makes, before it has its place. */
export interface DraftTask {
  readonly element: string;
  readonly label: string;
  /** Connection or connector that tells it from others of its kind. */
  readonly subject?: string | null;
  /** The mode of a preparation, the number of a round. */
  readonly suffix?: string | number;
  readonly attributes?: Readonly<Record<string, GeneratedValue>>;
  readonly entityTypes?: readonly string[];
  readonly resourceTypes?: readonly string[];
  readonly parents?: readonly string[];
}

/** Who runs the agent-side tasks of a generated job. */
export interface AgentSide {
  readonly agent: string;
  readonly openIdClient: string;
}

/** `ExportTask` → `Export`. */
export const kindOf = (element: string): string => element.replace(/Task$/, "");

/** `<Job>_<Task>_<Connection or connector>_<Mode or round>` with what there is of it, as jobs-and-tasks §1 names tasks. */
export const draftIdentifier = (job: string, { element, subject, suffix }: DraftTask): string =>
  [job, kindOf(element), subject ?? null, suffix ?? null].filter((part) => part !== null).join("_");

/** `None` is what stands for nothing written. */
export const typeAttribute = (type: SynchronizationType): GeneratedValue => (type === "None" ? null : type);

/** The element of a task at its place; with a level of null it stands at the root of the configuration. */
export const taskElement = (
  task: DraftTask,
  identifier: string,
  level: number | null,
  parents: readonly string[],
  side: AgentSide | null,
  of: ConfigurationElement,
): XmlElement => {
  const isAgents = side !== null && catalogue.get(task.element)?.side !== "server";
  return generatedElement(
    task.element,
    {
      Identifier: identifier,
      DisplayName_L1: task.label,
      Agent: isAgents ? side.agent : null,
      OpenIdClient: isAgents ? side.openIdClient : null,
      ...task.attributes,
      Level: level,
    },
    [
      ...parents.map((ParentTask) => generatedElement("TaskDependsOnTask", { ParentTask }, [], of)),
      ...(task.entityTypes ?? []).map((EntityType) => generatedElement("TaskEntityType", { EntityType }, [], of)),
      ...(task.resourceTypes ?? []).map((ResourceType) => generatedElement("TaskResourceType", { ResourceType }, [], of)),
    ],
    of,
  );
};
