import type { ThresholdName } from "./threshold.js";

/** Limits by name; only those above 0 are kept (0 is off, design §8). Percentages are whole percents. */
export type ThresholdLimits = Readonly<Partial<Record<ThresholdName, number>>>;

export interface PropertyMapping {
  readonly property: string;
  /** CSV header of the exported file. */
  readonly column: string;
  readonly isUniqueKey: boolean;
}

/** connectors §1.7, compiled: properties without a ConnectionColumn are left out (they are not synchronized). */
export interface EntityTypeMapping {
  /** = the entity type's identifier. */
  readonly identifier: string;
  readonly connector: string;
  readonly connection: string;
  /** Base name of the file in ExportOutput, without `.csv`. */
  readonly table: string;
  /** The mapping key first, the others in document order. Columns of `.sorted.csv`, in this order. */
  readonly properties: readonly [PropertyMapping, ...PropertyMapping[]];
  readonly limits: ThresholdLimits;
}

export interface KeyReference {
  readonly entityType: string;
  readonly property: string;
}

/** connectors §1.8, compiled. Columns of `.sorted.csv`: column1, column2. */
export interface AssociationMapping {
  /** = the association's identifier. */
  readonly identifier: string;
  readonly connector: string;
  readonly connection: string;
  readonly table: string;
  readonly column1: string;
  readonly column2: string;
  readonly key1: KeyReference;
  readonly key2: KeyReference;
  readonly limits: ThresholdLimits;
}

/** A connector with everything that synchronization needs of it. */
export interface ConnectorMappings {
  readonly connector: string;
  readonly limits: ThresholdLimits;
  readonly entityTypes: readonly EntityTypeMapping[];
  readonly associations: readonly AssociationMapping[];
}
