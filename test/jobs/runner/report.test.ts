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
  // Four characters: shorter ones are masked only where they stand alone.
  const secret = fc.string({ minLength: 4 }).filter((text) => text.trim() === text && !text.includes("*"));
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), (text, before, after) => {
      expect(maskSecrets(`${before}${text}${after}`, [text]).includes(text)).toBe(false);
      expect(JSON.parse(maskSecrets(JSON.stringify({ value: `(${text})` }), [text]))).toEqual({ value: "(***)" });
    }),
  );
});

test("a secret that holds another one disappears whole", () => {
  expect(maskSecrets("login with hunter2-long", ["hunter2", "hunter2-long"])).toBe("login with ***");
});
