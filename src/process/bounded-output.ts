/** Characters of a command's output that are passed on as they come. */
const firstCharacters = 64 * 1024;
/** Characters of its end that are kept besides. */
const lastCharacters = 16 * 1024;

/**
 * Lets the first lines of a command's output through at once, keeps its last ones, and counts what lies between: a program that floods its
 * output fills neither memory nor log.
 */
export class BoundedOutput {
  private passed = 0;
  private isFull = false;
  private keptCharacters = 0;
  private readonly kept: string[] = [];
  private leftOutLines = 0;
  private leftOutCharacters = 0;
  /** The last lines, whether they were passed on or not. */
  private readonly latest: string[] = [];

  /** @param lastLines how many `lastLines` gives at most */
  constructor(
    private readonly onLine: (line: string) => void,
    private readonly lastLinesAtMost: number,
  ) {}

  add(line: string): void {
    this.latest.push(line);
    if (this.latest.length > this.lastLinesAtMost) this.latest.shift();
    if (!this.isFull && this.passed + line.length <= firstCharacters) {
      this.passed += line.length;
      this.onLine(line);
      return;
    }
    this.isFull = true;
    this.kept.push(line);
    this.keptCharacters += line.length;
    while (this.keptCharacters > lastCharacters || this.kept.length > lastCharacters / 16) {
      const out = this.kept.shift() ?? "";
      this.keptCharacters -= out.length;
      this.leftOutLines++;
      this.leftOutCharacters += out.length;
    }
  }

  /** Passes on what is kept of the end, after a line that says what is missing before it. */
  end(): void {
    if (this.leftOutLines > 0) this.onLine(`… ${this.leftOutLines} lines (${this.leftOutCharacters} characters) left out …`);
    for (const line of this.kept.splice(0)) this.onLine(line);
  }

  get lastLines(): readonly string[] {
    return this.latest;
  }
}
