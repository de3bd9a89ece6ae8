/** The open end of every current version and link (design §6): a literal in every statement and filtered index, never a parameter. */
export const openEnd = "9999-12-31T23:59:59.999Z";
