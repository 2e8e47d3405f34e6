/* absence.ts - holds the list still while nobody sees it move, since the page is hidden or the line is down, and says
 * afterwards what happened, where that took a while. */
import type {Clock} from '../clock.js';
import {changesSince, lookAt} from './catch-up.js';
import type {Changes, Look} from './catch-up.js';
import type {InboxState} from './inbox-state.js';
import type {Hold, RoomList} from './room-list.js';

const SHORT_MS = 5000; // away for less than this: no summary

type Why = Exclude<Hold, 'pointer'>;

export interface AbsenceOptions {
  clock: Clock;
  state: InboxState;
  list: RoomList;
  /** whose own answers are not news */
  me: string;
  isReady: () => boolean;
  changed: () => void;
}

export class Absence {
  /** what happened meanwhile; gone when accepted */
  changes: {why: Why; what: Changes} | undefined;
  private now: {since: number; look: Look; why: Why} | undefined;
  private isHidden = false;

  constructor(private readonly options: AbsenceOptions) {}

  /** The page is hidden: from now on nobody sees what moves. */
  leave(): void {
    this.isHidden = true;
    this.begin('away');
  }

  /** Somebody looks again. */
  comeBack(): void {
    this.isHidden = false;
    this.end('away');
  }

  /** The person has seen the summary and wants the list. */
  accept(): void {
    this.changes = undefined;
    this.now = undefined;
    this.options.list.startOver();
    this.options.changed();
  }

  begin(why: Why): void {
    const {clock, state, list, isReady} = this.options;
    if (!isReady() || this.changes || this.now) return;
    this.now = {since: clock.now(), look: lookAt(state.all()), why};
    list.hold(why);
  }

  end(why: Why): void {
    const {now} = this;
    if (now?.why !== why || this.goesOn(now)) return;
    this.now = undefined;
    const {clock, state, list, me, changed} = this.options;
    const what = changesSince(now.look, state.all(), now.since, me);
    if (what.total > 0 && clock.now() - now.since >= SHORT_MS) this.changes = {why, what};
    else list.release(why);
    changed();
  }

  /** The list moves again by other means than the line: nothing was missed. */
  endOffline(): void {
    const {now} = this;
    if (now?.why !== 'offline' || this.goesOn(now)) return;
    this.now = undefined;
    this.options.list.release('offline');
  }

  /** The line is back, but whoever left meanwhile is not: the list waits for them. */
  private goesOn(now: {why: Why}): boolean {
    if (now.why !== 'offline' || !this.isHidden) return false;
    now.why = 'away';
    this.options.list.hold('away');
    this.options.list.release('offline');
    return true;
  }
}
