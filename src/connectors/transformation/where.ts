import { compilePattern, type WhereOperator } from "../../model/index.js";

const comparisons: Readonly<Record<Exclude<WhereOperator, "Regex">, (text: string, value: string) => boolean>> = {
  Equals: (text, value) => text === value,
  NotEquals: (text, value) => text !== value,
  Contains: (text, value) => text.includes(value),
  NotContains: (text, value) => !text.includes(value),
  StartsWith: (text, value) => text.startsWith(value),
  EndsWith: (text, value) => text.endsWith(value),
};

/** Whether a text matches (connectors §1.3): code unit by code unit, upper and lower case differ; a regular expression anywhere in the text. */
export const where = (operator: WhereOperator, value: string): ((text: string) => boolean) => {
  if (operator !== "Regex") {
    const compare = comparisons[operator];
    return (text) => compare(text, value);
  }
  const compiled = compilePattern(value, "part");
  // Checked when the configuration was compiled.
  if ("problem" in compiled) throw new Error(compiled.problem);
  return (text) => compiled.pattern.matches(text);
};
