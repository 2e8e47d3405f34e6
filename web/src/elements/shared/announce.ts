/* announce.ts - what a screen reader is told about new messages: author and text, bursts merged, never our own, never
 * history. Pure but for the time that is passed in. */

const BURST_MS = 700;
const KEEP_MS = 1000;

export interface Said {
  author: string;
  text: string;
}

export class AnnouncerQueue {
  private waiting: Said[] = [];
  private sayAt = Infinity;
  private clearAt = Infinity;

  add(said: Said, now: number): void {
    this.waiting.push(said);
    if (this.sayAt === Infinity) this.sayAt = now + BURST_MS;
  }

  /** What to put into the region now: lines to merge, [] to empty it, undefined to leave it. */
  take(now: number): Said[] | undefined {
    if (now >= this.sayAt) {
      const said = this.waiting;
      this.waiting = [];
      this.sayAt = Infinity;
      this.clearAt = now + KEEP_MS;
      return said;
    }
    if (now >= this.clearAt) {
      this.clearAt = Infinity;
      return [];
    }
    return undefined;
  }

  /** Other words stand in the region now: they go like ours. */
  clearSoon(now: number): void {
    this.clearAt = now + KEEP_MS;
  }

  get nextAt(): number {
    return Math.min(this.sayAt, this.clearAt);
  }
}
