import { type ErrorCode, type ErrorParameters, errorCatalogue, type Place, SluiceError } from "../errors/index.js";
import type { Finding } from "./configuration.js";

/** Findings past this number are not kept: a generated file with one mistake in each of its elements must stay readable. */
const maximumFindings = 2_000;

/** Collects everything that `validate` has to say (design §4: all findings at once). */
export class Findings {
  readonly #findings: Finding[] = [];
  #errors = 0;

  error<C extends ErrorCode>(code: C, parameters: ErrorParameters<C>, place: Place): void {
    this.#errors++;
    this.#add("error", code, parameters, place);
  }

  warn<C extends ErrorCode>(code: C, parameters: ErrorParameters<C>, place: Place): void {
    this.#add("warning", code, parameters, place);
  }

  /** Takes what was thrown while a file was read; anything but a SluiceError is thrown on. */
  thrown(error: unknown, place: Place): void {
    if (!(error instanceof SluiceError)) throw error;
    this.#errors++;
    this.#push("error", error.code, error.message, { ...place, ...error.place });
  }

  /** No further finding is kept: suggestions for it need not be looked for. */
  get isFull(): boolean {
    return this.#findings.length >= maximumFindings;
  }

  get hasErrors(): boolean {
    return this.#errors > 0;
  }

  /** By file, line, column; what stands at one place in the order in which it was found. */
  sorted(): readonly Finding[] {
    const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
    return this.#findings.toSorted((a, b) => compare(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  }

  #add<C extends ErrorCode>(severity: Finding["severity"], code: C, parameters: ErrorParameters<C>, place: Place): void {
    const text = errorCatalogue[code].text as (p: ErrorParameters<C>) => string;
    this.#push(severity, code, text(parameters), place);
  }

  #push(severity: Finding["severity"], code: string, message: string, place: Place): void {
    if (this.isFull) return;
    this.#findings.push({
      severity,
      code,
      message,
      file: place.file ?? "",
      ...(place.line === undefined ? {} : { line: place.line }),
      ...(place.column === undefined ? {} : { column: place.column }),
    });
  }
}
