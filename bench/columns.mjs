/** Columns of the entries files. */
export const columns =
  "dn|employeeID|sAMAccountName|mail|givenName|sn|displayName|department|title|l|telephoneNumber|userAccountControl|objectClass|whenChanged".split(
    "|",
  );
/** Those that the workspace maps: all but the last two. The first is the key. */
export const mappedColumns = columns.slice(0, 12);
