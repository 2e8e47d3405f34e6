/* key-stream.ts - tells a scanner from a hand. A scanner is a keyboard that types a whole code in one burst and ends it
 * with Enter or Tab. What may still become such a burst is held back for a moment, so that a code is judged as a whole
 * (an address must not lose its slashes and become somebody's number) and is never drawn. Pure: key times come in. */

export const GAP_MS = 100; // slower than any scanner between two keys
const MEAN_MS = 50; // a hand that rolls over two keys is fast once, a scanner is fast throughout
const SCAN_MIN = 4; // shorter ones are typed: what they mean is the same
const SCAN_MAX = 512; // characters that are looked at

export type Ended = {kind: 'scan' | 'typed'; text: string};

export class KeyStream {
  private run = '';
  private startedAt = 0;
  private lastAt = -Infinity;

  /** A character. Returns what came before it by hand, '' where it goes on. */
  add(char: string, at: number): string {
    const before = at - this.lastAt > GAP_MS ? this.take() : '';
    if (this.run === '') this.startedAt = at;
    if (this.run.length < SCAN_MAX) this.run += char;
    this.lastAt = at;
    return before;
  }

  /** Enter or Tab. typed: the rest of what a hand has typed, perhaps ''. */
  end(at: number): Ended {
    const kind = this.isBurst(at) ? 'scan' : 'typed';
    return {kind, text: this.take()};
  }

  /** Whether Enter or Tab now would end a scan. */
  isBurst(at: number): boolean {
    const {run, lastAt, startedAt} = this;
    return run.length >= SCAN_MIN && at - lastAt <= GAP_MS && (lastAt - startedAt) / (run.length - 1) <= MEAN_MS;
  }

  /** When settle() has something to give; Infinity: nothing is held back. */
  get settlesAt(): number {
    return this.run === '' ? Infinity : this.lastAt + GAP_MS;
  }

  /** What was typed by hand, once it is clear that no burst goes on. */
  settle(at: number): string {
    return at > this.settlesAt ? this.take() : '';
  }

  /** Nothing of it stays. */
  clear(): void {
    this.take();
    this.lastAt = -Infinity;
  }

  private take(): string {
    const {run} = this;
    this.run = '';
    return run;
  }
}
