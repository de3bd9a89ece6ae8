/** A name as it stands in a statement, whatever it holds. */
export const quoteName = (name: string): string => `[${name.replaceAll("]", "]]")}]`;
