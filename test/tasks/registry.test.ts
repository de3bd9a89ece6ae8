import { expect, test } from "vitest";
import { catalogue } from "../../src/config/catalogue/index.js";
import { isUnbuilt, taskRegistry } from "../../src/tasks/index.js";

const documented = [...catalogue.values()]
  .filter(({ declares, overrides }) => declares === "Task" && overrides === null)
  .map(({ name }) => name);

test("every documented task is in the registry, and nothing else", () => {
  expect([...taskRegistry.keys()].sort()).toEqual([...new Set(documented)].sort());
});

test("a task that is not built says what it needs, as the end of a sentence", () => {
  for (const kind of taskRegistry.values()) {
    expect(kind.summary).toMatch(/^[A-Z].*\.$/);
    if (isUnbuilt(kind)) expect(kind.later).toMatch(/^it needs .* not built yet$/);
  }
});
