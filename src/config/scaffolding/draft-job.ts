import { catalogue } from "../catalogue/index.js";
import type { Declared } from "../declared.js";
import type { ConfigurationElement } from "../element.js";
import { nearestName } from "../nearest.js";
import type { XmlElement } from "../xml/element.js";
import { type AgentSide, type DraftTask, draftIdentifier, kindOf, taskElement } from "./draft-task.js";
import { type GeneratedValue, generatedElement } from "./generated-element.js";
import type { ScaffoldingArguments } from "./scaffolding-arguments.js";

/** A generated task, or a step that runs a declared one, at its place in the job. */
interface Place {
  readonly identifier: string;
  readonly task: DraftTask | null;
  readonly parents: string[];
  readonly of: ConfigurationElement;
}

/** Places of one level. */
interface Group {
  /** null: made by AddTask, on the next free number. */
  readonly level: number | null;
  readonly places: Place[];
  /** AddTask put it after that group. */
  readonly follows: Group | null;
}

/** The job that a scaffolding is about to make: its tasks by level, changed by the arguments AddTask and LinkDependTask (jobs-and-tasks §5.1). */
export class DraftJob {
  readonly identifier: string;
  readonly #of: ConfigurationElement;
  readonly #side: AgentSide | null;
  readonly #groups: Group[] = [];
  /** Links of tasks that are declared elsewhere, by their identifier: they become overrides. */
  readonly #links = new Map<string, string[]>();

  /** `side` is null for a job of the server. */
  constructor(identifier: string, side: AgentSide | null, of: ConfigurationElement) {
    this.identifier = identifier;
    this.#side = side;
    this.#of = of;
  }

  get tasks(): readonly DraftTask[] {
    return this.#places().flatMap(({ task }) => task ?? []);
  }

  /** Puts a task on a level, levels ascending from call to call; gives its identifier. */
  add(level: number, task: DraftTask): string {
    const identifier = draftIdentifier(this.identifier, task);
    const last = this.#groups.at(-1);
    const group = last?.level === level ? last : { level, places: [], follows: null };
    if (group !== last) this.#groups.push(group);
    group.places.push({ identifier, task, parents: [...(task.parents ?? [])], of: this.#of });
    return identifier;
  }

  /** Follows the arguments that change the job, in the order in which they are written: first all AddTask, then all LinkDependTask. */
  follow(given: ScaffoldingArguments, declared: Declared): void {
    const obey = (argument: ConfigurationElement, problem: string | null): void => {
      if (problem !== null) given.refuse(argument, problem);
    };
    for (const argument of given.all("AddTask")) obey(argument, this.#addStep(argument));
    for (const argument of given.all("LinkDependTask")) obey(argument, this.#link(argument, declared));
  }

  /** The tasks alone, at the root of the configuration (argument DoNotCreateJob). */
  rootTasks(): readonly XmlElement[] {
    return this.#places().flatMap(({ task, identifier, parents, of }) =>
      task === null ? [] : [taskElement(task, identifier, null, parents, this.#side, of)],
    );
  }

  /** The job with its tasks, levels ascending from 0. */
  job(attributes: Readonly<Record<string, GeneratedValue>>, declared: Declared): XmlElement {
    let level = -1;
    const children = this.#groups.flatMap((group) => {
      level = Math.max(level + 1, group.level ?? 0);
      return group.places.map(({ task, identifier, parents, of }) =>
        task === null
          ? generatedElement("Step", { Identifier: identifier, Level: level }, [], of)
          : taskElement(task, identifier, level, parents, this.#side, of),
      );
    });
    const all = { Identifier: this.identifier, Agent: this.#side?.agent ?? null, ...attributes };
    return generatedElement("Job", all, [...children, ...this.#overrides(declared)], this.#of);
  }

  #places(): readonly Place[] {
    return this.#groups.flatMap(({ places }) => places);
  }

  /** A step with a task beside, before or after another one; before and after it is a level of its own, others move on where there is no gap. Gives what is wrong with the argument, else null. */
  #addStep(argument: ConfigurationElement): string | null {
    const [task, other] = [argument.string("Task"), argument.string("TaskToCompareWith")];
    // What is missing is said where required attributes are checked.
    if (task === null || other === null) return null;
    const [before, after] = [argument.boolean("Before"), argument.boolean("After")];
    if (before && after) return "it says Before and After: keep one";
    const anchor = this.#find(other, argument.number("Occurence"));
    if (anchor === null) return this.#unknown("TaskToCompareWith", other, argument.number("Occurence"));
    const group = this.#groups.find(({ places }) => places.includes(anchor));
    if (group === undefined) return null;
    const place: Place = { identifier: task, task: null, parents: [], of: argument };
    if (!before && !after) {
      group.places.push(place);
      return null;
    }
    let at = this.#groups.indexOf(group);
    if (after) at++;
    // Tasks put after one and the same keep the order in which they are written.
    while (after && this.#groups[at]?.follows === group) at++;
    this.#groups.splice(at, 0, { level: null, places: [place], follows: after ? group : null });
    return null;
  }

  /** Gives what is wrong with the argument, else null. */
  #link(argument: ConfigurationElement, declared: Declared): string | null {
    const [task, dependOn] = [argument.string("Task"), argument.string("DependOn")];
    if (task === null || dependOn === null) return null;
    const child = this.#find(task, argument.number("ChildOccurence"));
    if (child === null) return this.#unknown("Task", task, argument.number("ChildOccurence"));
    const found = this.#find(dependOn, argument.number("ParentOccurence"))?.identifier ?? null;
    // A link may lead out of the job (jobs-and-tasks §3.3 rule 5).
    const parent = found ?? (declared.of("Task").has(dependOn) ? dependOn : null);
    if (parent === null) return this.#unknown("DependOn", dependOn, argument.number("ParentOccurence"));
    if (child.task !== null) {
      if (!child.parents.includes(parent)) child.parents.push(parent);
      return null;
    }
    if (!declared.of("Task").has(child.identifier)) {
      return `Task is ${task}, which another scaffolding makes: link it there`;
    }
    this.#links.set(child.identifier, [...(this.#links.get(child.identifier) ?? []), parent]);
    return null;
  }

  /** By identifier; else `<Job>_<Task><n>`, the n-th task of a kind; else a kind, `Fulfill` or `FulfillTask`. Occurrences count from 0. */
  #find(name: string, occurrence: number): Place | null {
    const places = this.#places();
    const named = places.filter(({ identifier }) => identifier === name);
    if (named.length > 0) return named[occurrence] ?? null;
    const ofKind = (kind: string): readonly Place[] =>
      places.filter(({ task }) => task !== null && (task.element === kind || kindOf(task.element) === kind));
    const [, kind = "", number = ""] = name.startsWith(`${this.identifier}_`)
      ? (/^(.*?)(\d+)$/.exec(name.slice(this.identifier.length + 1)) ?? [])
      : [];
    return ofKind(kind)[Number(number) - 1 + occurrence] ?? ofKind(name)[occurrence] ?? null;
  }

  #unknown(attribute: string, name: string, occurrence: number): string {
    const names = this.#places().map(({ identifier }) => identifier);
    const nearest = nearestName(name, names);
    const which = occurrence > 0 ? ` with the occurrence ${occurrence}` : "";
    const hint = nearest === null || nearest === name ? "sluice expand shows its tasks" : `did you mean ${nearest}?`;
    return `${attribute} is ${name}, and the job ${this.identifier} has no such task${which}: ${hint}`;
  }

  /** Links of a declared task hold in this job only: an override, which repeats those that the task has. */
  #overrides(declared: Declared): readonly XmlElement[] {
    return [...this.#links].flatMap(([identifier, links]) => {
      const task = declared.of("Task").get(identifier);
      if (task === undefined || !catalogue.has(`${task.name}Override`)) return [];
      const own = ["TaskDependsOnTask", "TaskDependOnTask"].flatMap((name) =>
        task.all(name).flatMap((link) => link.string("ParentTask") ?? []),
      );
      const children = [...new Set([...own, ...links])].map((ParentTask) =>
        generatedElement("TaskDependsOnTask", { ParentTask }, [], this.#of),
      );
      return [generatedElement(`${task.name}Override`, { Identifier: identifier }, children, this.#of)];
    });
  }
}
