/* marks.ts - how far this reader has got in one room, told until it is echoed. Forward only; pure but for the time
 * that is passed in. */
import type {Receipt} from '../wire.js';

const AT_MOST_EVERY_MS = 300; // a burst of messages is one receipt, not a hundred
const AGAIN_MIN_MS = 5000;
const AGAIN_MAX_MS = 60000;

export class Marks {
  /** what the archive has confirmed */
  echoed = {delivered: 0, read: 0};
  private want = {delivered: 0, read: 0};
  private at = '';
  private tries = 0;
  private nextAt = 0;
  private saidAt = -Infinity;

  /** Got further: everything up to `delivered` is on this device, up to `read` was seen by a person. */
  advance(to: {delivered?: number; read?: number}, now: number): void {
    const read = Math.max(this.want.read, to.read ?? 0);
    const delivered = Math.max(this.want.delivered, to.delivered ?? 0, read);
    if (delivered === this.want.delivered && read === this.want.read) return;
    this.want = {delivered, read};
    this.at = new Date(now).toISOString();
    this.tries = 0;
    this.nextAt = Math.max(now, this.saidAt + AT_MOST_EVERY_MS);
  }

  /** A log notice or a page said where we are. */
  echo(mark: {delivered: number; read: number}): void {
    this.echoed = {
      delivered: Math.max(this.echoed.delivered, mark.delivered),
      read: Math.max(this.echoed.read, mark.read),
    };
    this.want = {
      delivered: Math.max(this.want.delivered, this.echoed.delivered),
      read: Math.max(this.want.read, this.echoed.read),
    };
  }

  get isPending(): boolean {
    return this.want.delivered > this.echoed.delivered || this.want.read > this.echoed.read;
  }

  /** The link is new: what was said before may have been lost. */
  relink(now: number): void {
    this.tries = 0;
    this.nextAt = now;
  }

  /** What to say now, if anything; counts as said. */
  take(now: number): Receipt | undefined {
    if (!this.isPending || now < this.nextAt) return undefined;
    this.saidAt = now;
    this.nextAt = now + Math.min(AGAIN_MAX_MS, AGAIN_MIN_MS * 2 ** this.tries++);
    return {...this.want, at: this.at};
  }

  /** When to ask again; Infinity while nothing is pending. */
  get dueAt(): number {
    return this.isPending ? this.nextAt : Infinity;
  }
}
