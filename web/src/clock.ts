/* clock.ts - time as something that is passed in, so that tests own it. */

export interface Clock {
  now(): number; // milliseconds since 1970
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  random(): number; // [0, 1)
}

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
  random: () => Math.random(),
};

const TIMER_MAX_MS = 2 ** 31 - 1;

/** One timer that can be moved: setting it again replaces it. */
export class Alarm {
  private timer: unknown;
  private at = Infinity;
  private isOver = false;

  constructor(private readonly clock: Clock, private readonly ring: () => void) {}

  set(ms: number): void {
    if (this.isOver) return;
    this.clear();
    this.at = this.clock.now() + ms;
    const delay = Math.min(Math.max(0, ms), TIMER_MAX_MS); // browsers run longer ones at once
    this.timer = this.clock.setTimeout(() => {
      this.clear();
      this.ring();
    }, delay);
  }

  /** Rings in at most ms; an earlier setting stays. */
  atMost(ms: number): void {
    if (this.clock.now() + ms < this.at) this.set(ms);
  }

  get isSet(): boolean {
    return this.timer !== undefined;
  }

  clear(): void {
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.at = Infinity;
  }

  /** Never rings again, whoever sets it: answers may still come to somebody who has stopped. */
  end(): void {
    this.isOver = true;
    this.clear();
  }
}
