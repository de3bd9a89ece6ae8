import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  cutTo,
  formatCount,
  formatDuration,
  formatNoun,
  formatTime,
  Output,
  padTo,
  printable,
  styleFor,
  table,
  widthOf,
  wrap,
} from "../../src/cli/terminal/index.js";
import { maskSecrets } from "../../src/errors/index.js";
import { Capture } from "./screen.js";

describe("width", () => {
  test.each([
    ["", 0],
    ["O'Brien", 7],
    ["Zoë", 3],
    ["Zoe\u0308", 3],
    ["漢字", 4],
    ["ｆｕｌｌ", 8],
    ["한국", 4],
    ["👩‍👩‍👧", 2],
    ["🇨🇭", 2],
    ["❤️", 2],
    ["\u200b", 0],
    ["\u001b[31mred\u001b[39m", 3],
  ])("of %j is %i", (text, width) => {
    expect(widthOf(text)).toBe(width);
  });

  const texts = fc.string({ unit: fc.constantFrom("a", "é", "e\u0301", "漢", "👩‍👩‍👧", " ", "ﬀ"), maxLength: 30 });

  test("a cut text is never wider than asked, and whole where it fits", () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 40 }), (text, columns) => {
        const cut = cutTo(text, columns);
        expect(widthOf(cut)).toBeLessThanOrEqual(columns);
        if (widthOf(text) <= columns) expect(cut).toBe(text);
        else if (columns > 0) expect(cut.endsWith("…") && text.startsWith(cut.slice(0, -1))).toBe(true);
        expect(widthOf(padTo(cut, columns))).toBe(columns);
      }),
    );
  });

  test("wrapped lines fit, and hold every letter in order", () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 4, max: 40 }), fc.integer({ min: 0, max: 2 }), (text, columns, indent) => {
        const lines = wrap(text, columns, indent);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
        expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      }),
    );
  });
});

describe("numbers and times", () => {
  test.each([
    [0, "0"],
    [999, "999"],
    [1000, "1,000"],
    [1234567, "1,234,567"],
    [1234.5, "1,234.5"],
    [-1234567, "-1,234,567"],
  ])("%d is %s", (value, text) => {
    expect(formatCount(value)).toBe(text);
  });

  test.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [1000, "1.0 s"],
    [2449, "2.4 s"],
    [59_949, "59.9 s"],
    [59_950, "1 min 00 s"],
    [185_000, "3 min 05 s"],
    [3_599_600, "1 h 00 min"],
    [3_720_000, "1 h 02 min"],
    [-5, "0 ms"],
  ])("%d ms is %s", (value, text) => {
    expect(formatDuration(value)).toBe(text);
  });

  test("nouns and times", () => {
    expect(formatNoun(1, "job")).toBe("1 job");
    expect(formatNoun(1200, "job")).toBe("1,200 jobs");
    expect(formatTime("2026-11-21T09:30:05.123Z")).toBe("2026-11-21 09:30:05 UTC");
  });
});

describe("tables", () => {
  const columns = [
    { title: "Key", value: (row: string[]) => row[0] ?? null },
    { title: "Count", value: (row: string[]) => row[1] ?? null, align: "right" as const },
    { title: "Note", value: (row: string[]) => row[2] ?? null },
  ];

  test("aligned by width, no trailing blanks", () => {
    expect(
      table(columns, [
        ["漢字", "7", "x"],
        ["a", "1,000"],
      ]),
    ).toEqual(["Key   Count  Note", "漢字      7  x", "a     1,000"]);
  });

  test("cut to the terminal, widest columns first", () => {
    const lines = table(columns, [["k".repeat(50), "1", "n".repeat(30)]], { width: 40, indent: 2 });
    expect(lines.map(widthOf).every((width) => width <= 40)).toBe(true);
    expect(lines[1]).toMatch(/^ {2}k+… {6}1 {2}n+…$/);
  });

  test("control characters and direction marks of data cannot reach the terminal", () => {
    expect(table(columns, [["\u001b[2Jx", "a\nb", "\u202ey\u0085"]])[1]).toBe("␛[2Jx    a␊b  �y�");
    expect(printable("plain – 漢 \u{1f600}")).toBe("plain – 漢 \u{1f600}");
  });
});

describe("colours", () => {
  test("on a terminal only, not with NO_COLOR or TERM=dumb", () => {
    expect(styleFor(true, {}).bad("x")).toBe("\u001b[31mx\u001b[39m");
    expect(styleFor(false, {}).bad("x")).toBe("x");
    expect(styleFor(true, { NO_COLOR: "1" }).bad("x")).toBe("x");
    expect(styleFor(true, { NO_COLOR: "" }).bad("x")).not.toBe("x");
    expect(styleFor(true, { TERM: "dumb" }).bad("x")).toBe("x");
  });
});

describe("output", () => {
  test("secrets are masked in words and not in data; longer ones first, JSON spelling too", async () => {
    const stream = new Capture();
    const output = new Output(stream);
    output.mask(["pass", 'pass"word', "", "ab"]);
    await output.write('pass"word "pass\\"word" pass cab ab, abc\n');
    await output.writeData("pass");
    expect(stream.text).toBe('*** "***" *** cab ***, abc\npass');
  });

  test("no secret is left in any text", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 4, maxLength: 8 }), { maxLength: 3 }),
        fc.string(),
        fc.string(),
        (secrets, before, after) => {
          const sorted = [...secrets].sort((a, b) => b.length - a.length);
          for (const secret of secrets) {
            const masked = maskSecrets(`${before}${secret}${after}`, sorted);
            for (const each of secrets) expect(masked.replaceAll("***", "").includes(each) && !each.includes("*")).toBe(false);
          }
        },
      ),
    );
  });

  test("a reader that went away silences the output, any other failure is thrown", async () => {
    const stream = new Capture();
    const output = new Output(stream);
    stream.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    await output.write("more");
    expect([output.isClosed, stream.text]).toEqual([true, ""]);
    const full = new Capture();
    const failing = new Output(full);
    full.emit("error", Object.assign(new Error("no space"), { code: "ENOSPC" }));
    await expect(failing.write("x")).rejects.toMatchObject({ code: "CMD_OUTPUT_FAILED", message: expect.stringContaining("no space") });
  });

  test("a slow reader is waited for, also one that goes away meanwhile", async () => {
    const stream = new Capture();
    stream.write = () => false;
    const output = new Output(stream);
    let isDone = false;
    const writing = output.write("x").then(() => {
      isDone = true;
    });
    await Promise.resolve();
    expect(isDone).toBe(false);
    stream.emit("drain");
    await writing;
    const second = output.write("y");
    stream.emit("error", Object.assign(new Error("gone"), { code: "EPIPE" }));
    await second;
  });

  test("a terminal that reports no columns has 80", () => {
    expect(new Output(new Capture({ columns: 0, rows: 0 })).columns).toBe(80);
    expect(new Output(new Capture()).columns).toBeUndefined();
  });
});
