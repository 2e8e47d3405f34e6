/* kiosk-state.ts - what the check-in screen shows. Pure but for the time that is passed in: the element feeds it keys,
 * notices and a tick, and draws what it says.
 *
 *   idle -> (a number and OK, or a code) -> sending -> result -> (4 s or a tap) -> idle, or the help that was open
 *   idle -> help -> (closed, or nobody there) -> idle
 *
 * After 20 s without a touch everything is as for the next person; the last 10 s ask first. Who asked for help waits
 * for an answer and gets longer. */
import type {Locale} from '../text.js';
import {memberOf} from './member.js';

export const RESULT_MS = 4000;
export const IDLE_MS = 20000;
export const HELP_MS = 120000;
const ASK_MS = 10000;
export const SENDING_MS = 3000; // then it counts as taken, but unconfirmed
export const HELP_SLOW_MS = 8000;
export const QUIET_MS = 60000; // so long untouched: the page may load itself again
export const TYPED_MAX = 64; // a key's length
const ANSWERS_MAX = 3;

/**
 * welcome, done  stored, with and without a name         kept     on this device, and on its way
 * offline        on this device, no connection           denied   the archive, the broker or the API said no
 * full           no room for more                        unreadable  no member's key was in it
 * closed         this screen does not know who it is yet
 */
export type Verdict = 'welcome' | 'done' | 'kept' | 'offline' | 'denied' | 'full' | 'unreadable' | 'closed';

export interface Sending {
  name: 'sending';
  id: string;
  since: number;
}
export interface Result {
  name: 'result';
  verdict: Verdict;
  /** of a check-in that is not confirmed yet: its notice may still come */
  id?: string;
  firstName?: string;
  /** when the check-in was made: shown with it */
  at: number;
  since: number;
  isDrawn?: boolean;
}
export interface Help {
  name: 'help';
  /** told: stored, so the desk has it; slow: no word of that yet; offline: cannot be asked */
  phase: 'sending' | 'told' | 'slow' | 'offline';
  answers: string[];
  since: number;
}
export type Screen = {name: 'idle'} | Sending | Result | Help;

const TAKEN: readonly Verdict[] = ['welcome', 'done', 'kept', 'offline'];

export class KioskState {
  typed = '';
  /** what whoever stands here has chosen, over the page's own */
  options: {locale?: Locale; large?: boolean} = {};
  help: Help | undefined;
  private over: Sending | Result | undefined;
  private present = ''; // whose check-in is on the screen: a code that is held to the reader is one entry
  private touchedAt = 0;

  get screen(): Screen {
    return this.over ?? this.help ?? {name: 'idle'};
  }

  // --- a number or a code -------------------------------------------------------------------------------------------

  type(text: string, now: number): void {
    this.touchedAt = now;
    if (this.over?.name === 'result') this.dismiss(now);
    if (this.screen.name !== 'help') this.typed = (this.typed + text.replace(/[^A-Za-z0-9_-]/g, '')).slice(0, TYPED_MAX);
  }

  erase(now: number): void {
    this.touchedAt = now;
    this.typed = this.typed.slice(0, -1);
  }

  /** OK: the member to check in; undefined where there is nobody new. */
  enter(now: number): string | undefined {
    return this.typed === '' ? undefined : this.accept(memberOf(this.typed), now);
  }

  /** A whole code from the reader; taken whatever is on the screen, since the next person does not wait. */
  scan(text: string, now: number, pattern?: RegExp): string | undefined {
    return this.accept(memberOf(text, pattern), now);
  }

  private accept(member: string | undefined, now: number): string | undefined {
    this.touchedAt = now;
    this.typed = '';
    if (member === undefined) {
      this.show('unreadable', now);
      return undefined;
    }
    if (member === this.present) {
      if (this.over?.name === 'result') this.over = {...this.over, since: now};
      return undefined;
    }
    this.present = member;
    return member;
  }

  sending(id: string, now: number): void {
    this.over = {name: 'sending', id, since: now};
  }

  /** A stored notice named one of our check-ins, perhaps late. */
  stored(id: string, firstName: string | undefined, now: number): void {
    if (this.over?.id === id) this.show(firstName ? 'welcome' : 'done', now, firstName);
  }

  rejected(id: string, now: number): void {
    if (this.over?.id === id) this.show('denied', now);
  }

  show(verdict: Verdict, now: number, firstName?: string): void {
    this.touchedAt = now;
    const {over} = this;
    const at = over?.name === 'sending' ? over.since : over?.id ? over.at : now;
    const id = verdict === 'kept' || verdict === 'offline' ? over?.id : undefined;
    this.over = {name: 'result', verdict, at, since: now, ...(id && {id}), ...(firstName && {firstName})};
    if (!TAKEN.includes(verdict)) this.present = ''; // may be tried again at once
  }

  /** What is known is on the screen. A slow page draws late: a result's time to be read begins only now. */
  drawn(now: number): void {
    if (this.over?.name === 'result' && !this.over.isDrawn) this.over = {...this.over, since: now, isDrawn: true};
  }

  /** A tap on the result, or its time is over. */
  dismiss(now: number): void {
    this.touchedAt = now;
    this.over = undefined;
    this.present = '';
  }

  // --- help ---------------------------------------------------------------------------------------------------------

  askForHelp(linked: boolean, now: number): void {
    this.typed = '';
    this.touchedAt = now;
    this.help = {name: 'help', phase: linked ? 'sending' : 'offline', answers: [], since: now};
  }

  helpPhase(phase: Help['phase']): void {
    if (this.help) this.help = {...this.help, phase};
  }

  /** The desk answered whoever waits here. */
  answer(text: string, now: number): void {
    if (!this.help) return;
    this.touchedAt = now;
    this.help = {...this.help, phase: 'told', answers: [...this.help.answers, text].slice(-ANSWERS_MAX)};
  }

  // --- time ---------------------------------------------------------------------------------------------------------

  touch(now: number): void {
    this.touchedAt = now;
  }

  /** Everything about whoever stood here is gone. */
  reset(): void {
    this.typed = '';
    this.options = {};
    this.help = undefined;
    this.over = undefined;
    this.present = '';
  }

  /** Moves on what time moves. gone: nobody is there any more, the caller resets. */
  tick(now: number, linked: boolean): 'same' | 'changed' | 'gone' {
    const {over, help} = this;
    if (over?.name === 'sending') {
      if (now - over.since < SENDING_MS) return 'same';
      this.show(linked ? 'kept' : 'offline', now);
      return 'changed';
    }
    if (over) {
      if (now - over.since < RESULT_MS) return 'same';
      this.dismiss(now);
      return 'changed';
    }
    const end = this.endsAt;
    if (end !== undefined && now >= end) return 'gone';
    if (help?.phase === 'sending' && now - help.since >= HELP_SLOW_MS) {
      this.helpPhase('slow');
      return 'changed';
    }
    return 'same';
  }

  /** Seconds left before this is another person's screen, while it asks "are you still there?". */
  asking(now: number): number | undefined {
    const end = this.endsAt;
    if (end === undefined || end - now > ASK_MS) return undefined;
    return Math.max(0, Math.ceil((end - now) / 1000));
  }

  /** Nobody has been here for a while, and nothing is on the screen. */
  isQuiet(now: number): boolean {
    return this.screen.name === 'idle' && this.endsAt === undefined && now - this.touchedAt >= QUIET_MS;
  }

  private get endsAt(): number | undefined {
    if (this.over) return undefined;
    if (this.help && this.help.phase !== 'offline') return this.touchedAt + HELP_MS;
    const used = this.typed !== '' || this.help || this.options.locale !== undefined || this.options.large !== undefined;
    return used ? this.touchedAt + IDLE_MS : undefined;
  }
}
