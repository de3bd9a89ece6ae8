import type { Job, Task } from "../../../src/config/index.js";

/** A step of a job in tests. Absent: an UpdateClassificationTask on the server, without level and parents. */
export type StepInTests = Partial<Task> & { readonly identifier: string; readonly level?: number };

export const taskInTests = (given: StepInTests, line = 1): Task => {
  const { level: _, ...task } = given;
  return {
    isGeneratedIdentifier: false,
    type: "UpdateClassificationTask",
    displayName: given.identifier,
    displayNames: { 1: given.identifier },
    side: "server",
    agent: null,
    openIdClient: null,
    connector: null,
    connection: null,
    continueOnError: false,
    attributes: {},
    entityTypes: [],
    resourceTypes: [],
    parents: [],
    place: { file: "Jobs.xml", line, column: 3 },
    ...task,
  };
};

/** A compiled job; each task stands on the line of its place in the job, from 1. */
export const jobInTests = (steps: readonly StepInTests[], identifier = "Night"): Job => ({
  identifier,
  displayName: "Badges, nightly",
  displayNames: { 1: "Badges, nightly" },
  agent: null,
  cron: null,
  cronTimeZone: "UTC",
  isConnectorJob: false,
  isIncremental: false,
  isInitializationJob: false,
  userStartDenied: false,
  logLevel: null,
  steps: steps.map((step, index) => ({ task: taskInTests(step, index + 1), level: step.level ?? -1 })),
  place: { file: "Jobs.xml", line: 1, column: 1 },
});
