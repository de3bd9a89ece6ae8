import fc from "fast-check";
import { expect, test } from "vitest";
import { maskSecrets } from "../../../src/errors/index.js";
import { exitCodeOf } from "../../../src/jobs/index.js";
import { jobStates } from "../../../src/model/index.js";

test("exit codes are those of design §4", () => {
  expect(jobStates.map((state) => [state, exitCodeOf(state)])).toEqual([
    ["Waiting", 70],
    ["InProgress", 70],
    ["Completed", 0],
    ["Warning", 3],
    ["Errored", 1],
    ["Blocked", 2],
    ["Cancelled", 4],
    ["Aborted", 5],
  ]);
  expect(exitCodeOf("Warning", { acceptWarning: true })).toBe(0);
  expect(exitCodeOf("Blocked", { acceptWarning: true })).toBe(2);
});

test("no secret is left in a masked text, plain or as JSON writes it", () => {
  const secret = fc.string({ minLength: 3 }).filter((text) => !"***".includes(text) && !text.includes("*"));
  fc.assert(
    fc.property(fc.array(secret, { minLength: 1, maxLength: 3 }), fc.string(), fc.string(), (secrets, before, after) => {
      const [first = ""] = secrets;
      expect(maskSecrets(`${before}${first}${after}`, secrets).includes(first)).toBe(false);
      expect(JSON.parse(maskSecrets(JSON.stringify({ text: `- ${first} -` }), [first]))).toEqual({ text: "- *** -" });
    }),
  );
});

test("a secret that holds another one disappears whole", () => {
  expect(maskSecrets("login with hunter2-long", ["hunter2", "hunter2-long"])).toBe("login with ***");
});
