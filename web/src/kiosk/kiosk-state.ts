/* kiosk-state.ts - what the check-in screen shows, as one state machine. Pure but for the time that is passed in: the
 * element feeds it keys, notices and a tick, and draws what it says.
 *
 *   idle -> (digits, OK) -> sending -> result -> (4 s or a tap) -> idle
 *   idle -> help -> (a tap, or nobody there) -> idle
 * After 20 s without a touch anything typed is wiped; the last 10 s ask first. */

export const RESULT_MS = 4000;
export const IDLE_MS = 20000;
export const ASK_MS = 10000;
export const SENDING_MS = 3000; // then it counts as taken, but unconfirmed
const HELP_MS = 90000;
const MEMBER = /^[A-Za-z0-9_-]{1,64}$/;

export type Verdict = 'welcome' | 'done' | 'offline' | 'denied' | 'full';

export type Screen =
  | {name: 'idle'}
  | {name: 'sending'; id: string; since: number}
  | {name: 'result'; verdict: Verdict; firstName?: string; since: number}
  | {name: 'help'; answers: string[]; since: number};

export class KioskState {
  screen: Screen = {name: 'idle'};
  typed = '';
  private touchedAt = 0;

  type(text: string, now: number): void {
    this.touchedAt = now;
    if (this.screen.name === 'result') this.reset();
    if (this.screen.name === 'idle' && this.typed.length < 64) this.typed += text;
  }

  erase(now: number): void {
    this.touchedAt = now;
    this.typed = this.typed.slice(0, -1);
  }

  /** The member to check in; undefined where nothing (or nonsense) was typed or scanned. */
  submit(now: number): string | undefined {
    this.touchedAt = now;
    if (this.screen.name !== 'idle' || this.typed === '') return undefined;
    const member = this.typed.trim();
    this.typed = '';
    if (MEMBER.test(member) && !member.startsWith('kiosk-')) return member;
    this.show('denied', now);
    return undefined;
  }

  sending(id: string, now: number): void {
    this.screen = {name: 'sending', id, since: now};
  }

  /** A stored notice named one of our check-ins. */
  stored(id: string, firstName: string | undefined, now: number): void {
    if (this.screen.name !== 'sending' || this.screen.id !== id) return;
    this.show(firstName ? 'welcome' : 'done', now, firstName);
  }

  rejected(id: string, now: number): void {
    if (this.screen.name === 'sending' && this.screen.id === id) this.show('denied', now);
  }

  show(verdict: Verdict, now: number, firstName?: string): void {
    this.touchedAt = now;
    this.screen = {name: 'result', verdict, firstName, since: now};
  }

  help(now: number): void {
    this.typed = '';
    this.touchedAt = now;
    this.screen = {name: 'help', answers: [], since: now};
  }

  /** The desk answered. */
  answer(text: string, now: number): void {
    if (this.screen.name === 'idle' || this.screen.name === 'help') {
      const answers = this.screen.name === 'help' ? this.screen.answers : [];
      this.screen = {name: 'help', answers: [...answers, text].slice(-3), since: now};
    }
  }

  touch(now: number): void {
    this.touchedAt = now;
  }

  /** Everything about whoever stood here is gone. */
  reset(): void {
    this.typed = '';
    this.screen = {name: 'idle'};
  }

  /** Moves on what time moves; returns whether anything changed. */
  tick(now: number): boolean {
    const {screen} = this;
    if (screen.name === 'sending' && now - screen.since >= SENDING_MS) {
      this.show('offline', now);
      return true;
    }
    const over = (screen.name === 'result' && now - screen.since >= RESULT_MS) ||
      (screen.name === 'help' && now - screen.since >= HELP_MS) ||
      (this.typed !== '' && now - this.touchedAt >= IDLE_MS);
    if (over) this.reset();
    return over;
  }

  /** Seconds left before what was typed is wiped, while the screen asks "are you still there?". */
  asking(now: number): number | undefined {
    if (this.typed === '' || this.screen.name !== 'idle') return undefined;
    const left = this.touchedAt + IDLE_MS - now;
    return left <= ASK_MS ? Math.max(0, Math.ceil(left / 1000)) : undefined;
  }
}
