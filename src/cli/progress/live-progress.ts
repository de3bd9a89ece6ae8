import type { RunEvent } from "../../jobs/index.js";
import type { Clock } from "../../model/index.js";
import { type Output, type Style, widthOf } from "../terminal/index.js";
import type { ProgressView } from "./progress-view.js";
import { screenLines } from "./run-screen.js";
import { follow, type RunState } from "./run-state.js";

/** The picture is drawn at most this often (ms): faster than the eye needs only costs. */
const drawEveryMs = 100;
/** And at least this often, so that times go on (ms). */
const tickMs = 500;

/** Repeats work until it is told to stop; handed in, so that tests own time. */
export type Ticker = (everyMs: number, tick: () => void) => () => void;

/** A timer that keeps no process alive. */
const systemTicker: Ticker = (everyMs, tick) => {
  const timer = setInterval(tick, everyMs);
  timer.unref();
  return () => clearInterval(timer);
};

/** Draws a run in place on a terminal: each picture begins where the last one began. */
export class LiveProgress implements ProgressView {
  readonly #output: Output;
  readonly #style: Style;
  readonly #clock: Clock;
  readonly #stopTicking: () => void;
  #run: RunState | null = null;
  #notes: string[] = [];
  #drawn: readonly string[] = [];
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(output: Output, style: Style, clock: Clock, ticker: Ticker = systemTicker) {
    this.#output = output;
    this.#style = style;
    this.#clock = clock;
    this.#stopTicking = ticker(tickMs, () => this.#draw());
  }

  onEvent(event: RunEvent): void {
    const now = this.#clock.now();
    this.#run = follow(this.#run, event, now);
    // Progress comes in floods; all else is rare and shown at once.
    if (event.kind !== "taskProgress" || now - this.#drawnAt >= drawEveryMs) this.#draw();
  }

  note(text: string): void {
    this.#notes.push(text);
    this.#draw();
  }

  /** Removes the picture: the summary, which says all of it and more, takes its place. */
  async close(): Promise<void> {
    this.#stopTicking();
    this.#output.draw(this.#back());
    this.#drawn = [];
    this.#run = null;
  }

  #draw(): void {
    if (this.#run === null) return;
    const now = this.#clock.now();
    const size = { columns: this.#output.columns ?? 80, rows: this.#output.rows };
    const lines = screenLines(this.#run, this.#notes, now, size, this.#style);
    this.#output.draw(`${this.#back()}${lines.join("\n")}\n`);
    this.#drawn = lines;
    this.#drawnAt = now;
  }

  /** Moves to the start of the last picture and clears from there. A terminal that became narrower has broken its lines. */
  #back(): string {
    const columns = this.#output.columns ?? 80;
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
    return rows === 0 ? "" : `\r\u001b[${rows}A\u001b[J`;
  }
}
