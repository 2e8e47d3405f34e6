/* list-poll.ts - follows the list by long poll while the live link is down: one question at a time, answered at once the
 * first time, later when something happens. */
import type {Seen} from '../api/client.js';
import {Alarm} from '../clock.js';
import type {Clock} from '../clock.js';
import {retryDelay} from '../feed/backoff.js';
import type {RoomsPage} from '../wire.js';

const AFTER_MS = 3000; // the live link is down for so long
const WAIT_SEC = 25;
const PAUSE_MS = 300;

export interface ListPollOptions {
  clock: Clock;
  isLive: () => boolean;
  /** Asks, and takes the answer. */
  ask: (wait: number, stop: AbortSignal, seen: Seen<RoomsPage>) => Promise<void>;
  changed: () => void;
}

export class ListPoll {
  /** the list comes this way, at present */
  works = false;
  private readonly alarm: Alarm;
  private running: AbortController | undefined;
  private wanted = false;

  constructor(private readonly options: ListPollOptions) {
    this.alarm = new Alarm(options.clock, () => void this.run());
  }

  /** At the start the live link has more patience: it needs a moment. */
  start(): void {
    this.wanted = true;
    this.alarm.set(AFTER_MS * 2);
  }

  /** The live link is back, or the page leaves. */
  stop(): void {
    this.wanted = false;
    this.alarm.clear();
    this.running?.abort();
  }

  /** Other rooms are looked at: what is being asked is no longer of use. */
  restart(): void {
    this.running?.abort();
  }

  /** The live link is down. */
  takeOver(): void {
    this.wanted = true;
    if (!this.running) this.alarm.atMost(AFTER_MS);
  }

  private async run(): Promise<void> {
    const {isLive, changed} = this.options;
    if (this.running || isLive()) return;
    const {signal} = (this.running = new AbortController());
    await this.askUntil(signal);
    this.running = undefined;
    this.works = false;
    changed();
    if (this.wanted) this.alarm.atMost(PAUSE_MS);
  }

  private async askUntil(stop: AbortSignal): Promise<void> {
    const {clock, ask, changed} = this.options;
    const seen: Seen<RoomsPage> = {};
    while (!stop.aborted) {
      try {
        await ask(this.works ? WAIT_SEC : 0, stop, seen); // the first answer says whether anybody is there
        this.works = !stop.aborted;
      } catch {
        this.works = false;
      }
      if (stop.aborted) break;
      changed();
      const pause = this.works ? PAUSE_MS : retryDelay(2, clock.random());
      await new Promise<void>((resolve) => clock.setTimeout(resolve, pause));
    }
  }
}
