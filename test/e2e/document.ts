/** The documents of design §4 as a script reads them. */
export interface TaskDocument {
  readonly taskInstance: number;
  readonly task: string;
  readonly type: string;
  readonly level: number;
  readonly state: string;
  readonly isValidation: boolean;
  readonly producedOutput: boolean | null;
  readonly skippedBecause: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly error: { readonly code: string; readonly message: string; readonly file?: string; readonly line?: number } | null;
  readonly counters: Readonly<Record<string, number>>;
  readonly thresholds: readonly {
    readonly scope: string;
    readonly name: string;
    readonly limit: number;
    readonly count: number;
    readonly of: number;
    readonly exceeded: boolean;
  }[];
}

export interface RunDocument {
  readonly format: number;
  readonly jobInstance: number;
  readonly job: string;
  readonly state: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly tasks: readonly TaskDocument[];
}

export interface Failure {
  readonly format: number;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly file: string | null;
    readonly line: number | null;
    readonly column: number | null;
  };
}

export interface ChangesDocument {
  readonly format: number;
  readonly jobInstance: number;
  readonly job: string;
  readonly setHash: string;
  readonly tasks: readonly {
    readonly task: string;
    readonly connector: string;
    readonly message: string;
    readonly counts: readonly { readonly kind: string; readonly of: string; readonly command: string; readonly count: number }[];
    readonly changes: readonly ChangeDocument[];
  }[];
}

type Cause = { readonly entityType: string; readonly key: string } | null;
export type ChangeDocument =
  | {
      readonly kind: "resource";
      readonly command: string;
      readonly entityType: string;
      readonly key: string;
      readonly properties: readonly { readonly property: string; readonly before: string | null; readonly after: string | null }[];
      readonly causedBy: Cause;
    }
  | {
      readonly kind: "link";
      readonly command: string;
      readonly association: string;
      readonly key1: string;
      readonly key2: string;
      readonly causedBy: Cause;
    };

export interface StatusList {
  readonly instances: readonly {
    readonly jobInstance: number;
    readonly job: string;
    readonly state: string;
    readonly message: string | null;
    readonly waitingFor: readonly { readonly lock: string; readonly jobInstance: number; readonly job: string }[];
  }[];
}

/** The task of a document; throws where it is not there. */
export const taskOf = (document: RunDocument, task: string, isValidation = false): TaskDocument => {
  const found = document.tasks.find((each) => each.task === task && each.isValidation === isValidation);
  if (found === undefined) throw new Error(`the document has no task ${task}: ${JSON.stringify(document)}`);
  return found;
};

/** `state` by task. */
export const statesOf = (document: RunDocument): Record<string, string> =>
  Object.fromEntries(document.tasks.map((task) => [task.isValidation ? `${task.task} (validation)` : task.task, task.state]));
