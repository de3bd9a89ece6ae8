/** One UTF-16 unit is taken when it belongs to the set. */
export type UnitSet = (unit: number) => boolean;

/** Syntax tree of a pattern. */
export type PatternNode =
  | { readonly kind: "set"; readonly has: UnitSet }
  /** Takes no character: holds, or does not, at a place of the text. */
  | { readonly kind: "assert"; readonly holds: (text: string, at: number) => boolean }
  | { readonly kind: "sequence"; readonly nodes: readonly PatternNode[] }
  | { readonly kind: "choice"; readonly nodes: readonly PatternNode[] }
  /** `maximum` null: without end. */
  | { readonly kind: "repeat"; readonly node: PatternNode; readonly minimum: number; readonly maximum: number | null };

/** What is wrong with a pattern, for people. */
export class PatternProblem extends Error {}

/** Characters of a pattern; the longest that people write have some hundred. */
const maximumLength = 1_000;
/** Parentheses within each other: the parser calls itself. */
const maximumDepth = 50;

const digit = /\p{Nd}/u;
const wordUnit = /[\p{L}\p{Mn}\p{Nd}\p{Pc}]/u;
const space = /[\s\u0085]/u;

const isDigit: UnitSet = (unit) => (unit < 128 ? unit >= 0x30 && unit <= 0x39 : digit.test(String.fromCharCode(unit)));
const isWord: UnitSet = (unit) => wordUnit.test(String.fromCharCode(unit));
const isSpace: UnitSet = (unit) => space.test(String.fromCharCode(unit));
const not =
  (has: UnitSet): UnitSet =>
  (unit) =>
    !has(unit);

const classes: Readonly<Record<string, UnitSet>> = {
  d: isDigit,
  D: not(isDigit),
  w: isWord,
  W: not(isWord),
  s: isSpace,
  S: not(isSpace),
};
const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, e: 27, a: 7 };

const isWordAt = (text: string, at: number): boolean => at >= 0 && at < text.length && isWord(text.charCodeAt(at));
const isBoundary = (text: string, at: number): boolean => isWordAt(text, at - 1) !== isWordAt(text, at);
const isStart = (_: string, at: number): boolean => at === 0;
const isEnd = (text: string, at: number): boolean => at === text.length;
/** As .NET: also before a last line feed. */
const isLastEnd = (text: string, at: number): boolean => isEnd(text, at) || (at === text.length - 1 && text.endsWith("\n"));

const assertions: Readonly<Record<string, PatternNode>> = {
  A: { kind: "assert", holds: isStart },
  z: { kind: "assert", holds: isEnd },
  Z: { kind: "assert", holds: isLastEnd },
  b: { kind: "assert", holds: isBoundary },
  B: { kind: "assert", holds: (text, at) => !isBoundary(text, at) },
};

/** Parses the part of .NET's regular expressions that takes no looking back. @throws PatternProblem */
export const parsePattern = (source: string): PatternNode => {
  if (source.length > maximumLength) throw new PatternProblem(`it is longer than ${maximumLength} characters`);
  return new PatternParser(source).parse();
};

class PatternParser {
  private at = 0;
  private depth = 0;
  private readonly ignoresCase: boolean;

  constructor(private readonly source: string) {
    this.ignoresCase = source.startsWith("(?i)");
    if (this.ignoresCase) this.at = "(?i)".length;
  }

  parse(): PatternNode {
    const node = this.choice();
    if (this.at < this.source.length) throw new PatternProblem(`a ) at character ${this.at + 1} closes nothing`);
    return node;
  }

  private choice(): PatternNode {
    const nodes = [this.sequence()];
    while (this.take("|")) nodes.push(this.sequence());
    const [only] = nodes;
    return nodes.length === 1 && only !== undefined ? only : { kind: "choice", nodes };
  }

  private sequence(): PatternNode {
    const nodes: PatternNode[] = [];
    while (this.at < this.source.length && !"|)".includes(this.peek())) nodes.push(this.repeated());
    return { kind: "sequence", nodes };
  }

  private repeated(): PatternNode {
    const start = this.at;
    const node = this.atom();
    const count = this.quantifier();
    if (count === null) return node;
    if (node.kind === "assert") throw new PatternProblem(`a repetition at character ${start + 1} repeats no character`);
    if (this.quantifier() !== null) throw new PatternProblem(`two repetitions follow each other at character ${this.at}`);
    return { kind: "repeat", node, ...count };
  }

  /** With its lazy form, which finds other ends, and matches the same texts. */
  private quantifier(): { readonly minimum: number; readonly maximum: number | null } | null {
    const counted = /^\{(\d{1,4})(?:(,)(\d{1,4})?)?\}/.exec(this.source.slice(this.at, this.at + 12));
    const simple = { "*": [0, null], "+": [1, null], "?": [0, 1] }[this.peek()] as [number, number | null] | undefined;
    if (counted === null && simple === undefined) return null;
    this.at += counted?.[0].length ?? 1;
    const minimum = counted === null ? (simple?.[0] ?? 0) : Number(counted[1]);
    const maximum =
      counted === null ? (simple?.[1] ?? null) : counted[2] === undefined ? minimum : counted[3] === undefined ? null : Number(counted[3]);
    if (maximum !== null && maximum < minimum) throw new PatternProblem(`{${minimum},${maximum}} ends before it starts`);
    this.take("?");
    return { minimum, maximum };
  }

  private atom(): PatternNode {
    const start = this.at;
    const character = this.next();
    switch (character) {
      case "(":
        return this.group(start);
      case "[":
        return { kind: "set", has: this.folded(this.set(start)) };
      case ".":
        return { kind: "set", has: (unit) => unit !== 10 };
      case "^":
        return { kind: "assert", holds: isStart };
      case "$":
        return { kind: "assert", holds: isLastEnd };
      case "\\": {
        const assertion = assertions[this.peek()];
        if (assertion === undefined) return { kind: "set", has: this.folded(this.escape()) };
        this.at++;
        return assertion;
      }
      case "*":
      case "+":
      case "?":
        throw new PatternProblem(`${character} at character ${start + 1} repeats nothing`);
      default:
        return { kind: "set", has: this.folded(only(character.charCodeAt(0))) };
    }
  }

  private group(start: number): PatternNode {
    if (++this.depth > maximumDepth) throw new PatternProblem(`more than ${maximumDepth} parentheses stand within each other`);
    if (this.take("?")) {
      const opening = /^(?::|<[A-Za-z_]\w*>|'[A-Za-z_]\w*')/.exec(this.source.slice(this.at))?.[0];
      if (opening === undefined) {
        throw new PatternProblem(
          `(?${this.peek()} at character ${start + 1} is not known: look-around, options and conditions are not supported but (?i) at the start`,
        );
      }
      this.at += opening.length;
    }
    const node = this.choice();
    if (!this.take(")")) throw new PatternProblem(`the ( at character ${start + 1} is not closed`);
    this.depth--;
    return node;
  }

  /** Behind a backslash. */
  private escape(): UnitSet {
    const start = this.at;
    if (start >= this.source.length) throw new PatternProblem("it ends with a lone backslash");
    const character = this.next();
    const known = classes[character];
    if (known !== undefined) return known;
    const control = controls[character];
    if (control !== undefined) return only(control);
    const code = /^(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))/.exec(this.source.slice(start, start + 5));
    if (code !== null) {
      this.at = start + code[0].length;
      return only(Number.parseInt(code[1] ?? code[2] ?? "", 16));
    }
    const category = /^[pP]\{([A-Z][a-z]?)\}/.exec(this.source.slice(start, start + 6));
    if (category !== null) {
      this.at = start + category[0].length;
      const has = this.category(category[1] ?? "");
      return character === "p" ? has : not(has);
    }
    if (/[A-Za-z0-9]/.test(character)) {
      throw new PatternProblem(`\\${character} at character ${start} is not known: references to groups are not supported`);
    }
    return only(character.charCodeAt(0));
  }

  private category(name: string): UnitSet {
    try {
      const members = new RegExp(`\\p{${name}}`, "u");
      return (unit) => members.test(String.fromCharCode(unit));
    } catch {
      throw new PatternProblem(`\\p{${name}} is no category of characters`);
    }
  }

  /** Behind the opening bracket. */
  private set(start: number): UnitSet {
    const isNegated = this.take("^");
    const members: UnitSet[] = [];
    for (let isFirst = true; isFirst || this.peek() !== "]"; isFirst = false) {
      if (this.at >= this.source.length) throw new PatternProblem(`the [ at character ${start + 1} is not closed`);
      if (this.source.startsWith("-[", this.at)) throw new PatternProblem("subtraction of sets is not supported");
      const from = this.member();
      const isRange =
        typeof from === "number" && this.peek() === "-" && this.at + 1 < this.source.length && this.source[this.at + 1] !== "]";
      if (!isRange) {
        members.push(typeof from === "number" ? only(from) : from);
        continue;
      }
      this.at++;
      const to = this.member();
      if (typeof to !== "number" || to < from) throw new PatternProblem(`a range in the [ at character ${start + 1} ends before it starts`);
      members.push((unit) => unit >= from && unit <= to);
    }
    this.at++;
    const has: UnitSet = (unit) => members.some((member) => member(unit));
    const folded = this.folded(has);
    return isNegated ? not(folded) : folded;
  }

  /** A character by its unit, or a set of them. */
  private member(): number | UnitSet {
    const character = this.next();
    if (character !== "\\") return character.charCodeAt(0);
    if (this.take("b")) return 8;
    const has = this.escape();
    const escaped = this.source[this.at - 1] ?? "";
    return classes[escaped] === has || escaped === "}" ? has : unitOf(has);
  }

  private folded(has: UnitSet): UnitSet {
    if (!this.ignoresCase) return has;
    return (unit) => {
      if (has(unit)) return true;
      const text = String.fromCharCode(unit);
      return [text.toLowerCase(), text.toUpperCase()].some((other) => other.length === 1 && has(other.charCodeAt(0)));
    };
  }

  private peek(): string {
    return this.source[this.at] ?? "";
  }

  private next(): string {
    return this.source[this.at++] ?? "";
  }

  private take(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }
}

/** Sets of one unit say which. */
const units = new WeakMap<UnitSet, number>();
const only = (wanted: number): UnitSet => {
  const has: UnitSet = (unit) => unit === wanted;
  units.set(has, wanted);
  return has;
};
const unitOf = (has: UnitSet): number | UnitSet => units.get(has) ?? has;
