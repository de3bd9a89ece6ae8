import { SluiceError } from "../../errors/index.js";
import type { SessionFile } from "../../model/index.js";
import { canonicalRow } from "../csv/index.js";
import { CollectFile } from "./collect-file.js";
import { invalid, unchanged, type ValueRule } from "./property-value.js";
import type { RowFault } from "./row-errors.js";

const scratch = new Uint8Array(64);

/** `.rejected.csv` of a mapping: key columns, then line, reason, property, value. Its keys stand for the rows set aside (design §5). */
export class RejectedRows {
  private readonly file: CollectFile;

  /** `keys`: header and rule of each key column. */
  constructor(
    folder: string,
    private readonly mapping: string,
    private readonly keys: readonly { readonly column: string; readonly rule: ValueRule }[],
  ) {
    const columns = [...keys.map((key) => key.column), "line", "reason", "property", "value"];
    this.file = new CollectFile(folder, mapping, ".rejected.csv", columns);
  }

  /** @param keys one text for each key column, undefined where the row has no such field; gives them as they are stored; @throws DATA_REJECTED_WITHOUT_KEY */
  add(source: string, keys: readonly (string | undefined)[], line: number, fault: RowFault): string[] {
    const values = keys.flatMap((key, i) => (key === undefined ? [] : (canonicalKey(key, this.keys[i]?.rule) ?? [])));
    if (values.length < keys.length) {
      throw new SluiceError(
        "DATA_REJECTED_WITHOUT_KEY",
        { file: source, reason: fault.error.message },
        { place: { file: source, line }, cause: fault.error },
      );
    }
    this.file.output.appendText(canonicalRow([...values, String(line), fault.error.message, fault.property, fault.value]));
    this.file.rows++;
    return values;
  }

  finish(kind: SessionFile["kind"]): SessionFile {
    return this.file.finish(kind, this.mapping, "rejected");
  }

  close(): void {
    this.file.output.discard();
  }
}

/** The key as it is stored; null where it is empty, of another type, too long, or was damaged by an encoding. */
const canonicalKey = (key: string, rule: ValueRule | undefined): string | null => {
  if (key === "" || key.length > (rule?.maximum ?? 0) || key.includes("\ufffd") || key.includes("\0")) return null;
  if (rule === undefined || rule.convert === null) return key;
  const bytes = Buffer.from(key);
  const length = rule.convert(bytes, 0, bytes.length, scratch);
  if (length === invalid) return null;
  return length === unchanged ? key : Buffer.from(scratch.subarray(0, length)).toString("latin1");
};
