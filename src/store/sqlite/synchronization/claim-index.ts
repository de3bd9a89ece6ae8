/**
 * Indexes of UR_LinkKeys, by name: left alone, SQLite holds the primary key's first column for the better choice as long as it has no statistics, and walks all claims of the
 * mapping.
 */
export const claimIndex = {
  /** Claims by key 2. */
  key2: "INDEXED BY IX_UR_LinkKeys_Key2",
  /** Those with a Reason, which the statement has to ask for. */
  unresolved: "INDEXED BY IX_UR_LinkKeys_Unresolved",
} as const;
