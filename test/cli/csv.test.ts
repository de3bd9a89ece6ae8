import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { csvLines } from "../../src/cli/csv.js";

test("values exactly as they are, LF, quotes only where needed, null = empty", () => {
  expect(
    csvLines([
      ["Id", "Name"],
      ["007", null],
      ["=1+1", ' "x", y '],
      ["a\nb", "c\rd"],
    ]),
  ).toBe('Id,Name\n007,\n=1+1," ""x"", y "\n"a\nb","c\rd"\n');
});

test("any value comes back from an RFC 4180 reader", () => {
  const cell = fc.string({
    unit: fc.constantFrom("a", ",", '"', "\n", "\r", ";", " ", "é", "\u0000", "=", "\ufeff"),
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), (rows) => {
      expect(parse(csvLines([["a", "b"], ...rows]), { record_delimiter: "\n" }).slice(1)).toEqual(rows);
    }),
  );
});
