import { compileDatePattern, compilePattern, type Transformation, type WhereOperator } from "../../model/index.js";
import type { PackageDefinition } from "../catalogue/packages.js";
import type { ConfigurationElement } from "../element.js";
import type { Findings } from "../findings.js";

/** Attributes that only some types know (connectors §1.3). */
const attributesOf = {
  ConcatColumns: [
    "InputColumn",
    "InputColumn2",
    "InputColumn3",
    "InputColumn4",
    "InputColumn5",
    "ConcatSeparator",
    "RemoveEmpty",
    "RemoveDuplicates",
    "SortValues",
  ],
  TransformDate: ["InputColumn", "AddedDays", "MinYear", "MaxYear", "DatePattern"],
  WhereValue: ["WhereOperator", "WhereValue"],
} as const;
const inputColumns = attributesOf.ConcatColumns.slice(0, 5);
const common: ReadonlySet<string> = new Set(["Type", "Table", "Column"]);

/** Days between the first and the last day that a date can be. */
const mostDays = 3_652_058;

/** Compiles the Transformation elements of a connection, in document order (connectors §1.3). Those with an error are left out. */
export const compileTransformations = (
  connection: ConfigurationElement,
  identifier: string,
  known: PackageDefinition | null,
  findings: Findings,
): readonly Transformation[] =>
  connection.all("Transformation").flatMap((element) => {
    const type = element.string("Type") as Transformation["type"] | null;
    if (type === null) return [];
    const problems: { readonly attribute?: string; readonly problem: string }[] = [];
    const attributes: readonly string[] = attributesOf[type];
    for (const name of element.given.keys()) {
      if (!common.has(name) && !attributes.includes(name)) {
        problems.push({ attribute: name, problem: `it has no ${name}, which is for ${typesWith(name)}` });
      }
    }
    const table = element.required("Table").replace(/\.csv$/i, "");
    const notWritten = table === "" ? null : tableProblem(table, identifier, known);
    if (notWritten !== null) problems.push({ attribute: "Table", problem: notWritten });
    const compiled = compilers[type](element, { table, column: element.required("Column") }, (attribute, problem) =>
      problems.push({ attribute, problem }),
    );
    for (const { attribute, problem } of problems) {
      findings.error("CFG_TRANSFORMATION", { type, connection: identifier, problem }, element.place(attribute));
    }
    return problems.length === 0 && compiled.table !== "" && compiled.column !== "" ? [compiled] : [];
  });

const typesWith = (attribute: string): string =>
  Object.entries(attributesOf)
    .filter(([, names]) => (names as readonly string[]).includes(attribute))
    .map(([type]) => type)
    .join(" and ");

/** Case counts (connectors §1.3): the file of `hr_0` would never be found by `HR_0` where file systems tell them apart. */
const tableProblem = (table: string, connection: string, known: PackageDefinition | null): string | null => {
  if (known === null) return null;
  const { name, output } = known;
  if (output === "none") return `the package ${name} exports nothing`;
  const isOwn = output === "single" ? table === connection : table.startsWith(`${connection}_`);
  const isSheet = name !== "Excel" || /^\d+$/.test(table.slice(connection.length + 1));
  if (isOwn && isSheet) return null;
  const written =
    output === "single" ? connection : name === "Excel" ? `${connection}_0, ${connection}_1, … by sheet` : `${connection}_<table>`;
  return `its connection does not write the table ${table}, but ${written}`;
};

type Report = (attribute: string, problem: string) => void;
type Of = Pick<Transformation, "table" | "column">;

const compilers: {
  readonly [T in Transformation["type"]]: (element: ConfigurationElement, of: Of, report: Report) => Transformation;
} = {
  ConcatColumns: (element, of, report) => {
    const inputs = inputColumns.map((name) => element.string(name)).filter((name) => name !== null);
    if (inputs.length === 0) report("Type", "it needs InputColumn, the first of the columns that it joins");
    return {
      type: "ConcatColumns",
      ...of,
      inputs,
      separator: element.string("ConcatSeparator") ?? "",
      removeEmpty: element.boolean("RemoveEmpty"),
      removeDuplicates: element.boolean("RemoveDuplicates"),
      sortValues: element.boolean("SortValues"),
    };
  },
  TransformDate: (element, of, report) => {
    const addedDays = element.number("AddedDays");
    if (Math.abs(addedDays) > mostDays) report("AddedDays", `AddedDays is beyond ${mostDays}, which no date can take`);
    const year = (name: string): number | null => (element.has(name) ? element.number(name) : null);
    const minYear = year("MinYear");
    const maxYear = year("MaxYear");
    if (minYear !== null && maxYear !== null && minYear > maxYear) report("MinYear", "MinYear is after MaxYear: no date would be changed");
    const datePattern = element.string("DatePattern");
    const checked = datePattern === null ? null : compileDatePattern(datePattern);
    if (checked !== null && "problem" in checked) report("DatePattern", `DatePattern ${datePattern}: ${checked.problem}`);
    return { type: "TransformDate", ...of, input: element.string("InputColumn") ?? of.column, addedDays, minYear, maxYear, datePattern };
  },
  WhereValue: (element, of, report) => {
    const operator = element.string("WhereOperator") as WhereOperator | null;
    const value = element.string("WhereValue") ?? "";
    if (operator === null && !element.isRefused("WhereOperator")) report("Type", "it needs WhereOperator, the comparison");
    if (value === "" && operator !== null && operator !== "Equals" && operator !== "NotEquals") {
      report("WhereOperator", `${operator} needs a WhereValue: without one it would say the same of every row`);
    }
    const checked = operator === "Regex" ? compilePattern(value, "part") : null;
    if (checked !== null && "problem" in checked) report("WhereValue", `WhereValue ${value}: ${checked.problem}`);
    return { type: "WhereValue", ...of, operator: operator ?? "Equals", value };
  },
};
