import { expect, test } from "vitest";
import { cronProblem } from "../../src/config/cron.js";

test.each([
  "* * * * *",
  "*/15 * * * *",
  "0 30 2 * * 1-5",
  "0 2 * * mon-FRI",
  "0,30 8-18/2 1,15 jan-mar,12 *",
  "0 0 29 2 *",
  "0 0 31 1,2 *",
  "  5  4 * * 0 ",
])("%j is a schedule", (text) => {
  expect(cronProblem(text)).toBeNull();
});

test.each([
  ["", "five fields"],
  ["* * * *", "five fields"],
  ["* * * * * * *", "five fields"],
  ["60 * * * *", 'found "60"'],
  ["* 24 * * *", 'found "24"'],
  ["* * 0 * *", 'found "0"'],
  ["* * * 13 *", 'found "13"'],
  ["* * * * 7", 'found "7"'],
  ["5-1 * * * *", 'found "5-1"'],
  ["*/0 * * * *", 'found "*/0"'],
  ["1/2/3 * * * *", 'found "1/2/3"'],
  ["1,,2 * * * *", 'found ""'],
  ["* * L * *", 'found "L"'],
  ["* * 1W * *", 'found "1W"'],
  ["* * * * 1#2", 'found "1#2"'],
  ["* * ? * *", 'found "?"'],
  ["@daily", "five fields"],
  ["0 0 30 2 *", "a day that its month has"],
  ["0 0 31 4,6 *", "a day that its month has"],
  [`0 0 * * ${Array(200).fill("1").join(",")}`, "at most 400 characters (found 407)"],
])("%j is none", (text, reason) => {
  expect(cronProblem(text)).toContain(reason);
});
