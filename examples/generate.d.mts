/** Every generated file: path below `examples/days` with `/`, and its text. */
export declare const generatedFiles: () => ReadonlyMap<string, string>;
