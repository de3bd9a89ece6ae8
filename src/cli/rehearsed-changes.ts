import type { RehearsedChange } from "../store/index.js";
import { changeText } from "./change-text.js";
import type { Invocation } from "./command.js";
import { cutTo, formatNoun, printable, table } from "./terminal/index.js";

/** Changes that the text shows: about a screen; --json gives all that a rehearsal lists. */
const shownChanges = 20;
/** Columns that the values of an insert or a delete may take: enough to know it by. */
const summaryColumns = 100;

interface ChangeRow {
  readonly command: string;
  readonly of: string;
  readonly key: string;
  readonly what: string;
}

/** Inserts, deletes and links take one line, updates one for each value that differs. */
const rowsOf = ({ scope, identifier: of, command, keys, values }: RehearsedChange): ChangeRow[] => {
  const [key = "", other = ""] = keys;
  if (scope === "link") return [{ command, of, key, what: other }];
  if (command === "update") {
    return Object.entries(values).map(([name, [before, after]]) => ({ command, of, key, what: `${name}: ${changeText(before, after)}` }));
  }
  const others = Object.entries(values).flatMap(([name, [before, after]]) => {
    const value = after ?? before ?? "";
    return value === key || value === "" ? [] : [`${name} ${value}`];
  });
  return [{ command, of, key, what: cutTo(printable(others.join(", ")), summaryColumns) }];
};

/** The first changes as a table under a heading, and how many more there are. `total`: of all, as the counters say. Nothing where there are none. */
export const changeLines = ({ style, out }: Invocation, heading: string, changes: readonly RehearsedChange[], total: number): string[] => {
  if (changes.length === 0) return [];
  const shown = changes.slice(0, shownChanges);
  const more = total - shown.length;
  const paint = (text: string, { command }: ChangeRow): string =>
    command === "delete" ? style.bad(text) : command === "insert" ? style.good(text) : style.warning(text);
  return [
    "",
    style.bold(heading),
    ...table<ChangeRow>(
      [
        { title: "Command", value: (row) => row.command, paint },
        { title: "Of", value: (row) => row.of },
        { title: "Key", value: (row) => row.key },
        { title: "Before → after, or key 2", value: (row) => row.what },
      ],
      shown.flatMap(rowsOf),
      { style, indent: 2, ...(out.columns === undefined ? {} : { width: out.columns }) },
    ),
    ...(more > 0 ? [style.dim(`  and ${formatNoun(more, "more change")}: --json lists the first`)] : []),
  ];
};
