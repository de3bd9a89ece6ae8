import type { ConcatColumns } from "../../model/index.js";

type Rules = Pick<ConcatColumns, "separator" | "removeEmpty" | "removeDuplicates" | "sortValues">;

/**
 * Joins values (connectors §1.3): empty ones left out first, then those that equal the one before, then in the order of their UTF-8 bytes,
 * each where asked for.
 */
export const concat = (values: readonly string[], { separator, removeEmpty, removeDuplicates, sortValues }: Rules): string => {
  const filled = removeEmpty ? values.filter((value) => value !== "") : values;
  const distinct = removeDuplicates ? filled.filter((value, i) => i === 0 || value !== filled[i - 1]) : filled;
  return (sortValues ? distinct.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))) : distinct).join(separator);
};
