import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SluiceError } from "../../../src/errors/index.js";
import {
  type ByteSource,
  canonicalRow,
  formOfBytes,
  invalidUtf8At,
  maximumRecordBytes,
  RecordProblem,
  RecordReader,
  writeField,
} from "../../../src/sync/csv/index.js";

/** Hands out at most `step` bytes a read, so that every record is cut somewhere. */
const memorySource = (bytes: Uint8Array, step = bytes.length): ByteSource => {
  let at = 0;
  return {
    read(target, offset, length) {
      const part = bytes.subarray(at, at + Math.min(step, length));
      target.set(part, offset);
      at += part.length;
      return part.length;
    },
  };
};

/** Every record after the header, up to the first problem. */
const readAll = (
  bytes: Uint8Array,
  delimiter: string,
  step?: number,
  chunkBytes = 64,
): { records: string[][]; problem: number; lines: number[] } => {
  const reader = new RecordReader(memorySource(bytes, step), { delimiter, file: "f.csv", chunkBytes });
  const records = [reader.header()];
  const lines: number[] = [];
  for (let batch = reader.next(); batch !== null; batch = reader.next()) {
    for (let i = 0; i < batch.count; i++) {
      const problem = batch.problems[i] ?? 0;
      if (problem !== RecordProblem.none) return { records, problem, lines };
      const record: string[] = [];
      for (let f = batch.firstFields[i] ?? 0; f < (batch.firstFields[i + 1] ?? 0); f++) {
        record.push(Buffer.from(batch.bytes.subarray(batch.fieldStarts[f], batch.fieldEnds[f])).toString());
      }
      records.push(record);
      lines.push(batch.lines[i] ?? 0);
    }
  }
  return { records, problem: RecordProblem.none, lines };
};

const options = (delimiter: string) => ({
  delimiter,
  quote: '"',
  escape: '"',
  record_delimiter: ["\r\n", "\n", "\r"],
  bom: true,
  relax_column_count: true,
});

const character = fc.constantFrom("a", "B", "7", " ", ",", ";", '"', "\n", "\r", "\r\n", "é", "漢", "😀", "\t", "=", "");
const value = fc.array(character, { maxLength: 6 }).map((c) => c.join(""));
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const delimiter = fc.constantFrom(",", ";", "\t", "|");
const lineEnd = fc.constantFrom("\n", "\r\n", "\r");

/** A well-formed file in any mix of quoting styles and line ends. */
const wellFormed = delimiter.chain((d) =>
  fc.record({
    d: fc.constant(d),
    text: fc
      .tuple(
        fc.boolean(),
        fc.array(fc.tuple(fc.array(fc.tuple(value, fc.boolean()), { minLength: 1, maxLength: 5 }), lineEnd), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.boolean(),
      )
      .map(([bom, rows, cut]) => {
        const text = rows
          .map(([fields, end]) => {
            const line = fields.map(([v, always]) => (always || [d, '"', "\n", "\r"].some((c) => v.includes(c)) ? quoted(v) : v)).join(d);
            return `${line}${end}`;
          })
          .join("");
        return (bom ? "\ufeff" : "") + (cut ? text.replace(/(\r\n|\n|\r)$/, "") : text);
      }),
  }),
);

/** Anything at all: quotes in wrong places, ragged rows, rows cut off. */
const anything = fc.record({ d: delimiter, text: fc.array(character, { minLength: 1, maxLength: 40 }).map((c) => c.join("")) });

const same = (text: string, d: string, step: number, chunkBytes?: number): void => {
  const bytes = Buffer.from(text);
  let expected: string[][] | null = null;
  try {
    expected = parse(bytes, options(d));
  } catch {
    // csv-parse refuses it
  }
  let found: ReturnType<typeof readAll> | null = null;
  try {
    found = readAll(bytes, d, step, chunkBytes);
  } catch (error) {
    expect(error).toBeInstanceOf(SluiceError);
  }
  if (expected === null) expect(found === null || found.problem !== RecordProblem.none).toBe(true);
  else if (expected.length === 0) expect(found).toBeNull();
  else expect(found?.records).toEqual(expected);
};

describe("RecordReader gives what csv-parse gives", () => {
  test("for well-formed files in every quoting style", () => {
    fc.assert(
      fc.property(wellFormed, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 4, max: 200 }), ({ d, text }, step, chunk) =>
        same(text, d, step, chunk),
      ),
      { numRuns: 600 },
    );
  });

  test("for arbitrary text: the same records or a refusal", () => {
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 4, max: 200 }), ({ d, text }, step, chunk) =>
        same(text, d, step, chunk),
      ),
      { numRuns: 1500 },
    );
  });

  test("for the exports one meets: all fields quoted with CRLF, quoted keys, mixed line ends", () => {
    same('"dn","cn"\r\n"CN=a,DC=x","a"\r\n"CN=b ""c"",DC=x",""\r\n', ",", 7);
    same('dn,cn\n"CN=a,DC=x",a\n"CN=b\r\nx",b\rCN=c,c\r\nlast,"l"', ",", 3);
  });

  test("across chunks larger than one read, records on chunk borders included", () => {
    const rows = Array.from(
      { length: 20_000 },
      (_, i) => `"CN=${i},OU=${"x".repeat(i % 40)}",${i % 50 === 0 ? '"a ""b"""' : "plain"},é${i}\r\n`,
    );
    const text = `k,a,b\r\n${rows.join("")}`;
    expect(readAll(Buffer.from(text), ",", undefined, undefined).records).toEqual(parse(text, options(",")));
  });
});

describe("RecordReader reports", () => {
  test("the line each record starts on, whatever the line ends are", () => {
    expect(readAll(Buffer.from('h\na\r\n"b\r\nb\nb"\rc\r\n'), ",").lines).toEqual([2, 3, 6]);
  });

  test("NUL and invalid UTF-8 by record", () => {
    expect(readAll(Buffer.from("h\nok\na\0b\n"), ",")).toMatchObject({ problem: RecordProblem.nul, lines: [2] });
    expect(readAll(Buffer.concat([Buffer.from("h\nok\n"), Buffer.of(0xe9, 0x0a)]), ",")).toMatchObject({
      problem: RecordProblem.encoding,
      lines: [2],
    });
  });

  test("stray quotes and quotes that are not closed", () => {
    expect(readAll(Buffer.from('h\na"b\n'), ",").problem).toBe(RecordProblem.strayQuote);
    expect(readAll(Buffer.from('h\n"a"b\n'), ",").problem).toBe(RecordProblem.strayQuote);
    expect(readAll(Buffer.from('h\n"ab\nc\n'), ",").problem).toBe(RecordProblem.quoteNotClosed);
  });

  test("a header that is no CSV, a file that ends before its header", () => {
    expect(() => readAll(Buffer.from('a"b,c\n1,2\n'), ",")).toThrow(expect.objectContaining({ code: "DATA_HEADER_INVALID" }));
    expect(() => readAll(Buffer.from("\ufeff"), ",")).toThrow(expect.objectContaining({ code: "DATA_HEADER_MISSING" }));
  });

  test("a quote that is not closed does not eat the file", () => {
    const line = Buffer.from(`${"x".repeat(1023)}\n`);
    let lines = 0;
    const endless: ByteSource = {
      read(target, offset, length) {
        const part = lines++ === 0 ? Buffer.from('h\n"open\n') : line.subarray(0, Math.min(line.length, length));
        target.set(part, offset);
        return part.length;
      },
    };
    const reader = new RecordReader(endless, { delimiter: ",", file: "f.csv" });
    reader.header();
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: "DATA_RECORD_TOO_LARGE", place: { file: "f.csv", line: 2 } }));
    expect(lines * 1024).toBeLessThan(2 * maximumRecordBytes);
  });

  test("a row of nothing but delimiters is refused in bounded memory", () => {
    const reader = new RecordReader(memorySource(Buffer.from(`h\n${",".repeat(3_000_000)}\n`)), { delimiter: ",", file: "f.csv" });
    reader.header();
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: "DATA_RECORD_TOO_LARGE" }));
  });
});

describe("canonical form", () => {
  test("is what csv-stringify writes", () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), (fields) => {
        const expected = stringify([fields], { record_delimiter: "\n", quote_record_delimiter: true });
        expect(canonicalRow(fields)).toBe(expected);
        const target = new Uint8Array(500);
        let at = 0;
        fields.forEach((field, i) => {
          const bytes = Buffer.from(field);
          if (i > 0) target[at++] = 0x2c;
          at = writeField(target, at, bytes, 0, bytes.length, formOfBytes(bytes, 0, bytes.length));
        });
        expect(`${Buffer.from(target.subarray(0, at))}\n`).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });
});

test("invalidUtf8At finds the first byte that cannot be", () => {
  expect(invalidUtf8At(Buffer.from("aé漢😀"))).toBe(10);
  expect(invalidUtf8At(Buffer.concat([Buffer.from("é"), Buffer.of(0xe9), Buffer.from("x")]))).toBe(2);
  expect(invalidUtf8At(Buffer.of(0x61, 0xe2, 0x82))).toBe(1);
});
