import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SharedStrings } from "../../../src/connectors/excel/shared-strings.js";
import { withTemporaryFolder } from "../with-folder.js";

test("gives back every text by its number, in any order, from memory and from the file", () =>
  withTemporaryFolder((folder) => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme", maxLength: 40 }), { maxLength: 400 }),
        fc.constantFrom(64, 1_000, 1 << 20),
        (texts, memory) => {
          const path = join(folder, "texts");
          const strings = new SharedStrings(path, memory);
          for (const text of texts) strings.add(text);
          const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 4, 0);
          if (bytes > 128 * 1024) expect(existsSync(path)).toBe(true);
          for (const index of [...texts.keys()].reverse()) expect(strings.get(index)).toBe(texts[index]);
          expect(strings.get(texts.length)).toBeNull();
          strings.close();
          expect(readdirSync(folder)).toEqual([]);
        },
      ),
      { numRuns: 50 },
    );
  }));

test("many texts go to the file and come back", () =>
  withTemporaryFolder((folder) => {
    const strings = new SharedStrings(join(folder, "texts"), 64 * 1024);
    for (let i = 0; i < 100_000; i++) strings.add(`text ${i} é`);
    expect(readdirSync(folder)).toEqual(["texts"]);
    for (let i = 0; i < 100_000; i += 7) expect(strings.get((i * 31) % 100_000)).toBe(`text ${(i * 31) % 100_000} é`);
    expect(strings.get(99_999)).toBe("text 99999 é");
    expect(strings.get(100_000)).toBeNull();
    strings.close();
    expect(readdirSync(folder)).toEqual([]);
  }));
