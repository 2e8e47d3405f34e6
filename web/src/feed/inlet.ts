/* inlet.ts - hands on what a connection brings: at once, but not for longer than a slice of a frame. A thousand messages in
 * one packet of the network are a dozen short tasks, not one in which nobody can type. In order, always. */

const SLICE_MS = 8;
const APART_MS = 4; // after such a pause another task has begun

export class Inlet<T> {
  private readonly waiting: T[] = [];
  private channel: MessageChannel | undefined; // a timer would be throttled in a tab that nobody sees
  private began = -Infinity;
  private ended = -Infinity;

  /** now: milliseconds that only go forward; given, so that tests own them. */
  constructor(private readonly take: (item: T) => void, private readonly now = (): number => performance.now()) {}

  push(item: T): void {
    const now = this.now();
    if (now - this.ended > APART_MS) this.began = now;
    if (this.waiting.length > 0 || now - this.began > SLICE_MS) return this.putOff(item);
    this.take(item);
    this.ended = this.now();
  }

  private putOff(item: T): void {
    if (this.waiting.push(item) > 1) return;
    this.channel = new MessageChannel();
    this.channel.port1.onmessage = () => this.drain();
    this.channel.port2.postMessage(0);
  }

  private drain(): void {
    this.began = this.now();
    let done = 0;
    while (done < this.waiting.length && this.now() - this.began < SLICE_MS) this.take(this.waiting[done++]!);
    this.waiting.splice(0, done);
    this.ended = this.now();
    if (this.waiting.length > 0) this.channel!.port2.postMessage(0);
    else this.channel!.port1.close();
  }
}
