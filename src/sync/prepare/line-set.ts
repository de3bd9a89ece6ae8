/** A set of line numbers, one bit each. */
export class LineSet {
  private bits = new Uint8Array(1024);

  add(line: number): void {
    const at = line >> 3;
    if (at >= this.bits.length) {
      const more = new Uint8Array(Math.max(this.bits.length * 2, at + 1));
      more.set(this.bits);
      this.bits = more;
    }
    this.bits[at] = (this.bits[at] as number) | (1 << (line & 7));
  }

  has(line: number): boolean {
    return ((this.bits[line >> 3] ?? 0) & (1 << (line & 7))) !== 0;
  }
}
