/** One field of a schedule: the numbers it allows, ascending, or null where `*` allows every one. */
export interface Field {
  readonly values: readonly number[];
  /** Begins with `*`, also as a step: the field goes by elapsed time, not by the clock on the wall. */
  readonly isWildcard: boolean;
}

interface FieldDefinition {
  readonly minimum: number;
  readonly maximum: number;
  /** Names from the first number on, in lower case. */
  readonly names?: readonly string[];
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const second: FieldDefinition = { minimum: 0, maximum: 59 };
const minute: FieldDefinition = { minimum: 0, maximum: 59 };
const hour: FieldDefinition = { minimum: 0, maximum: 23 };
const day: FieldDefinition = { minimum: 1, maximum: 31 };
const month: FieldDefinition = { minimum: 1, maximum: 12, names: months };
const weekday: FieldDefinition = { minimum: 0, maximum: 6, names: weekdays };

const numberOf = (text: string, { minimum, maximum, names }: FieldDefinition): number | null => {
  const index = names?.indexOf(text.toLowerCase()) ?? -1;
  if (index >= 0) return minimum + index;
  if (!/^\d{1,2}$/.test(text)) return null;
  const value = Number(text);
  return value >= minimum && value <= maximum ? value : null;
};

/** One member of a list: `*`, `5`, `1-5`, each with or without a step such as `/10`; a step after one number runs to the end. */
const membersOf = (text: string, definition: FieldDefinition): number[] | null => {
  const [range = "", step, ...more] = text.split("/");
  if (more.length > 0 || (step !== undefined && (!/^\d{1,2}$/.test(step) || Number(step) === 0))) return null;
  const [from = "", to, ...rest] = range === "*" ? [String(definition.minimum), String(definition.maximum)] : range.split("-");
  const first = numberOf(from, definition);
  const last = to === undefined ? (step === undefined ? first : definition.maximum) : numberOf(to, definition);
  if (rest.length > 0 || first === null || last === null || last < first) return null;
  const every = step === undefined ? 1 : Number(step);
  return Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, index) => first + index * every);
};

const fieldOf = (text: string, definition: FieldDefinition): Field | null => {
  const values = new Set<number>();
  for (const member of text.split(",")) {
    const members = membersOf(member, definition);
    if (members === null) return null;
    for (const value of members) values.add(value);
  }
  return { values: [...values].sort((a, b) => a - b), isWildcard: text.split(",").some((member) => member.startsWith("*")) };
};

/** A schedule as its fields say it (jobs-and-tasks §3.8). */
export interface Schedule {
  readonly second: Field;
  readonly minute: Field;
  readonly hour: Field;
  readonly day: Field;
  readonly month: Field;
  readonly weekday: Field;
}

/** Takes a text; gives its fields, second 0 where it has five, or null where it is no schedule. */
export const scheduleOf = (cron: string): Schedule | null => {
  const texts = cron.trim().split(/\s+/);
  if (texts.length !== 5 && texts.length !== 6) return null;
  const definitions = [second, minute, hour, day, month, weekday];
  const fields = (texts.length === 5 ? ["0", ...texts] : texts).map((text, index) => fieldOf(text, definitions[index] ?? second));
  const [atSecond, atMinute, atHour, onDay, inMonth, onWeekday] = fields;
  if (!atSecond || !atMinute || !atHour || !onDay || !inMonth || !onWeekday) return null;
  return { second: atSecond, minute: atMinute, hour: atHour, day: onDay, month: inMonth, weekday: onWeekday };
};

/**
 * Whether a text is a schedule (jobs-and-tasks §3.8): five fields (minute, hour, day, month, weekday) or six (second first), each with
 * `*`, `,`, `-` and `/`; months also Jan-Dec, weekdays 0-6 from Sunday or Sun-Sat, in any case. `?`, `L`, `W`, `#` and nicknames are none.
 */
export const isValidCron = (cron: string): boolean => scheduleOf(cron) !== null;
