import type { Finding } from "../config/index.js";
import { type Place, SluiceError } from "../errors/index.js";
import { findingLine } from "./finding.js";
import { formatNoun, type Output, type Style } from "./terminal/index.js";

/** The configuration has errors, so that a command which needs it cannot start; carries every finding. */
export class InvalidConfiguration extends Error {
  readonly errors: readonly [Finding, ...Finding[]];

  constructor(errors: readonly [Finding, ...Finding[]]) {
    super(errors[0].message);
    this.errors = errors;
  }
}

interface FailureOptions {
  readonly out: Output;
  readonly err: Output;
  /** Colours of stderr. */
  readonly style: Style;
  readonly isJson: boolean;
  /** Show where it arose (`--log-level Debug`). */
  readonly isDebug: boolean;
}

/** `{"format":1,"error":{…}}`, design §4: places that are not known are null. */
const failureDocument = (code: string, message: string, place: Place): string =>
  `${JSON.stringify({
    format: 1,
    error: { code, message, file: place.file ?? null, line: place.line ?? null, column: place.column ?? null },
  })}\n`;

/**
 * Prints why a command failed before a job instance existed, or in reading, and gives the exit code: the code's own, 64 for an
 * invalid configuration, 70 for what nobody foresaw.
 */
export const reportFailure = async (error: unknown, options: FailureOptions): Promise<number> => {
  const { out, err, style, isJson, isDebug } = options;
  if (error instanceof InvalidConfiguration) {
    const [first, ...others] = error.errors;
    if (isJson) {
      const more = others.length === 0 ? "" : ` (and ${formatNoun(others.length, "more error")}: sluice validate lists all)`;
      await out.write(failureDocument(first.code, first.message + more, first));
    } else {
      await err.lines(error.errors.map((finding) => findingLine(finding, style)));
      await err.lines([`${style.bad("error")}: the configuration has ${formatNoun(error.errors.length, "error")}, so nothing was done`]);
    }
    return 64;
  }
  const known = error instanceof SluiceError ? error : unforeseen(error);
  if (isJson) await out.write(failureDocument(known.code, known.message, known.place));
  else await err.lines([`${placeText(known.place)}${style.bad("error")} ${known.code}: ${known.message}`]);
  if (isDebug) await err.lines(stackOf(error));
  return known.exit;
};

const placeText = (place: Place): string =>
  place.file === undefined ? "" : `${[place.file, place.line, place.column].filter((part) => part !== undefined).join(":")}: `;

const unforeseen = (error: unknown): SluiceError => {
  const message = error instanceof Error ? error.message : String(error);
  return new SluiceError("CMD_FAULT", { message: message === "" ? "without a message" : message }, { cause: error });
};

/** The stack and those of the causes, outermost first. */
const stackOf = (error: unknown): string[] => {
  const lines: string[] = [];
  let depth = 0;
  for (let each: unknown = error; each instanceof Error && depth < 10; each = each.cause, depth++) {
    lines.push(`${depth === 0 ? "" : "caused by "}${each.stack ?? each.message}`);
  }
  return lines.length === 0 ? [`thrown: ${String(error)}`] : lines;
};
