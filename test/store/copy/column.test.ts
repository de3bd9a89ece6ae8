import { describe, expect, test } from "vitest";
import { type CopiedColumn, copiedColumn, misfit } from "../../../src/store/copy/column.js";

const column = (type: CopiedColumn["type"], length: number | null = null, isNullable = true): CopiedColumn => ({
  name: "C",
  type,
  length,
  isNullable,
  isIdentity: false,
});

describe("misfit", () => {
  test.each([
    ["text of just its length", column("text", 442), "x".repeat(442)],
    ["text counted in UTF-16 units", column("text", 442), "\u{1f600}".repeat(221)],
    ["empty text", column("text", 442), ""],
    ["text without a bound", column("long"), "ä".repeat(100_000)],
    ["word with trailing blanks", column("word", 120), "staged  "],
    ["time", column("time", 24), "2026-11-21T09:30:00.000Z"],
    ["number of 32 bits", column("int"), -(2 ** 31)],
    ["number of 53 bits", column("integer"), 2 ** 53 - 1],
    ["null where it may be", column("time", 24), null],
  ])("takes a %s", (_, definition, value) => {
    expect(misfit(definition, value)).toBeNull();
  });

  test.each([
    ["text that is too long", column("text", 442), "x".repeat(443), "443"],
    ["text that is too long only in UTF-16 units", column("text", 442), "\u{1f600}".repeat(222), "444"],
    ["word that is too long", column("word", 120), "x".repeat(121), "121"],
    ["word with other characters", column("word", 120), "é", "ASCII"],
    ["time that would be padded", column("time", 24), "2026-11-21", "time"],
    ["number beyond 32 bits", column("int"), 2 ** 31, "32 bits"],
    ["number that is not whole", column("integer"), 1.5, "whole"],
    ["text for a number", column("integer"), "7", "whole"],
    ["number for a text", column("text", 442), 7, "text"],
    ["bytes", column("long"), new Uint8Array(1), "text"],
    ["null where none may be", column("text", 442, false), null, "empty"],
  ])("refuses a %s", (_, definition, value, reason) => {
    expect(misfit(definition, value)).toContain(reason);
  });
});

test("a type that no migration makes cannot be copied", () => {
  const described = { name: "X", length: null, isNullable: true, isIdentity: false };
  expect(copiedColumn({ ...described, dataType: "BIGINT" }).type).toBe("integer");
  expect(copiedColumn({ ...described, dataType: "nvarchar", length: -1 })).toMatchObject({ type: "long", length: null });
  expect(() => copiedColumn({ ...described, dataType: "datetime2" })).toThrow("datetime2");
});
