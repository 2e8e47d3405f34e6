/* updates.ts - a kiosk's page is never closed, so it looks now and then whether the server has a newer one, and loads
 * itself again when nobody stands before it. */
import {Alarm} from '../clock.js';
import type {Clock} from '../clock.js';

export const LOOK_EVERY_MS = 5 * 60000;
const TRY_EVERY_MS = 5000;

export interface UpdatesOptions {
  clock: Clock;
  /** what changes with each release; rejects where nobody answers */
  read(): Promise<string>;
  /** nobody is here, and nothing would be lost */
  isQuiet(): boolean;
  reload(): void;
}

export class Updates {
  private first: string | undefined; // as it was when this page was loaded
  private wanted = false;
  private running = false;
  private readonly alarm: Alarm;

  constructor(private readonly options: UpdatesOptions) {
    this.alarm = new Alarm(options.clock, () => void this.turn());
  }

  start(): void {
    this.running = true;
    this.alarm.set(0);
  }

  stop(): void {
    this.running = false;
    this.alarm.clear();
  }

  /** Loads the page again as soon as that disturbs nobody. */
  want(): void {
    this.wanted = true;
    if (this.running) this.alarm.set(0);
  }

  private async turn(): Promise<void> {
    if (!this.wanted) await this.look();
    if (!this.running) return;
    if (this.wanted && this.options.isQuiet()) return this.options.reload();
    this.alarm.set(this.wanted ? TRY_EVERY_MS : LOOK_EVERY_MS);
  }

  private async look(): Promise<void> {
    try {
      const now = await this.options.read();
      this.first ??= now;
      if (now !== this.first) this.wanted = true;
    } catch {
      // offline: later
    }
  }
}
