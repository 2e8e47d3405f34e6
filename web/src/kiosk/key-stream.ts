/* key-stream.ts - tells a scanner from a hand. A scanner is a keyboard that types a whole code in one burst and ends it
 * with Enter or Tab. What may still become such a burst is held back for a moment, so that a code is judged as a whole
 * (an address must not lose its slashes and become somebody's number) and is not drawn. Pure: key times come in, as the
 * keys were pressed, since a busy page hears of them late. */

export const GAP_MS = 100; // slower than any scanner between two keys
const MEAN_MS = 50; // a hand that rolls over two keys is fast once, a scanner is fast throughout
const SCAN_MIN = 4; // shorter ones are typed: what they mean is the same
const SCAN_MAX = 512; // characters that are looked at

export type Ended = {kind: 'scan' | 'typed'; text: string};

export class KeyStream {
  private run = ''; // keys without a gap
  private given = 0; // so many of them were taken for a hand's already
  private startedAt = 0;
  private lastAt = -Infinity;

  /** A character. Returns what came before it by hand and was not given yet. */
  add(char: string, at: number): string {
    const before = at - this.lastAt > GAP_MS ? this.take() : '';
    if (this.run === '') this.startedAt = at;
    if (this.run.length < SCAN_MAX) this.run += char;
    this.lastAt = at;
    return before;
  }

  /** Enter or Tab. scan: the whole code, whatever of it was given as typed. typed: what was not given yet, perhaps ''. */
  end(at: number): Ended {
    if (!this.isBurst(at)) return {kind: 'typed', text: this.take()};
    const text = this.run;
    this.take();
    return {kind: 'scan', text};
  }

  /** Whether Enter or Tab now would end a scan. */
  isBurst(at: number): boolean {
    const {run, lastAt, startedAt} = this;
    return run.length >= SCAN_MIN && at - lastAt <= GAP_MS && (lastAt - startedAt) / (run.length - 1) <= MEAN_MS;
  }

  /** When settle() has something to give; Infinity: nothing is held back. */
  get settlesAt(): number {
    return this.given === this.run.length ? Infinity : this.lastAt + GAP_MS;
  }

  /** What was typed by hand, once it seems that no burst goes on. Should a key that was pressed in time come late, the
   * burst goes on all the same. */
  settle(at: number): string {
    if (at <= this.settlesAt) return '';
    const text = this.run.slice(this.given);
    this.given = this.run.length;
    return text;
  }

  /** A key that no reader sends ends the burst. Returns what was held back of it. */
  cut(): string {
    this.lastAt = -Infinity;
    return this.take();
  }

  /** Nothing of it stays. */
  clear(): void {
    this.cut();
  }

  private take(): string {
    const text = this.run.slice(this.given);
    this.run = '';
    this.given = 0;
    return text;
  }
}
