import fc from "fast-check";
import { expect, test } from "vitest";
import { cronProblem } from "../../../src/config/cron.js";
import { isValidCron, nextRun } from "../../../src/jobs/schedule/index.js";

/** What every field takes; with what only some take, and none. */
const common = fc.constantFrom("*", "*/5", "1", "01", "1-5", "1-5/2", "2/3", "1,*/2", "1,3,5");
const odd = fc.oneof(
  fc.constantFrom(
    "0",
    "7",
    "12",
    "24",
    "30",
    "31",
    "59",
    "60",
    "99",
    "*/0",
    "5-1",
    "Jan",
    "sun",
    "Sun-Sat",
    "mon,DEC",
    "?",
    "L",
    ",",
    "1,",
    "1/2/3",
    "-1",
  ),
  fc.stringMatching(/^[0-9*,/-]{1,4}$/),
);

/** Schedules in which up to two fields are odd. */
const text = fc
  .record({
    fields: fc.array(common, { minLength: 5, maxLength: 6 }),
    odds: fc.array(fc.tuple(fc.nat({ max: 5 }), odd), { maxLength: 2 }),
  })
  .map(({ fields, odds }) => {
    const given: string[] = [...fields];
    for (const [at, value] of odds) given[at] = value;
    return given.join(" ");
  });

test("what validate accepts is a schedule here, and the other way round but for days that no month has", () => {
  const found = { schedules: 0, others: 0, never: 0 };
  fc.assert(
    fc.property(text, (cron) => {
      const isValid = isValidCron(cron);
      if (isValid) found.schedules++;
      else found.others++;
      if (cronProblem(cron) === null) expect(isValid).toBe(true);
      else if (isValid) {
        expect(nextRun(cron, "UTC", new Date(0), "UTC")).toBeNull();
        found.never++;
      }
    }),
    // 30 February and its like: too rare to wait for.
    { numRuns: 3000, examples: [["0 0 30 2 *"], ["0 0 31 4,jun *"]] },
  );
  expect(found.schedules).toBeGreaterThan(300);
  expect(found.others).toBeGreaterThan(300);
  expect(found.never).toBeGreaterThan(1);
});
