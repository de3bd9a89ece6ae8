import fc from "fast-check";
import { expect, test } from "vitest";
import { compileDatePattern } from "../../src/model/index.js";

const compiled = (source: string) => {
  const result = compileDatePattern(source);
  if ("problem" in result) throw new Error(result.problem);
  return result.pattern;
};

test("reads what it writes, and what Date.UTC says", () => {
  const day = fc.record({ y: fc.integer({ min: 1, max: 9999 }), m: fc.integer({ min: 1, max: 12 }), d: fc.integer({ min: 1, max: 31 }) });
  fc.assert(
    fc.property(day, fc.integer({ min: 0, max: 86_399_999 }), ({ y, m, d }, ms) => {
      const two = (value: number, width = 2): string => String(value).padStart(width, "0");
      const time = `${two(Math.floor(ms / 3_600_000))}:${two(Math.floor(ms / 60_000) % 60)}:${two(Math.floor(ms / 1000) % 60)}`;
      const text = `${two(d)}/${two(m)}/${two(y, 4)} ${time}.${two(ms % 1000, 3)}`;
      const iso = Date.parse(`${two(y, 4)}-${two(m)}-${two(d)}T${time}.${two(ms % 1000, 3)}Z`);
      const isReal = !Number.isNaN(iso) && new Date(iso).getUTCDate() === d;
      const pattern = compiled("dd/MM/yyyy HH:mm:ss.fff");
      expect(pattern.parse(text)).toBe(isReal ? iso : null);
      if (isReal) expect(pattern.format(iso)).toBe(text);
    }),
    { numRuns: 500 },
  );
});

test("texts between stand for themselves", () => {
  expect(compiled("'le' dd.MM.yyyy").parse("le 31.01.2026")).toBe(Date.UTC(2026, 0, 31));
  expect(compiled("yyyy-MM-ddTHH:mm:ssZ").format(Date.UTC(2026, 0, 2, 3, 4, 5))).toBe("2026-01-02T03:04:05Z");
  expect(compiled("yyyy\\dMMdd").parse("2026d0131")).toBe(Date.UTC(2026, 0, 31));
  expect(compiled("ddMMyyyy").parse("3101202")).toBeNull();
  expect(compiled("dd.MM.yyyy").parse("31x01x2026")).toBeNull();
  expect(compiled("dd/MM/yyyy HH:mm").parse("01/01/2026 24:00")).toBeNull();
  expect(compiled("dd/MM/yyyy").parse("01/01/0000")).toBeNull();
});

test("letters that mean something else to .NET, and patterns without a day, are refused", () => {
  for (const [source, reason] of [
    ["d/M/yyyy", "d is not one of"],
    ["dd MMM yyyy", "MMM is not one of"],
    ["dd/MM/yy", "yy is not one of"],
    ["dd/MM/yyyy hh:mm tt", "hh is not one of"],
    ["MM/yyyy", "lacks dd"],
    ["HH:mm", "lacks yyyy, MM, dd"],
    ["dd/dd/yyyy MM", "dd stands in it twice"],
    ["dd/MM/yyyy 'x", "not closed"],
  ] as const) {
    const result = compileDatePattern(source);
    expect("problem" in result ? result.problem : "", source).toContain(reason);
  }
});
