/* read-tracker.ts - when a message counts as read: at least one second in the viewport of a page that is visible and
 * has the focus. Told by whoever watches the screen; pure but for the time that is passed in. */

const READ_AFTER_MS = 1000;

export class ReadTracker {
  private readonly seen = new Map<number, number>(); // seq -> in view and active since
  private readonly inView = new Set<number>();
  private active = false;

  setActive(active: boolean, now: number): void {
    if (active === this.active) return;
    this.active = active;
    this.seen.clear();
    if (active) for (const seq of this.inView) this.seen.set(seq, now);
  }

  setInView(seq: number, inView: boolean, now: number): void {
    if (inView === this.inView.has(seq)) return;
    if (inView) {
      this.inView.add(seq);
      if (this.active) this.seen.set(seq, now);
    } else {
      this.inView.delete(seq);
      this.seen.delete(seq);
    }
  }

  /** The highest seq read by now; 0: none. */
  readUpTo(now: number): number {
    let highest = 0;
    for (const [seq, since] of this.seen) if (now - since >= READ_AFTER_MS && seq > highest) highest = seq;
    return highest;
  }

  /** When the next one will be read; Infinity: none is on its way. */
  nextAt(now: number): number {
    const done = this.readUpTo(now);
    let next = Infinity;
    for (const [seq, since] of this.seen) if (seq > done) next = Math.min(next, since + READ_AFTER_MS);
    return next;
  }
}
