/** Absolute path of `examples`. */
export declare const workspace: string;
/** Copies the files of day 1, 2 or 3 to `Sources`, gives their names. */
export declare const copyDay: (number: number | string) => Promise<string[]>;
