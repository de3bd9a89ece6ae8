import { agentTasks } from "./agent-tasks.js";
import {
  type AttributeDefinition,
  type ElementDefinition,
  element,
  flag,
  identifier,
  integer,
  label,
  reference,
  softReference,
} from "./definition.js";
import { serverTasks } from "./server-tasks.js";
import type { TaskShape } from "./task-shape.js";

const shapes: Readonly<Record<string, TaskShape>> = { ...agentTasks, ...serverTasks };

const agentRequired = { agent: true, either: false, server: false } as const;

/** jobs-and-tasks §1: attributes that every task has. ContinueOnError is honoured anywhere (§6). */
const common = (side: TaskShape["side"]): readonly AttributeDefinition[] => [
  identifier("name", "Name, needed to be referred to. Absent: made from job, task, connector and mode.", {}),
  label(),
  softReference("Agent", "Agent", "Agent that runs it.", { required: agentRequired[side] }),
  softReference("OpenIdClient", "OpenIdClient", "Client that it uses towards the server.", { required: agentRequired[side] }),
  flag("ContinueOnError", "An error becomes a warning and the job goes on."),
  integer("Level", -1, null, "Launch group in its job; -1 is a group of its own.", { default: -1 }),
];

/** Any task may hold these (jobs-and-tasks §1). */
const taskChildren = ["TaskDependsOnTask", "TaskDependOnTask", "TaskDimension"];

const childElements: readonly ElementDefinition[] = [
  element(
    "TaskDependsOnTask",
    "jobs-and-tasks §3.3",
    "The task runs only when that task produced an output.",
    [reference("ParentTask", "Task", "Task that comes first.", { required: true })],
    { isRoot: false },
  ),
  element(
    "TaskDependOnTask",
    "jobs-and-tasks §1",
    "TaskDependsOnTask under its name in the API.",
    [reference("ParentTask", "Task", "Task that comes first.", { required: true }), reference("ChildTask", "Task", "The task itself.")],
    { isRoot: false },
  ),
  element(
    "TaskEntityType",
    "jobs-and-tasks §1",
    "An entity type that the task works on.",
    [
      reference("EntityType", "EntityType", "The entity type.", { required: true }),
      reference("Identifier", "EntityType", "Other spelling of EntityType."),
    ],
    { isRoot: false },
  ),
  element(
    "TaskResourceType",
    "jobs-and-tasks §1",
    "A resource type that the task works on.",
    [reference("ResourceType", "ResourceType", "The resource type.", { required: true })],
    { isRoot: false },
  ),
  element("TaskDimension", "jobs-and-tasks §1", "A dimension of the task.", [reference("Dimension", "Dimension", "The dimension.")], {
    isRoot: false,
    status: "accepted",
    isOpen: true,
  }),
];

const taskElements: readonly ElementDefinition[] = Object.entries(shapes).map(([name, shape]) =>
  element(name, shape.source, shape.documentation, [...common(shape.side), ...(shape.attributes ?? [])], {
    status: shape.status ?? "used",
    side: shape.side,
    declares: "Task",
    children: [...taskChildren, ...(shape.children ?? [])],
  }),
);

/** jobs-and-tasks §1: an override gives what differs, so nothing but the name of the task is required. */
const overrideElements: readonly ElementDefinition[] = taskElements.map((task) =>
  element(
    `${task.name}Override`,
    "jobs-and-tasks §1",
    `Changes a ${task.name} for one job: attributes given replace the task's, children given replace all of the task's.`,
    task.attributes.map((attribute) =>
      attribute.name === "Identifier"
        ? reference("Identifier", "Task", "Task that is changed.", { required: true })
        : { ...attribute, required: false },
    ),
    { isRoot: false, status: task.status, children: task.children, overrides: task.name, side: task.side },
  ),
);

export const taskNames: readonly string[] = Object.keys(shapes);
export const overrideNames: readonly string[] = overrideElements.map(({ name }) => name);
export const allTaskElements: readonly ElementDefinition[] = [...childElements, ...taskElements, ...overrideElements];
