import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { daysAdder } from "../../../src/connectors/transformation/added-days.js";
import { concat } from "../../../src/connectors/transformation/concat.js";
import { type EditableRow, stepsOf } from "../../../src/connectors/transformation/steps.js";
import { where } from "../../../src/connectors/transformation/where.js";
import type { ConcatColumns, Transformation, TransformDate, WhereValue } from "../../../src/model/index.js";

const plain = { separator: "-", removeEmpty: false, removeDuplicates: false, sortValues: false };

describe("ConcatColumns", () => {
  test("joins, leaves out empty ones, then successive equals, then sorts by UTF-8 bytes", () => {
    const value = fc.constantFrom("", "a", "b", "B", "é", "～", "😀");
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 5 }),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        (values, removeEmpty, removeDuplicates, sortValues) => {
          const wanted: string[] = [];
          for (const next of values) {
            if (removeEmpty && next === "") continue;
            if (removeDuplicates && wanted.length > 0 && wanted.at(-1) === next) continue;
            wanted.push(next);
          }
          const order = ["", "B", "a", "b", "é", "～", "😀"];
          if (sortValues) wanted.sort((a, b) => order.indexOf(a) - order.indexOf(b));
          expect(concat(values, { separator: "/", removeEmpty, removeDuplicates, sortValues })).toBe(wanted.join("/"));
        },
      ),
    );
  });

  test("documented examples", () => {
    const rules = { ...plain, separator: "/", removeEmpty: true, removeDuplicates: true };
    expect(concat(["Contoso", "", "HR", "Payroll"], rules)).toBe("Contoso/HR/Payroll");
    expect(concat(["Contoso", "Contoso", "HR", "Payroll"], rules)).toBe("Contoso/HR/Payroll");
    expect(concat(["a", "b", "a"], rules)).toBe("a/b/a");
    expect(concat(["a", "", "a"], rules)).toBe("a");
    expect(concat(["", ""], plain)).toBe("-");
  });
});

describe("TransformDate", () => {
  const rules = { addedDays: 1, minYear: null, maxYear: null, datePattern: null };
  const add = (text: string, more: Partial<typeof rules> | object = {}): string => {
    const result = daysAdder({ ...rules, ...more })(text);
    return "text" in result ? result.text : `! ${result.problem}`;
  };

  test("is what the calendar of Date says, in the form that the text has", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("0100-01-01T00:00:00Z"), max: new Date("9900-01-01T00:00:00Z"), noInvalidDate: true }),
        fc.integer({ min: -40_000, max: 40_000 }).map((quarters) => quarters / 4),
        (date, addedDays) => {
          const seconds = new Date(Math.floor(date.getTime() / 1000) * 1000);
          const moved = new Date(seconds.getTime() + addedDays * 86_400_000).toISOString();
          const text = seconds.toISOString();
          expect(add(text.slice(0, 19), { addedDays })).toBe(moved.slice(0, 19));
          expect(add(text, { addedDays })).toBe(moved);
          expect(add(text.slice(0, 19).replace(/\D/g, ""), { addedDays })).toBe(moved.slice(0, 19).replace(/\D/g, ""));
          const dayMoved = new Date(Date.parse(text.slice(0, 10)) + addedDays * 86_400_000).toISOString();
          const isWhole = Number.isInteger(addedDays);
          expect(add(text.slice(0, 10), { addedDays })).toBe(isWhole ? dayMoved.slice(0, 10) : dayMoved.slice(0, 19));
          const german = (iso: string): string => iso.slice(0, 10).split("-").reverse().join(".");
          expect(add(german(text), { addedDays, datePattern: "dd.MM.yyyy" })).toBe(german(dayMoved));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("dates outside of the years stay, whatever they would become; empty ones too", () => {
    const years = { minYear: 1900, maxYear: 2078 };
    expect(add("1899-12-31", years)).toBe("1899-12-31");
    expect(add("1900-01-01", years)).toBe("1900-01-02");
    expect(add("2078-12-31", years)).toBe("2079-01-01");
    expect(add("2079-01-01", years)).toBe("2079-01-01");
    expect(add("9999-12-31", years)).toBe("9999-12-31");
    expect(add("")).toBe("");
    expect(add("2026-03-01", { addedDays: -0.5 })).toBe("2026-02-28T12:00:00");
    expect(add("01/03/2026", { addedDays: -0.5, datePattern: "dd/MM/yyyy" })).toBe("28/02/2026");
  });

  test("what is no date is said, nothing guessed", () => {
    for (const text of ["31/12/2026", "2026-02-30", "tomorrow", "2026-1-1", " 2026-01-01", "20260101", "45000"])
      expect(add(text), text).toContain("is not a date");
    expect(add("2026-01-01", { datePattern: "dd/MM/yyyy" })).toContain("is not a date written as dd/MM/yyyy");
    expect(add("9999-12-31")).toContain("outside the years 1 to 9999");
  });
});

test("WhereValue is what strings of JavaScript say", () => {
  const text = fc.array(fc.constantFrom("a", "A", "b", "é", "\n"), { maxLength: 4 }).map((letters) => letters.join(""));
  fc.assert(
    fc.property(text, text, (value, part) => {
      expect(where("Equals", part)(value)).toBe(value === part);
      expect(where("NotEquals", part)(value)).toBe(value !== part);
      expect(where("Contains", part)(value)).toBe(value.split(part).length > 1 || part === "");
      expect(where("NotContains", part)(value)).toBe(!where("Contains", part)(value));
      expect(where("StartsWith", part)(value)).toBe(value.slice(0, part.length) === part);
      expect(where("EndsWith", part)(value)).toBe(part === "" || value.slice(-part.length) === part);
      expect(where("Regex", "^A.*b$")(value)).toBe(/^A[^\n]*b\n?$/.test(value) && value.startsWith("A"));
    }),
  );
});

describe("the steps of a table", () => {
  const concatOf = (column: string, ...inputs: string[]): ConcatColumns => ({
    type: "ConcatColumns",
    table: "T",
    column,
    inputs,
    ...plain,
  });
  const whereOf = (column: string, value: string): WhereValue => ({
    type: "WhereValue",
    table: "T",
    column,
    operator: "StartsWith",
    value,
  });
  const dateOf = (column: string, input = column): TransformDate => ({
    type: "TransformDate",
    table: "T",
    column,
    input,
    addedDays: 1,
    minYear: null,
    maxYear: null,
    datePattern: null,
  });
  const context = { file: "T.csv", isIncremental: false };
  /** What becomes of a row. */
  const apply = (header: string[], transformations: Transformation[], values: string[], isIncremental = false) => {
    const steps = stepsOf(header, transformations, { ...context, isIncremental });
    const fields = [...values, ...Array.from({ length: steps.header.length - header.length }, () => "")];
    const row: EditableRow = {
      text: (column) => fields[column] ?? "",
      set: (column, text) => {
        fields[column] = text;
      },
    };
    return { header: steps.header, result: steps.apply(row), fields };
  };

  test("follow document order: later ones see what earlier ones wrote", () => {
    const steps = [concatOf("full", "a", "b"), whereOf("full", "x-"), concatOf("a", "full", "b")];
    expect(apply(["a", "b"], steps, ["x", "y"])).toEqual({ header: ["a", "b", "full"], result: null, fields: ["x-y-y", "y", "x-y"] });
    expect(apply(["a", "b"], steps, ["y", "x"]).result).toBe("dropped");
  });

  test("a date that is none makes the row bad and leaves its column empty; the other steps go on", () => {
    const { result, fields } = apply(["id", "end"], [dateOf("end"), dateOf("next", "end"), concatOf("k", "id")], ["1", "soon"]);
    expect(result).toEqual({ type: "TransformDate", column: "end", problem: expect.stringContaining('"soon"') });
    expect(fields).toEqual(["1", "", "", "1"]);
    expect(apply(["id", "end"], [dateOf("end"), whereOf("id", "2")], ["1", "soon"]).result).toMatchObject({ column: "end" });
  });

  test("a column that is not there, or there twice, is an error with what is there", () => {
    for (const [transformation, said] of [
      [concatOf("x", "A"), 'needs the column "A", which is not there; it has "a"'],
      [whereOf("x", ""), 'needs the column "x"'],
      [dateOf("x"), 'needs the column "x"'],
      [whereOf("d", ""), "more than once"],
      [concatOf("d", "a"), "more than once"],
    ] as const) {
      expect(() => stepsOf(["a", "d", "d"], [transformation], context)).toThrow(
        expect.objectContaining({ code: "DATA_TRANSFORMATION_COLUMN", message: expect.stringContaining(said) }),
      );
    }
  });

  describe("of a file of changes", () => {
    const header = ["Command", "id", "site", "end"];
    const change = (transformations: Transformation[], ...values: string[]) => apply(header, transformations, values, true);

    test("a row that no longer matches becomes a delete, a delete stays one", () => {
      const steps = [whereOf("site", "DE_")];
      expect(change(steps, "update", "1", "DE_1", "").fields[0]).toBe("update");
      expect(change(steps, "Update", "1", "FR_1", "")).toMatchObject({ result: null, fields: ["delete", "1", "FR_1", ""] });
      expect(change(steps, "insert", "1", "", "").fields[0]).toBe("delete");
      expect(change(steps, "DELETE", "1", "", "")).toMatchObject({ result: null, fields: ["DELETE", "1", "", ""] });
      expect(change(steps, "merge", "1", "FR_1", "").fields[0]).toBe("delete");
      expect(change(steps, "merge", "1", "", "").result).toMatchObject({ type: "WhereValue", column: "site" });
      expect(() => stepsOf(["id", "site"], steps, { ...context, isIncremental: true })).toThrow("file of changes");
    });

    test("changes that were transformed lead where the transformed whole is", () => {
      const transformations = [whereOf("site", "DE_"), concatOf("k", "id", "site"), dateOf("end")];
      const key = fc.constantFrom("1", "2", "3");
      const site = fc.constantFrom("DE_1", "DE_2", "FR_1", "");
      const end = fc.constantFrom("", "2026-01-01", "2027-12-31T08:00:00");
      const entry = fc.tuple(key, site, end);
      const changed = fc.tuple(fc.constantFrom("insert", "update", "delete"), entry);
      type State = Map<string, readonly string[]>;
      const wholeOf = (entries: Iterable<readonly string[]>): State => {
        const kept = [...entries].map((values) => apply(header.slice(1), transformations, [...values]));
        return new Map(kept.filter(({ result }) => result === null).map(({ fields }) => [fields[0] ?? "", fields]));
      };
      fc.assert(
        fc.property(fc.uniqueArray(entry, { selector: ([id]) => id }), fc.array(changed, { maxLength: 12 }), (entries, changes) => {
          const source: State = new Map(entries.map((values) => [values[0], values]));
          const target = wholeOf(source.values());
          for (const [command, values] of changes) {
            const [id] = values;
            if (command === "delete") source.delete(id);
            else source.set(id, values);
            const { result, fields } = change(transformations, command, ...(command === "delete" ? [id, "", ""] : values));
            expect(result).toBeNull();
            if (fields[0] === "delete") target.delete(id);
            else target.set(id, fields.slice(1));
          }
          expect([...target].sort()).toEqual([...wholeOf(source.values())].sort());
        }),
        { numRuns: 300 },
      );
    });

    test("what a delete or a merge leaves out is not taken for empty", () => {
      expect(change([dateOf("end")], "delete", "1", "", "x")).toMatchObject({ result: null, fields: ["delete", "1", "", ""] });
      expect(change([concatOf("k", "id", "site")], "merge", "1", "", "").result).toMatchObject({ type: "ConcatColumns", column: "k" });
      expect(change([concatOf("k", "site", "end")], "merge", "1", "", "")).toMatchObject({
        result: null,
        fields: ["merge", "1", "", "", ""],
      });
      expect(change([concatOf("k", "id", "site")], "update", "1", "", "").fields[4]).toBe("1-");
    });
  });
});
