import { SluiceError } from "../errors/index.js";
import type { Arguments } from "./arguments.js";

const day = /^\d{4}-\d{2}-\d{2}$/;
/** With a zone: a time that means another moment on another machine is refused. */
const moment = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

/** The moment that an option names, as the repository writes times; a day is its first moment, UTC. Null where the option is absent. Throws CMD_OPTION_VALUE_INVALID. */
export const momentOption = (given: Arguments, option: string): string | null => {
  const text = given.value(option);
  if (text === null) return null;
  const time = day.test(text) || moment.test(text) ? new Date(text) : new Date(Number.NaN);
  // new Date takes 2026-02-30 for 2 March: a day that does not exist is refused.
  const isReal = !Number.isNaN(time.getTime()) && (!day.test(text) || time.toISOString().startsWith(text));
  if (!isReal) {
    const expected = "a date such as 2026-11-21 or a time with its zone such as 2026-11-21T09:30:00Z";
    throw new SluiceError("CMD_OPTION_VALUE_INVALID", { option: `--${option}`, value: text, expected });
  }
  return time.toISOString();
};
