import { printable } from "./terminal/index.js";

/** What stands for no value. */
const nothing = "(none)";

/** `before → after` as a person reads it. */
export const changeText = (before: string | null, after: string | null): string =>
  `${before === null ? nothing : printable(before)} → ${after === null ? nothing : printable(after)}`;
