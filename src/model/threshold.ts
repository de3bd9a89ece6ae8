/** Thresholds of a synchronization, connectors §1.9. */
export const thresholdNames = [
  "MaximumInsertedLines",
  "MaximumUpdatedLines",
  "MaximumDeletedLines",
  "MaxPercentageInsertedLines",
  "MaxPercentageUpdatedLines",
  "MaxPercentageDeletedLines",
  "MaximumLinkInsertedLines",
  "MaximumLinkUpdatedLines",
  "MaximumLinkDeletedLines",
  "MaxLinkPercentageInsertedLines",
  "MaxLinkPercentageUpdatedLines",
  "MaxLinkPercentageDeletedLines",
] as const;
export type ThresholdName = (typeof thresholdNames)[number];

/** The guard of design §7.5: a session may never close every resource of a type or every link of an association. */
export const populationGuard = "WholePopulation";

/** One active threshold and what a run counted against it (design §4). */
export interface ThresholdResult {
  /** `Connector AD`, `EntityType AD_Entry`, `EntityAssociation AD_Members`. */
  readonly scope: string;
  readonly name: ThresholdName | typeof populationGuard;
  /** Lines, or whole percents where the name says Percentage; for the population guard the count that must not be reached. */
  readonly limit: number;
  readonly count: number;
  /** Base: open resources or links of the scope when compared. */
  readonly of: number;
  readonly exceeded: boolean;
}
