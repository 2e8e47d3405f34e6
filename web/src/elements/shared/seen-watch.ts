/* seen-watch.ts - which messages a person has had before the eyes: rows with data-seq, most of them in view, of a page
 * that is visible and has the focus, for a second. */
import type {ReactiveController, ReactiveControllerHost} from 'lit';
import {ReadTracker} from '../../thread/read-tracker.js';

const SEEN_SHARE = 0.6;

export class SeenWatch implements ReactiveController {
  /** everything up to here has been seen */
  upTo = 0;
  private readonly tracker = new ReadTracker();
  private readonly watched = new Map<Element, number>();
  private watcher: IntersectionObserver | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    host: ReactiveControllerHost,
    private readonly scroller: () => HTMLElement | undefined,
    private readonly seen: (seq: number) => void,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    for (const type of ['focus', 'blur']) window.addEventListener(type, this.activity);
    document.addEventListener('visibilitychange', this.activity);
    this.activity();
  }

  hostDisconnected(): void {
    for (const type of ['focus', 'blur']) window.removeEventListener(type, this.activity);
    document.removeEventListener('visibilitychange', this.activity);
    this.watcher?.disconnect();
    this.watcher = undefined;
    this.watched.clear();
    clearTimeout(this.timer);
  }

  /** After each rendering: rows come and go. */
  hostUpdated(): void {
    const scroller = this.scroller();
    if (!scroller) return;
    this.watcher ??= new IntersectionObserver((changes) => this.moved(changes), {
      threshold: [0, 0.25, 0.5, SEEN_SHARE, 0.75, 1], // of the window: the list itself may be scrolled out of it
    });
    for (const element of [...this.watched.keys()]) {
      if (!element.isConnected || !element.hasAttribute('data-seq')) this.leave(element);
    }
    for (const element of scroller.querySelectorAll('li[data-seq]')) {
      if (this.watched.has(element)) continue;
      this.watched.set(element, Number(element.getAttribute('data-seq')));
      this.watcher.observe(element);
    }
  }

  /** Another room. */
  startOver(): void {
    this.upTo = 0;
    for (const element of [...this.watched.keys()]) this.leave(element);
  }

  private leave(element: Element): void {
    this.watcher?.unobserve(element);
    this.tracker.setInView(this.watched.get(element)!, false, Date.now());
    this.watched.delete(element);
  }

  private moved(changes: IntersectionObserverEntry[]): void {
    const now = Date.now();
    const height = this.scroller()?.clientHeight || Infinity;
    for (const change of changes) {
      const seq = this.watched.get(change.target);
      if (seq === undefined) continue;
      const tall = change.intersectionRect.height >= SEEN_SHARE * height;
      this.tracker.setInView(seq, change.intersectionRatio >= SEEN_SHARE || tall, now);
    }
    this.schedule();
  }

  private activity = (): void => {
    this.tracker.setActive(document.visibilityState === 'visible' && document.hasFocus(), Date.now());
    this.schedule();
  };

  /** One timer for all: when the next one will have been in view for long enough. */
  private schedule(): void {
    clearTimeout(this.timer);
    const now = Date.now();
    const read = this.tracker.readUpTo(now);
    if (read > this.upTo) {
      this.upTo = read;
      this.seen(read);
    }
    const next = this.tracker.nextAt(now);
    if (next !== Infinity) this.timer = setTimeout(() => this.schedule(), Math.max(10, next - now));
  }
}
