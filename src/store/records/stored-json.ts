/** A JSON column as its value; the type is the writer's promise, since only our own writes fill these columns. */
export const parsed = <T>(text: unknown): T | null => (typeof text === "string" ? (JSON.parse(text) as T) : null);

/** The other way: null stays null. */
export const stored = (value: unknown): string | null => (value === null || value === undefined ? null : JSON.stringify(value));
