/** Cuts texts from both ends, one after the other in list order, each as often as it stands there (connectors §4.3, ValuesToTrim). */
export const trimText = (text: string, values: readonly string[]): string => {
  let result = text;
  for (const value of values) {
    while (result.startsWith(value)) result = result.slice(value.length);
    while (result.endsWith(value)) result = result.slice(0, -value.length);
  }
  return result;
};

/** The same on the bytes `[start, end)`; leaves the outcome in `start` and `end`. */
export class ByteTrim {
  start = 0;
  end = 0;
  private readonly values: readonly Uint8Array[];

  constructor(values: readonly string[]) {
    this.values = values.map((value) => Buffer.from(value));
  }

  trim(bytes: Uint8Array, start: number, end: number): void {
    this.start = start;
    this.end = end;
    for (const value of this.values) {
      while (this.stands(bytes, this.start, value)) this.start += value.length;
      while (this.stands(bytes, this.end - value.length, value)) this.end -= value.length;
    }
  }

  private stands(bytes: Uint8Array, at: number, value: Uint8Array): boolean {
    if (at < this.start || at + value.length > this.end) return false;
    for (let i = 0; i < value.length; i++) if (bytes[at + i] !== value[i]) return false;
    return true;
  }
}
