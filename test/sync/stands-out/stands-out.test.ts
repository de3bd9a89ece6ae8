import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Finding, type StandingRow, StandsOut, standsOutLines } from "../../../src/sync/index.js";

type Values = Readonly<Record<string, string | null>>;

const update = (key: string, before: Values, after: Values): StandingRow => ({
  entityType: "Person",
  command: "update",
  key,
  changes: Object.keys(before)
    .filter((property) => before[property] !== after[property])
    .map((property) => ({ property, before: before[property] ?? null, after: after[property] ?? null, isNavigation: false })),
});

const whole = (command: "insert" | "delete", key: string, values: Values): StandingRow => ({
  entityType: "Person",
  command,
  key,
  changes: Object.entries(values)
    .filter(([, value]) => value !== null)
    .map(([property, value]) => ({
      property,
      before: command === "delete" ? value : null,
      after: command === "delete" ? null : value,
      isNavigation: false,
    })),
});

const findings = (rows: readonly StandingRow[], open: Readonly<Record<string, number>> = { Person: 100_000 }): Finding[] => {
  const standsOut = new StandsOut();
  for (const row of rows) standsOut.add(row);
  return standsOut.findings(new Map(Object.entries(open)));
};

const kinds = (found: readonly Finding[]): string[] => found.map(({ kind, properties }) => [kind, ...properties].join(" "));

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const two = (n: number): string => String(n).padStart(2, "0");

/** A cell of a file: words, and what nasty files hold. */
const word = fc.stringMatching(/^[a-zA-Zéß]{3,10}$/);
const rowCount = fc.integer({ min: 10, max: 60 });

describe("StandsOut", () => {
  test("says nothing of changes that have nothing in common", () => {
    const rows = numbers(40).map((n) =>
      update(
        `P${n}`,
        { name: `${"abcdefghij"[n % 10]}${n * 7919}`, level: String(n) },
        { name: `${"qrstuvwxyz"[n % 10]}${n * 104_729}x`, level: String(n) },
      ),
    );
    expect(findings(rows)).toEqual([]);
  });

  test("a column emptied: from 10 rows on, and where 90 % of its changes empty it", () => {
    const rows = (emptied: number, others: number): StandingRow[] => [
      ...numbers(emptied).map((n) => update(`P${n}`, { mail: `m${n}@x` }, { mail: null })),
      ...numbers(others).map((n) => update(`Q${n}`, { mail: `${n}a` }, { mail: `b${n * 31}` })),
    ];
    expect(kinds(findings(rows(10, 0)))).toEqual(["emptied mail"]);
    expect(kinds(findings(rows(9, 0)))).toEqual([]);
    expect(kinds(findings(rows(18, 2)))).toEqual(["emptied mail"]);
    expect(kinds(findings(rows(17, 2)))).toEqual([]);
    const [finding] = findings(rows(18, 2));
    expect(finding?.text).toMatch(
      /^Person\.mail becomes empty in 18 of 20 rows that change it, such as “P0”, where it was “m0@x”\. Usual cause: /,
    );
  });

  test("two columns swapped, whatever they hold, blank cells included, is told exactly of those two", () => {
    const cell = fc.option(word, { nil: null, freq: 5 });
    fc.assert(
      fc.property(fc.array(fc.record({ a: cell, b: cell, c: cell }), { minLength: 20, maxLength: 80 }), (people) => {
        const rows = people
          .map(({ a, b, c }, n) => update(`P${n}`, { a, b, c }, { a: b, b: a, c }))
          .filter(({ changes }) => changes.length > 0);
        const swapped = findings(rows).filter(({ kind }) => kind === "swapped");
        if (rows.length < 3) expect(swapped).toEqual([]);
        else {
          expect(swapped.map(({ properties }) => properties)).toEqual([["a", "b"]]);
          expect(swapped[0]?.count).toBe(rows.length);
          // What a swap explains is not said again in other words.
          expect(findings(rows)).toHaveLength(1);
        }
      }),
    );
  });

  test("rows that change both columns in another way count against a swap", () => {
    const swaps = (n: number): StandingRow => update(`P${n}`, { a: `a${n}`, b: `b${n}` }, { a: `b${n}`, b: `a${n}` });
    const others = (n: number): StandingRow => update(`Q${n}`, { a: `a${n}`, b: `b${n}` }, { a: `x${n * 3}`, b: `y${n * 5}` });
    expect(kinds(findings([...numbers(18).map(swaps), ...numbers(2).map(others)]))).toEqual(["swapped a b"]);
    expect(kinds(findings([...numbers(17).map(swaps), ...numbers(2).map(others)]))).toEqual([]);
  });

  const formats: Readonly<Record<string, (year: number, month: number, day: number) => string>> = {
    "yyyy-MM-dd": (y, m, d) => `${y}-${two(m)}-${two(d)}`,
    "yyyy-dd-MM": (y, m, d) => `${y}-${two(d)}-${two(m)}`,
    "dd/MM/yyyy": (y, m, d) => `${two(d)}/${two(m)}/${y}`,
    "MM/dd/yyyy": (y, m, d) => `${two(m)}/${two(d)}/${y}`,
    "dd.MM.yyyy": (y, m, d) => `${d}.${m}.${y}`,
    "dd-MMM-yyyy": (y, m, d) =>
      `${two(d)}-${["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][m - 1]}-${y}`,
    yyyyMMdd: (y, m, d) => `${y}${two(m)}${two(d)}`,
    yyyyMMddHHmmss: (y, m, d) => `${y}${two(m)}${two(d)}000000`,
    yyyyddMMHHmmss: (y, m, d) => `${y}${two(d)}${two(m)}000000`,
    "yyyy-MM-ddTHH:mm:ssZ": (y, m, d) => `${y}-${two(m)}-${two(d)}T00:00:00Z`,
    "dd/MM/yyyy HH:mm": (y, m, d) => `${two(d)}/${two(m)}/${y} 00:00`,
    "days of a spreadsheet": (y, m, d) => String(Math.floor(Date.UTC(y, m - 1, d) / 86_400_000) + 25_569),
  };

  test("a date format that moved is told by both patterns, for every two of them", () => {
    const pattern = fc.constantFrom(...Object.keys(formats));
    const date = fc.record({
      y: fc.integer({ min: 1950, max: 2030 }),
      m: fc.integer({ min: 1, max: 12 }),
      d: fc.integer({ min: 1, max: 28 }),
    });
    fc.assert(
      fc.property(pattern, pattern, fc.array(date, { minLength: 30, maxLength: 60 }), (from, to, dates) => {
        fc.pre(from !== to);
        const rows = dates
          // A day past the 12th tells day and month apart: each file has some.
          .map(({ y, m, d }, n) => ({ y, m, d: n % 2 === 0 ? 13 + (d % 15) : d }))
          .map(({ y, m, d }, n) => update(`P${n}`, { hired: formats[from]?.(y, m, d) ?? "" }, { hired: formats[to]?.(y, m, d) ?? "" }))
          .filter(({ changes }) => changes.length > 0);
        const [finding] = findings(rows);
        expect(finding?.kind).toBe("dateFormat");
        expect(finding?.text).toContain(`, ${from} → ${to}, such as`);
        expect(finding?.count).toBe(rows.length);
      }),
    );
  });

  test("other days are no other format", () => {
    const rows = numbers(30).map((n) =>
      update(`P${n}`, { hired: `2020-01-${two(1 + (n % 28))}` }, { hired: `${two(1 + ((n * 5) % 28))}/07/20${two(n)}` }),
    );
    expect(findings(rows).filter(({ kind }) => kind === "dateFormat")).toEqual([]);
  });

  test.each<[string, (value: string) => string, string]>([
    ["a blank behind", (value) => `${value} `, "got blanks at the end"],
    ["a no-break space before", (value) => `\u00a0${value}`, "got blanks at the start"],
    ["capitals", (value) => value.toUpperCase(), "was put in capitals"],
    ["a prefix", (value) => `EXT-${value}`, "got “EXT-” before it"],
    ["a suffix", (value) => `${value}@x.example`, "got “@x.example” behind it"],
    ["quotes", (value) => `"${value}"`, "got quotes around it"],
    ["decomposed letters", (value) => value.normalize("NFD"), "differs in its Unicode form only"],
  ])("a change common to all: %s, and back", (_, change, phrase) => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 20, maxLength: 60 }), (words) => {
        const values = words.map((value) =>
          phrase.includes("Unicode") ? `é${value}`.normalize("NFC") : `q${value.toLowerCase().replaceAll("ß", "s")}`,
        );
        const there = findings(values.map((value, n) => update(`P${n}`, { login: value }, { login: change(value) })));
        expect(there.map(({ kind, count }) => [kind, count])).toEqual([["alike", values.length]]);
        expect(there[0]?.text).toContain(`Person.login ${phrase} in all `);
        const back = findings(values.map((value, n) => update(`P${n}`, { login: change(value) }, { login: value })));
        expect(back.map(({ kind }) => kind)).toEqual(["alike"]);
      }),
    );
  });

  test("a domain that changed, though old and new begin and end alike", () => {
    fc.assert(
      fc.property(rowCount, fc.tuple(word, word), (count, [old, made]) => {
        fc.pre(old !== made && old.toUpperCase() !== made.toUpperCase());
        const rows = numbers(count).map((n) => update(`P${n}`, { mail: `user${n}@${old}.example` }, { mail: `user${n}@${made}.example` }));
        expect(findings(rows).map(({ kind, count: told }) => [kind, told])).toEqual([["alike", count]]);
        expect(findings(rows)[0]?.text).toContain(`has “${made}” for “${old}”`);
      }),
    );
  });

  test("one value in all rows", () => {
    const rows = numbers(12).map((n) => update(`P${n}`, { phone: `+33 ${n * 37}` }, { phone: "#N/A" }));
    expect(findings(rows).map(({ kind, text }) => [kind, text.split(",")[0]])).toEqual([
      ["constant", "Person.phone becomes “#N/A” in all 12 rows that change it"],
    ]);
  });

  test("rekeyed: deleted and inserted rows with the same values, in any order, whatever else comes and goes", () => {
    const person = fc.record({ name: word, dept: word });
    fc.assert(
      fc.property(
        fc.uniqueArray(person, { minLength: 12, maxLength: 50, selector: ({ name, dept }) => `${name} ${dept}` }),
        fc.integer({ min: 0, max: 10 }),
        fc.func(fc.nat()),
        (people, others, order) => {
          const rows = [
            ...people.map((values, n) => whole("delete", `A${n}`, { id: `A${n}`, ...values })),
            ...people.map((values, n) => whole("insert", `NEW-${n * 13}`, { id: `NEW-${n * 13}`, ...values })),
            ...numbers(others).map((n) => whole("insert", `X${n}`, { id: `X${n}`, name: `other ${n}`, dept: "-" })),
          ]
            .map((row) => ({ row, at: order(row.key) }))
            .sort((a, b) => a.at - b.at)
            .map(({ row }) => row);
          const found = findings(rows);
          expect(found.map(({ kind, count }) => [kind, count])).toEqual([["rekeyed", people.length]]);
          expect(found[0]?.text).toContain(`all ${people.length} deleted rows come back under another key with the same values`);
        },
      ),
    );
  });

  test.each<[string, (n: number) => string, (n: number) => string, string]>([
    ["case", (n) => `ab${n}`, (n) => `AB${n}`, "was put in capitals"],
    ["leading zeros", (n) => `00${n + 1}`, (n) => `${n + 1}`, "lost leading zeros"],
    ["blanks", (n) => `k${n}`, (n) => `k${n} `, "got blanks at the end"],
    ["Unicode form", (n) => `é${n}`, (n) => `é${n}`.normalize("NFD"), "differs in its Unicode form only"],
  ])("rekeyed: keys that differ in %s only, though values changed too", (_, former, made, phrase) => {
    const rows = numbers(11).flatMap((n) => [
      whole("delete", former(n), { id: former(n), name: `n${n}` }),
      whole("insert", made(n), { id: made(n), name: `other ${n}` }),
    ]);
    const found = findings(rows, { Person: 11 });
    expect(found.map(({ kind, count }) => [kind, count])).toEqual([["rekeyed", 11]]);
    expect(found[0]?.text).toContain(`a key that ${phrase}, such as “${former(0)}” → “${made(0)}”`);
  });

  test("rows that have no value but their key are no pairs", () => {
    const rows = numbers(20).flatMap((n) => [whole("delete", `A${n}`, { id: `A${n}` }), whole("insert", `B${n}`, { id: `B${n}` })]);
    expect(findings(rows)).toEqual([]);
  });

  test("all of a type deleted, and only then", () => {
    const rows = numbers(5).map((n) => whole("delete", `A${n}`, { id: `A${n}`, name: `n${n}` }));
    expect(kinds(findings(rows, { Person: 5 }))).toEqual(["wholeType"]);
    expect(findings(rows, { Person: 5 })[0]?.text).toMatch(/^Person: all 5 resources would be deleted\. Usual cause: /);
    expect(findings(rows, { Person: 6 })).toEqual([]);
    expect(findings(rows, {})).toEqual([]);
  });

  test("what is common to nearly all is found behind any noise", () => {
    const rows = [
      ...numbers(3_000).map((n) => update(`N${n}`, { mail: `${n * 7}x${n}` }, { mail: `${n}y${n * 11}` })),
      ...numbers(60_000).map((n) => update(`P${n}`, { mail: `u${n}@a.example` }, { mail: `u${n}@b.example` })),
    ];
    const [finding] = findings(rows);
    expect(finding?.kind).toBe("alike");
    // Counted to within a few, never too high.
    expect(finding?.count).toBeGreaterThan(59_900);
    expect(finding?.count).toBeLessThanOrEqual(60_000);
  });

  test("memory does not grow with updates, nor with the length of their values", () => {
    const standsOut = new StandsOut();
    const long = "x".repeat(4_000);
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 20_000; n++)
      standsOut.add(update(`P${n}`, { a: `${n}${long}`, b: `${n}b${long}` }, { a: `${long}${n * 3}`, b: `c${long}${n}` }));
    globalThis.gc?.();
    // 20,000 rows of 16 kB would be 320 MB; what is kept is some 256 texts of 160 units for each of six tallies.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(150_000_000);
    expect(standsOut.rows).toBe(20_000);
  });
});

describe("standsOutLines", () => {
  const finding = (text: string): Finding => ({ kind: "alike", entityType: "Person", properties: [], count: 1, text });

  test("one line each, never one that a list of sentences would split", () => {
    expect(standsOutLines([finding("a; b\nc")], 5, 5)).toEqual(["Stands out: a, b c."]);
  });

  test("says how many more there are, and that not all rows were looked at", () => {
    const lines = standsOutLines(
      numbers(10).map((n) => finding(String(n))),
      200_000,
      1_234_567,
    );
    expect(lines).toHaveLength(10);
    expect(lines.slice(8)).toEqual([
      "Stands out: 2 more of this kind.",
      "Of 1,234,567 staged changes of resources the first 200,000 were looked at for what stands out.",
    ]);
  });
});
