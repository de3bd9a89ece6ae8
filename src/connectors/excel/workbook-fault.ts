import { type ErrorCode, type ErrorParameters, SluiceError } from "../../errors/index.js";

/** Faults of a workbook, by the file that people know and the part of it that is at fault. */
export class WorkbookFaults {
  constructor(readonly file: string) {}

  damaged(part: string, reason: string, cause?: unknown): SluiceError {
    return this.make("SRC_WORKBOOK_DAMAGED", { file: this.file, part, reason }, cause);
  }

  tooLarge(part: string, reason: string): SluiceError {
    return this.make("SRC_WORKBOOK_TOO_LARGE", { file: this.file, part, reason });
  }

  /** @param found what the file is instead of a workbook: `a binary workbook (.xlsb)` */
  format(found: string): SluiceError {
    return this.make("SRC_WORKBOOK_FORMAT", { file: this.file, found });
  }

  encrypted(): SluiceError {
    return this.make("SRC_WORKBOOK_ENCRYPTED", { file: this.file });
  }

  private make<C extends ErrorCode>(code: C, parameters: ErrorParameters<C>, cause?: unknown): SluiceError {
    return new SluiceError(code, parameters, { place: { file: this.file }, ...(cause === undefined ? {} : { cause }) });
  }
}
