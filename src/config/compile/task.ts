import type { Task } from "../configuration.js";
import type { Declared } from "../declared.js";
import type { ConfigurationElement, Value } from "../element.js";
import type { Findings } from "../findings.js";

/** Identifier of each task element, given or generated. */
export type TaskNames = ReadonlyMap<ConfigurationElement, { readonly identifier: string; readonly isGenerated: boolean }>;

export const isTask = (element: ConfigurationElement): boolean => element.definition.declares === "Task";
export const isOverride = (element: ConfigurationElement): boolean => element.definition.overrides !== null;

/**
 * Gives every task an identifier (jobs-and-tasks §1): its own, else `<Job>_<Task>_<Connector>_<Mode>` with what there is of it, made
 * unique by a number. Generated ones are declared too, so that others can refer to them.
 */
export const nameTasks = (declared: Declared, findings: Findings): TaskNames => {
  const names = new Map<ConfigurationElement, { identifier: string; isGenerated: boolean }>();
  const tasks = declared.all.filter(isTask);
  const taken = new Set(declared.of("Task").keys());
  /** Where the search for a free number goes on: many tasks of one kind must not look through all of them each. */
  const next = new Map<string, number>();
  for (const element of tasks) {
    const given = element.string("Identifier");
    if (given !== null) {
      names.set(element, { identifier: given, isGenerated: false });
      continue;
    }
    const parts = [
      element.parent?.string("Identifier") ?? null,
      element.name.replace(/Task$/, ""),
      element.string("Connector") ?? element.string("Connection"),
      element.string("SynchronizationMode"),
    ];
    const base = parts.filter((part) => part !== null).join("_");
    let identifier = base;
    for (let number = next.get(base) ?? 2; taken.has(identifier); number++) {
      identifier = `${base}_${number}`;
      next.set(base, number + 1);
    }
    taken.add(identifier);
    names.set(element, { identifier, isGenerated: true });
    declared.declare("Task", identifier, element, findings);
  }
  return names;
};

/** Attributes that `Task` has fields of its own for, or that belong to the step. */
const notListed = new Set(["Identifier", "Level"]);

/** Child lists given by an override replace the task's, those it does not give stay (jobs-and-tasks §1). */
const childrenOf = (
  element: ConfigurationElement,
  override: ConfigurationElement | null,
  names: readonly string[],
): readonly ConfigurationElement[] => {
  const select = (from: ConfigurationElement) => from.children.filter((child) => names.includes(child.name));
  const replaced = override === null ? [] : select(override);
  return replaced.length > 0 ? replaced : select(element);
};

const unique = (values: readonly (string | null)[]): readonly string[] =>
  [...new Set(values.filter((value) => value !== null && value !== ""))] as string[];

/** TaskEntityType has two spellings of its one attribute (jobs-and-tasks §6). */
const taskEntityType = (child: ConfigurationElement): string | null => child.string("EntityType") ?? child.string("Identifier");

/** Compiles one task, with the changes of an override for one job. Defaults are filled in. */
export const compileTask = (
  element: ConfigurationElement,
  override: ConfigurationElement | null,
  names: TaskNames,
  declared: Declared,
): Task => {
  const value = (name: string): Value | null => override?.given.get(name) ?? element.value(name);
  const text = (name: string): string | null => {
    const found = value(name);
    return typeof found === "string" ? found : null;
  };
  const attributes: Record<string, Value | null> = {};
  for (const { name, family } of element.definition.attributes) {
    if (family === null && !notListed.has(name)) attributes[name] = value(name);
  }
  if (attributes.Type === "Changes" && attributes.SynchronizationMode === null) attributes.SynchronizationMode = "Incremental";
  const displayNames: Record<number, string> = {};
  for (let language = 1; language <= 16; language++) {
    const label = text(`DisplayName_L${language}`);
    if (label !== null) displayNames[language] = label;
  }
  const { identifier, isGenerated } = names.get(element) ?? { identifier: "", isGenerated: true };
  const agent = text("Agent");
  const connection = text("Connection");
  const { side } = element.definition;
  return {
    identifier,
    isGeneratedIdentifier: isGenerated,
    type: element.name,
    displayName: displayNames[1] ?? identifier,
    displayNames,
    side: side === "agent" || (side === "either" && agent !== null) ? "agent" : "server",
    agent,
    openIdClient: text("OpenIdClient"),
    connector: text("Connector") ?? (connection === null ? null : (declared.of("Connection").get(connection)?.string("Connector") ?? null)),
    connection,
    continueOnError: value("ContinueOnError") === true,
    attributes,
    entityTypes: unique(childrenOf(element, override, ["TaskEntityType"]).map(taskEntityType)),
    resourceTypes: unique(childrenOf(element, override, ["TaskResourceType"]).map((child) => child.string("ResourceType"))),
    ...(element.scaffolding === null ? {} : { scaffolding: element.scaffolding.name }),
    parents: unique(childrenOf(element, override, ["TaskDependsOnTask", "TaskDependOnTask"]).map((child) => child.string("ParentTask"))),
    place: element.place(),
  };
};
