/** Fields of one line of a source file. */
export type Row = readonly string[];

export const entryHeader: Row = ["guid", "dn", "login", "employee"];
export const memberHeader: Row = ["dn", "member"];

const two = (n: number): string => String(n).padStart(2, "0");

/** `P01, Person 1, 1, 2020-01-01, D1, ` …; everybody has P01 as manager, but P12 has P02 and P01 nobody. */
export const personRow = (n: number, name = `Person ${n}`): Row => [
  `P${two(n)}`,
  name,
  String(n),
  "2020-01-01",
  `D${1 + (n % 3)}`,
  n === 1 ? "" : n === 12 ? "P02" : "P01",
];

/** The account of a person. */
export const accountRow = (n: number): Row => [`E${two(n)}`, `CN=p${two(n)}`, `p${two(n)}`, `P${two(n)}`];
const groupRow = (n: number): Row => [`G${n}`, `CN=g${n}`, `g${n}`, ""];

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** 12 people in 3 departments; 10 accounts and 2 groups with 8 memberships. */
export const dayOne = {
  people: numbers(12).map((n) => personRow(n)),
  departments: [
    ["D1", "Finance"],
    ["D2", "Sales"],
    ["D3", "Zoë's team"],
  ] as readonly Row[],
  entries: [...numbers(10).map((n) => accountRow(n)), groupRow(1), groupRow(2)],
  members: [...numbers(5).map((n): Row => ["CN=g1", `CN=p${two(n)}`]), ...[6, 7, 8].map((n): Row => ["CN=g2", `CN=p${two(n)}`])],
};

/** Day 1 with a joiner, a leaver, a new name and a new manager; in the AD one account goes, one comes, memberships move. */
export const dayTwo: typeof dayOne = {
  ...dayOne,
  people: [
    ...dayOne.people.slice(0, 10).map((row, i) => (i === 2 ? personRow(3, "O'Brien, Zoë") : i === 3 ? [...row.slice(0, 5), "P02"] : row)),
    personRow(12),
    personRow(13),
  ].map((row) => row.map((field) => (field.includes(",") ? `"${field}"` : field))),
  entries: [...dayOne.entries.filter(([guid]) => guid !== "E05"), accountRow(13)],
  members: [...dayOne.members.filter(([, member]) => member !== "CN=p05"), ["CN=g2", "CN=p13"]],
};
