import { describe, expect, test } from "vitest";
import { taskStates } from "../../src/model/index.js";
import { type ParentOutcome, verdict } from "../../src/statemachine/index.js";

const withOutput: ParentOutcome = { state: "Completed", producedOutput: true };
const withoutOutput: ParentOutcome = { state: "Completed", producedOutput: false };
const parent = (state: ParentOutcome["state"]): ParentOutcome => ({ state, producedOutput: state === "Completed" ? false : null });

describe("the verdict on a child, jobs-and-tasks §3.3", () => {
  test("without parents in this run it runs", () => {
    expect(verdict([])).toBe("run");
  });

  test.each(["Errored", "Warning", "Blocked", "Cancelled", "Aborted"] as const)("a parent %s vetoes, beside any other", (state) => {
    expect(verdict([parent(state)])).toBe("parentFailed");
    expect(verdict([withOutput, parent(state)])).toBe("parentFailed");
    expect(verdict([parent(state), withoutOutput])).toBe("parentFailed");
  });

  test.each(["Skipped", "NotStarted"] as const)("a parent %s neither vetoes nor suffices", (state) => {
    expect(verdict([parent(state)])).toBe("parentWithoutOutput");
    expect(verdict([parent(state), withOutput])).toBe("run");
  });

  test("one parent with output is enough", () => {
    expect(verdict([withoutOutput])).toBe("parentWithoutOutput");
    expect(verdict([withoutOutput, withoutOutput])).toBe("parentWithoutOutput");
    expect(verdict([withoutOutput, withOutput])).toBe("run");
  });

  test("only a completed parent has output that counts", () => {
    for (const state of taskStates) expect(verdict([{ state, producedOutput: true }]) === "run").toBe(state === "Completed");
  });
});
