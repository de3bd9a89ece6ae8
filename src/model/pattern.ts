import { type PatternNode, PatternProblem, parsePattern, type UnitSet } from "./pattern-syntax.js";

/** A regular expression that takes time in proportion to the text, whatever the text. */
export interface Pattern {
  matches(text: string): boolean;
}

/** States of a pattern, repetitions written out; each character of a text costs at most as many steps. */
const maximumStates = 2_000;
/** Parts written out on the way, those that make no state included: `((){9999}){9999}`. */
const maximumParts = 20_000;

type State =
  | { readonly kind: "set"; readonly has: UnitSet; readonly next: number }
  | { readonly kind: "assert"; readonly holds: (text: string, at: number) => boolean; readonly next: number }
  | { readonly kind: "split"; next: number; readonly other: number }
  | { readonly kind: "end" };

/**
 * Compiles a pattern: the part of .NET's regular expressions that a machine can follow without going back (no look-around, no references
 * to groups), so that none can run for ever. `whole`: the text from its first to its last character; `part`: anywhere in it.
 * Gives the pattern, or what is wrong with it.
 */
export const compilePattern = (source: string, reach: "whole" | "part"): { readonly pattern: Pattern } | { readonly problem: string } => {
  try {
    return { pattern: new Machine(parsePattern(source), reach) };
  } catch (error) {
    if (error instanceof PatternProblem) return { problem: error.message };
    throw error;
  }
};

class Machine implements Pattern {
  private readonly states: State[] = [{ kind: "end" }];
  private readonly start: number;
  /** The step in which a state was last entered. */
  private readonly entered: Int32Array;
  private step = 0;
  private parts = 0;

  constructor(
    node: PatternNode,
    private readonly reach: "whole" | "part",
  ) {
    this.start = this.build(node, 0);
    this.entered = new Int32Array(this.states.length);
  }

  matches(text: string): boolean {
    const isWhole = this.reach === "whole";
    let current: number[] = [];
    let following: number[] = [];
    this.entered.fill(0);
    this.step = 1;
    for (let at = 0; ; at++) {
      if ((at === 0 || !isWhole) && this.enter(this.start, text, at, current) && (!isWhole || at === text.length)) return true;
      if (at === text.length) return false;
      const unit = text.charCodeAt(at);
      following.length = 0;
      this.step++;
      let isAtEnd = false;
      for (const index of current) {
        const state = this.states[index];
        if (state?.kind === "set" && state.has(unit) && this.enter(state.next, text, at + 1, following)) isAtEnd = true;
      }
      if (isAtEnd && (!isWhole || at + 1 === text.length)) return true;
      if (isWhole && following.length === 0) return false;
      [current, following] = [following, current];
    }
  }

  /** Enters a state and those that it leads to without a character; says whether the end is among them. */
  private enter(first: number, text: string, at: number, into: number[]): boolean {
    const waiting = [first];
    let isAtEnd = false;
    for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
      if (this.entered[index] === this.step) continue;
      this.entered[index] = this.step;
      const state = this.states[index] as State;
      if (state.kind === "end") isAtEnd = true;
      else if (state.kind === "set") into.push(index);
      else if (state.kind === "split") waiting.push(state.other, state.next);
      else if (state.holds(text, at)) waiting.push(state.next);
    }
    return isAtEnd;
  }

  /** Makes the states of a node that go on to `next`; gives the first. */
  private build(node: PatternNode, next: number): number {
    if (++this.parts > maximumParts) throw tooMany();
    switch (node.kind) {
      case "set":
        return this.add({ kind: "set", has: node.has, next });
      case "assert":
        return this.add({ kind: "assert", holds: node.holds, next });
      case "sequence":
        return node.nodes.reduceRight((behind, part) => this.build(part, behind), next);
      case "choice":
        return node.nodes
          .map((part) => this.build(part, next))
          .reduceRight((other, part) => this.add({ kind: "split", next: part, other }));
      case "repeat":
        return this.buildRepeat(node, next);
    }
  }

  private buildRepeat({ node, minimum, maximum }: Extract<PatternNode, { kind: "repeat" }>, next: number): number {
    let first = next;
    if (maximum === null) {
      const loop: State = { kind: "split", next, other: next };
      first = this.add(loop);
      loop.next = this.build(node, first);
    } else {
      for (let i = minimum; i < maximum; i++) first = this.add({ kind: "split", next: this.build(node, first), other: next });
    }
    for (let i = 0; i < minimum; i++) first = this.build(node, first);
    return first;
  }

  private add(state: State): number {
    if (this.states.length === maximumStates) throw tooMany();
    return this.states.push(state) - 1;
  }
}

const tooMany = (): PatternProblem => new PatternProblem(`its repetitions, written out, have more than ${maximumStates} parts`);
