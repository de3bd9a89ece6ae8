/** Colours by meaning, so that the whole program agrees on them. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  warning(text: string): string;
  bad(text: string): string;
  busy(text: string): string;
}

const paint =
  (open: number, close: number) =>
  (text: string): string =>
    `\u001b[${open}m${text}\u001b[${close}m`;

const plain = (text: string): string => text;

export const plainStyle: Style = { bold: plain, dim: plain, good: plain, warning: plain, bad: plain, busy: plain };

const colouredStyle: Style = {
  bold: paint(1, 22),
  dim: paint(2, 22),
  good: paint(32, 39),
  warning: paint(33, 39),
  bad: paint(31, 39),
  busy: paint(36, 39),
};

/**
 * Colours on a terminal only, never with NO_COLOR set to anything (no-color.org) or on a terminal that says it is dumb.
 */
export const styleFor = (isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Style =>
  isTerminal && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb" ? colouredStyle : plainStyle;

/** The colour of a state of a job or task. */
export const paintState = (style: Style, state: string, text = state): string => {
  if (state === "Completed") return style.good(text);
  if (state === "InProgress" || state === "Waiting") return style.busy(text);
  if (state === "Blocked" || state === "Warning") return style.warning(text);
  if (state === "Errored" || state === "Aborted") return style.bad(text);
  return style.dim(text);
};
