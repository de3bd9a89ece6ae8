import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { builtInMeaning, formatMeaning } from "../../../src/connectors/excel/number-format.js";
import { dateText, decimalText } from "../../../src/connectors/excel/number-text.js";

describe("numbers", () => {
  test("have no exponent and no noise, and are the same to 15 digits", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = decimalText(String(value)) ?? "";
        expect(text).toMatch(/^(0|-?(0\.\d*[1-9]|[1-9]\d*(\.\d*[1-9])?))$/);
        const isWhole = Number.isInteger(value) && !String(value).includes("e");
        // + 0: there is one zero.
        expect(Number(text)).toBe((isWhole ? value : Number(value.toPrecision(15))) + 0);
      }),
      { numRuns: 2_000 },
    );
  });

  test("as a file writes them", () => {
    for (const [written, text] of [
      ["0.1", "0.1"],
      ["0.30000000000000004", "0.3"],
      ["1.1000000000000001", "1.1"],
      ["12345678901234", "12345678901234"],
      ["12345678901234567", "12345678901234567"],
      ["1.2345678901234567E+16", "12345678901234600"],
      ["1E-7", "0.0000001"],
      ["-2.5e2", "-250"],
      ["007", "7"],
      ["-0", "0"],
      ["-0.0", "0"],
      ["+5.50", "5.5"],
      [".5", "0.5"],
    ] as const) {
      expect(decimalText(written), written).toBe(text);
    }
    for (const written of ["", "x", "1,5", "NaN", "Infinity", "1e999", "0x10", "1".repeat(500)])
      expect(decimalText(written), written).toBeNull();
  });
});

describe("dates", () => {
  test("of the 1900 system from 1900-03-01 on, and of the 1904 system, are days since a day, to the second", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_957_003 }), fc.integer({ min: 0, max: 86_399 }), (days, seconds) => {
        const from1904 = new Date(Date.UTC(1904, 0, 1) + days * 86_400_000 + seconds * 1_000).toISOString().slice(0, 19);
        const expected = seconds === 0 ? from1904.slice(0, 10) : from1904;
        expect(dateText(days + seconds / 86_400, "date", true)).toBe(expected);
        expect(dateText(days + 1462 + seconds / 86_400, "date", false)).toBe(expected);
      }),
    );
  });

  test("at the edges of the calendar", () => {
    expect(dateText(1, "date", false)).toBe("1900-01-01");
    expect(dateText(59, "date", false)).toBe("1900-02-28");
    expect(dateText(60, "date", false)).toBeNull();
    expect(dateText(61, "date", false)).toBe("1900-03-01");
    expect(dateText(0, "date", false)).toBeNull();
    expect(dateText(-1, "date", false)).toBeNull();
    expect(dateText(2_958_465, "date", false)).toBe("9999-12-31");
    expect(dateText(2_958_466, "date", false)).toBeNull();
    expect(dateText(0, "date", true)).toBe("1904-01-01");
    expect(dateText(45_000.99999999, "date", false)).toBe("2023-03-16");
    expect(dateText(45_000.333333333, "time", false)).toBe("2023-03-15T08:00:00");
    expect(dateText(0.5, "date", false)).toBe("12:00:00");
    expect(dateText(0.5, "time", true)).toBe("12:00:00");
    expect(dateText(0, "time", false)).toBe("00:00:00");
    expect(dateText(1.5, "elapsed", false)).toBe("36:00:00");
  });

  test("by the format", () => {
    for (const code of ["dd/mm/yyyy", "yyyy\\-mm\\-dd", "[$-409]d-mmm-yy;@", "mmm", "m/d/yy h:mm", "[Red]dd.mm.yyyy", "yyyy"]) {
      expect(formatMeaning(code), code).toBe("date");
    }
    for (const code of ["h:mm", "hh:mm:ss", "h:mm AM/PM", "mm:ss.0"]) expect(formatMeaning(code), code).toBe("time");
    for (const code of ["[h]:mm", "[mm]:ss", "[ss]"]) expect(formatMeaning(code), code).toBe("elapsed");
    for (const code of [
      "General",
      "0.00",
      "#,##0.00 [$€-407]",
      "[Red]-0",
      '0" days"',
      "0.00E+00",
      "@",
      "0\\d",
      "_-* #,##0_-",
      "[>100]0",
      '"hms"',
    ])
      expect(formatMeaning(code), code).toBe("number");
    expect([0, 1, 13, 14, 17, 18, 21, 22, 23, 45, 46, 47, 49, 57].map(builtInMeaning).join(" ")).toBe(
      "number number number date date time time date number time elapsed time number date",
    );
  });
});
