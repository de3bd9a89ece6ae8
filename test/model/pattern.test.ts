import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compilePattern } from "../../src/model/index.js";

const compiled = (source: string, reach: "whole" | "part" = "part") => {
  const result = compilePattern(source, reach);
  if ("problem" in result) throw new Error(`${source}: ${result.problem}`);
  return result.pattern;
};
const problemOf = (source: string): string => {
  const result = compilePattern(source, "part");
  return "problem" in result ? result.problem : "";
};

/** Patterns that .NET and JavaScript read alike. */
const atom = fc.constantFrom("a", "b", "c", ".", "\\d", "\\w", "[ab]", "[^a]", "[a-c]", "\\.", "x", "\\b", "^", "$");
const quantifier = fc.constantFrom("", "", "*", "+", "?", "{2}", "{1,2}", "{0,}", "*?", "+?");
const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 3 },
    fc.tuple(atom, quantifier).map(([a, q]) => (/^(\^|\$|\\b)$/.test(a) ? a : a + q)),
    fc.tuple(tie("pattern"), quantifier).map(([inner, q]) => `(${inner})${q}`),
    fc.tuple(tie("pattern"), tie("pattern")).map(([a, b]) => `(?:${a}|${b})`),
  ),
  pattern: fc.array(tie("part"), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("")),
}));

describe("matches", () => {
  test("what the engine of JavaScript matches", () => {
    fc.assert(
      fc.property(pattern, fc.array(fc.constantFrom("a", "b", "c", ".", "1", "x", "-"), { maxLength: 8 }), (source, letters) => {
        const text = letters.join("");
        expect(compiled(source).matches(text), `${source} in ${text}`).toBe(new RegExp(source).test(text));
        expect(compiled(source, "whole").matches(text), `${source} is ${text}`).toBe(new RegExp(`^(?:${source})$`).test(text));
      }),
      { numRuns: 3_000 },
    );
  });

  test("as .NET does where JavaScript differs", () => {
    expect(compiled("end$").matches("end\n")).toBe(true);
    expect(compiled("end\\z").matches("end\n")).toBe(false);
    expect(compiled("\\w+", "whole").matches("Zoë")).toBe(true);
    expect(compiled("\\d", "whole").matches("٣")).toBe(true);
    expect(compiled("(?i)HR_\\d+\\.csv", "whole").matches("hr_12.CSV")).toBe(true);
    expect(compiled("(?i)[A-C]+x", "whole").matches("abX")).toBe(true);
    expect(compiled("(?<year>\\d{4})-\\u0041\\x42", "whole").matches("2026-AB")).toBe(true);
    expect(compiled("\\p{Lu}\\P{L}[\\p{Nd}-]", "whole").matches("É.-")).toBe(true);
    expect(compiled("[]a]+", "whole").matches("]a")).toBe(true);
    expect(compiled("x{,2}", "whole").matches("x{,2}")).toBe(true);
  });

  test("none runs for ever: what ruins an engine that goes back takes a moment", () => {
    const text = "a".repeat(50_000);
    const started = process.cpuUsage().user;
    for (const source of ["(a+)+b", "(a|a)*b", "(a*)*b", "((a{1,9}){1,9})*b", "(.*)(.*)(.*)(.*)b"])
      expect(compiled(source).matches(text)).toBe(false);
    // Microseconds; going back takes longer than the age of the earth.
    expect(process.cpuUsage().user - started).toBeLessThan(20_000_000);
  });
});

test("what is not supported is refused, with the reason", () => {
  for (const [source, reason] of [
    ["(?=a)", "look-around"],
    ["(?<!a)b", "look-around"],
    ["(?>a)", "look-around"],
    ["(a)\\1", "references"],
    ["\\k<a>", "references"],
    ["a(?i)b", "(?i) at the start"],
    ["(a", "not closed"],
    ["a)", "closes nothing"],
    ["[a", "not closed"],
    ["[b-a]", "ends before it starts"],
    ["[a-z-[aeiou]]", "subtraction"],
    ["*a", "repeats nothing"],
    ["a**", "two repetitions"],
    ["^*", "repeats no character"],
    ["a{3,2}", "ends before it starts"],
    ["a\\", "backslash"],
    ["\\p{Xx}", "category"],
    ["(a{999}){999}", "2000 parts"],
    ["((){9999}){9999}", "2000 parts"],
    ["a".repeat(1_001), "1000 characters"],
    ["(".repeat(60) + ")".repeat(60), "parentheses"],
  ] as const) {
    expect(problemOf(source), source).toContain(reason);
  }
});
