export interface Flatness {
  readonly measure: string;
  readonly before: number;
  readonly after: number;
  readonly perJob: number;
  readonly most: number;
  readonly isFlat: boolean;
}
export const measures: readonly string[];
export const fewestSamples: number;
export const flatnessOf: (samples: readonly (Readonly<Record<string, number>> & { readonly jobs: number })[]) => readonly Flatness[];
