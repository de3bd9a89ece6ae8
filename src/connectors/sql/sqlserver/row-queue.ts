import type { Request } from "tedious";
import { batchRows } from "../session.js";

type Rows = readonly (readonly unknown[])[];

/** Rows of a running request, handed out in batches; the request is held while two are waiting to be taken. */
export class RowQueue {
  private rows: unknown[][] = [];
  private isEnded = false;
  private isDropped = false;
  private failure: unknown = null;
  private wake: (() => void) | null = null;

  constructor(private readonly request: Request) {}

  add(row: unknown[]): void {
    if (this.isDropped) return;
    this.rows.push(row);
    if (this.rows.length >= 2 * batchRows) this.request.pause();
    if (this.rows.length >= batchRows) this.wake?.();
  }

  end(failure: unknown): void {
    this.isEnded = true;
    this.failure = failure;
    this.wake?.();
  }

  /** Nobody wants what still comes. */
  drop(): void {
    this.isDropped = true;
    this.rows = [];
    this.request.resume();
  }

  async *batches(): AsyncGenerator<Rows> {
    for (;;) {
      while (this.rows.length < batchRows && !this.isEnded) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
      this.wake = null;
      if (this.failure !== null) throw this.failure;
      if (this.rows.length === 0) return;
      const batch = this.rows;
      this.rows = [];
      this.request.resume();
      yield batch;
    }
  }
}
