import { hash } from "node:crypto";
import type { Stored } from "./column.js";

/** Numbers of 32 bits that a digest has. */
const limbs = 4;
const modulus = 2 ** 32;

/**
 * Count and checksum of a table's rows, whatever order they come in: 128 bits of each row's SHA-256, added limb by limb. Two tables with the same digest hold the
 * same rows, each the same number of times: values compare as UTF-16 units, trailing blanks, empty texts and nulls included.
 */
export class TableDigest {
  #rows = 0;
  readonly #sum = new Array<number>(limbs).fill(0);

  /** Takes a row in the order of the table's columns; numbers as numbers. */
  add(row: readonly Stored[]): void {
    this.#rows++;
    const bytes = hash("sha256", JSON.stringify(row), "buffer");
    for (let i = 0; i < limbs; i++) this.#sum[i] = ((this.#sum[i] ?? 0) + bytes.readUInt32LE(4 * i)) % modulus;
  }

  get rows(): number {
    return this.#rows;
  }

  /** 32 hexadecimal digits. */
  get checksum(): string {
    return this.#sum.map((limb) => limb.toString(16).padStart(8, "0")).join("");
  }

  equals(other: TableDigest): boolean {
    return this.rows === other.rows && this.checksum === other.checksum;
  }
}
