import { commandErrors } from "./command.js";
import { configurationErrors } from "./configuration.js";
import { connectionErrors } from "./connection.js";
import { dataErrors } from "./data.js";
import { jobConfigurationErrors } from "./job-configuration.js";
import { runErrors } from "./run.js";
import { storeErrors } from "./store.js";

/** Every error code there is; `docs/errors.md` has one section for each, a test keeps both equal. */
export const errorCatalogue = {
  ...configurationErrors,
  ...jobConfigurationErrors,
  ...dataErrors,
  ...connectionErrors,
  ...storeErrors,
  ...runErrors,
  ...commandErrors,
} as const;

type Catalogue = typeof errorCatalogue;
export type ErrorCode = keyof Catalogue;
export type ErrorParameters<C extends ErrorCode> = Parameters<Catalogue[C]["text"]>[0];

/** Where an error lies: a place in a configuration file, or a row of a data file. */
export interface Place {
  readonly file?: string;
  /** 1-based line; for a data file the line its record starts on. */
  readonly line?: number;
  /** 1-based column, in UTF-16 units. */
  readonly column?: number;
}

/** The one error class that people see. Its message is the catalogue's sentence; the cause is kept. */
export class SluiceError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "SluiceError";
  readonly code: C;
  readonly parameters: ErrorParameters<C>;
  readonly place: Place;

  constructor(code: C, parameters: ErrorParameters<C>, options: { readonly place?: Place; readonly cause?: unknown } = {}) {
    const definition = errorCatalogue[code] as { text: (p: ErrorParameters<C>) => string };
    super(definition.text(parameters), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.parameters = parameters;
    this.place = options.place ?? {};
  }

  get exit(): number {
    return errorCatalogue[this.code].exit;
  }

  get retryable(): boolean {
    return errorCatalogue[this.code].retryable;
  }
}
