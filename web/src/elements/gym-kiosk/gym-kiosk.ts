/* gym-kiosk.ts - <gym-kiosk>: the check-in screen. Writes "checkin" messages to the member's room, shows a first name
 * from the stored notice and nothing else, keeps what could not be sent (opaque ids only).
 *
 * Attributes: token-url, api-base, lang, theme, large, muted, scan-pattern. Property: getToken.
 * Methods: reloadWhenIdle().
 * Events (bubbling): gymchat-ready, gymchat-checkin {verdict}, gymchat-error {code}. */
import {html, nothing} from 'lit';
import {customElement, property} from 'lit/decorators.js';
import type {FeedEvent} from '../../feed/room-feed.js';
import {Format} from '../../format.js';
import {newId} from '../../ids.js';
import {HelpDesk} from '../../kiosk/help-desk.js';
import type {HelpNews} from '../../kiosk/help-desk.js';
import {KeyStream} from '../../kiosk/key-stream.js';
import {KioskState} from '../../kiosk/kiosk-state.js';
import {patternOf} from '../../kiosk/member.js';
import {Sounds, tuneOf} from '../../kiosk/sounds.js';
import {StayAwake} from '../../kiosk/stay-awake.js';
import {Updates} from '../../kiosk/updates.js';
import {OutboxFullError} from '../../outbox/outbox.js';
import type {Session} from '../../session/session.js';
import {textOf} from '../../text.js';
import type {Locale, Say, TextKey} from '../../text.js';
import '../../text-kiosk.js';
import {GymElement} from '../shared/gym-element.js';
import {basics, tokens} from '../shared/tokens.js';
import {kioskStyles} from './gym-kiosk.styles.js';
import {layoutStyles} from './layout.styles.js';
import * as view from './views.js';

declare const GYMCHAT_VERSION: string; // put in by scripts/build.mjs

const CHECKINS_MAX = 500;
const OUTBOX_MAX = CHECKINS_MAX + 10; // a call for help finds room where no check-in does
const TURN_MS = 250;
const STORAGE_AGAIN_MS = 15 * 60000;
const NAME_MAX = 40;

@customElement('gym-kiosk')
export class GymKiosk extends GymElement {
  /** Doubled text, the pad in the lower half; what every visitor starts with. */
  @property({type: Boolean, reflect: true}) large = false;
  /** No sounds. */
  @property({type: Boolean, reflect: true}) muted = false;
  /** A regular expression whose first group is the member's key in a scanned code; empty: the code is the key. */
  @property({attribute: 'scan-pattern'}) scanPattern = '';

  private readonly kiosk = new KioskState();
  private readonly keys = new KeyStream();
  private readonly sounds = new Sounds();
  private readonly awake = new StayAwake();
  private helpDesk: HelpDesk | undefined;
  private updates: Updates | undefined;
  private reloadWanted = false;
  private ticker: ReturnType<typeof setInterval> | undefined;
  private settling: ReturnType<typeof setTimeout> | undefined;
  private drawn = ''; // what time changes, as it was drawn last
  private announced = ''; // the result that was told

  static override styles = [tokens, basics, kioskStyles, layoutStyles];

  /** After an update of the page: loads it again as soon as nobody stands here. */
  reloadWhenIdle(): void {
    this.reloadWanted = true;
    this.updates?.want();
  }

  protected override get outboxMax(): number {
    return OUTBOX_MAX;
  }

  protected override get contrast(): number {
    return 7;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.ticker = setInterval(this.turn, TURN_MS);
    window.addEventListener('keydown', this.onKey);
    this.addEventListener('pointerdown', this.onPointer);
    this.addEventListener('contextmenu', this.noMenu);
    this.awake.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.ticker);
    clearTimeout(this.settling);
    window.removeEventListener('keydown', this.onKey);
    this.removeEventListener('pointerdown', this.onPointer);
    this.removeEventListener('contextmenu', this.noMenu);
    this.awake.stop();
    this.sounds.close();
    this.helpDesk?.stop();
    this.updates?.stop();
    this.kiosk.reset();
    this.keys.clear();
  }

  protected opened(session: Session): void {
    const {api, clock, feed, outbox, identity} = session;
    if (identity.role !== 'kiosk') this.tell('error', {code: 'wrong_role'});
    this.helpDesk = new HelpDesk({api, clock, feed, outbox, gym: identity.gym, room: `kiosk-${identity.sub}`});
    this.helpDesk.onNews = (news) => this.onHelp(news);
    this.keep(feed.on((event) => this.onFeed(event)));
    this.keep(outbox.on((event) => {
      if (event.type === 'stored') this.kiosk.stored(event.entry.id, undefined, this.now);
      this.dropRejected();
      this.changed();
    }));
    this.updates = new Updates({clock, read: () => this.readRelease(), isQuiet: () => this.isQuiet, reload: () => location.reload()});
    this.updates.start();
    if (this.reloadWanted) this.updates.want();
    void navigator.storage?.persist?.().catch(() => {}); // what waits here shall not be cleared away for room
    session.goLive();
    this.tell('ready', undefined);
    this.changed();
  }

  // --- what is known --------------------------------------------------------------------------------------------------

  /** Whoever stands here may have chosen another language than the page's. */
  private get words(): Say {
    return this.kiosk.options.locale ? textOf(this.kiosk.options.locale) : this.say;
  }

  private get isLarge(): boolean {
    return this.kiosk.options.large ?? this.large;
  }

  private get isReady(): boolean {
    return this.session?.phase === 'open' && this.session.identity.role === 'kiosk';
  }

  private get isLinked(): boolean {
    return this.isReady && this.session!.feed.status.phase === 'live';
  }

  private get waiting(): number {
    return this.isReady ? this.session!.outbox.list().filter((entry) => entry.envelope.kind === 'checkin').length : 0;
  }

  /** Nobody is here, and a page that is loaded again would come back with everything. */
  private get isQuiet(): boolean {
    const {kiosk, keys, session} = this;
    return kiosk.isQuiet(this.now) && keys.settlesAt === Infinity && this.isLinked &&
      (session!.outbox.durable || session!.outbox.list().length === 0);
  }

  /** What differs when the page is worth loading again: the module that only points to the newest one, and storage that
   * did not open when this page began. */
  private async readRelease(): Promise<string> {
    const answer = await fetch(`${this.apiBase}/gym-kiosk.js`, {cache: 'no-cache', credentials: 'omit'});
    if (!answer.ok) throw new Error(`gym-kiosk.js: ${answer.status}`);
    const isForgetful = !this.session!.outbox.durable && performance.now() > STORAGE_AGAIN_MS;
    return `${await answer.text()}${isForgetful ? ' without storage' : ''}`;
  }

  // --- what comes -----------------------------------------------------------------------------------------------------

  private onFeed(event: FeedEvent): void {
    if (event.type !== 'to') return;
    for (const note of event.notice.stored) {
      this.kiosk.stored(note.id, firstWord(note.first_name), this.now);
    }
    this.changed();
  }

  private onHelp(news: HelpNews): void {
    if (news.type === 'told') {
      if (this.kiosk.help?.phase !== 'told') this.kiosk.helpPhase('told');
    } else {
      this.kiosk.answer(news.text, this.now);
      this.play('answer');
    }
    this.changed();
  }

  /** Nobody stands here to edit: a final no is shown, told to the page, and dropped. */
  private dropRejected(): void {
    const {outbox} = this.session!;
    for (const entry of outbox.list()) {
      if (entry.state !== 'rejected') continue;
      this.kiosk.rejected(entry.id, this.now);
      outbox.discard(entry.id);
      this.tell('error', {code: entry.code});
    }
  }

  // --- what people do -------------------------------------------------------------------------------------------------

  private async checkIn(member: string): Promise<void> {
    const {kiosk, session} = this;
    const now = this.now;
    if (!this.isReady) return this.show('closed');
    if (this.waiting >= CHECKINS_MAX) return this.show('full');
    const id = newId(now);
    kiosk.sending(id, now);
    this.changed();
    try {
      await session!.outbox.add(member, {
        id, kind: 'checkin', text: this.say('kiosk.checkin'), sent_at: new Date(now).toISOString(),
      });
      // on the disk: that is all there is to wait for
      if (!this.isLinked && kiosk.screen.name === 'sending' && kiosk.screen.id === id) this.show('offline');
    } catch (error) {
      this.show(error instanceof OutboxFullError ? 'full' : 'closed');
    }
  }

  private show(verdict: Parameters<KioskState['show']>[0]): void {
    this.kiosk.show(verdict, this.now);
    this.changed();
  }

  private accepted(member: string | undefined): void {
    this.keys.clear();
    this.changed();
    if (member !== undefined) void this.checkIn(member);
  }

  private press = (digit: string): void => {
    this.kiosk.type(digit, this.now);
    this.changed();
  };

  private erase = (): void => {
    this.typed(this.keys.cut()); // the last key may still be held back
    this.kiosk.erase(this.now);
    this.changed();
  };

  private enter = (): void => this.accepted(this.kiosk.enter(this.now));

  private askForHelp = async (): Promise<void> => {
    if (!this.isReady || this.kiosk.help) return;
    this.kiosk.askForHelp(this.isLinked, this.now);
    this.changed();
    this.focusOn('.close-help');
    // not kept for later: whoever asks now is gone by then
    if (this.isLinked) await this.helpDesk!.ask(this.say('kiosk.helpText')).catch(() => this.kiosk.helpPhase('offline'));
    this.changed();
  };

  private closeHelp = (): void => {
    void this.helpDesk?.leave(this.say('kiosk.helpOver'));
    this.kiosk.help = undefined;
    this.kiosk.touch(this.now);
    this.changed();
    this.focusOn('.help');
  };

  private dismiss = (): void => {
    this.kiosk.dismiss(this.now);
    this.changed();
  };

  private moreTime = (): void => {
    this.kiosk.touch(this.now);
    this.changed();
  };

  private speak = (locale: Locale): void => {
    this.kiosk.options = {...this.kiosk.options, locale};
    this.moreTime();
  };

  private enlarge = (): void => {
    this.kiosk.options = {...this.kiosk.options, large: !this.isLarge};
    this.moreTime();
  };

  /** As for the next person: nothing of this one stays. */
  private startAgain(): void {
    void this.helpDesk?.leave(this.say('kiosk.helpLeft'));
    this.keys.clear();
    this.kiosk.reset();
    (this.shadowRoot!.activeElement as HTMLElement | null)?.blur();
    this.changed();
  }

  // --- keys -----------------------------------------------------------------------------------------------------------

  private onPointer = (): void => this.kiosk.touch(this.now);

  private noMenu = (event: Event): void => event.preventDefault(); // a long press is a press

  /** Keys of a person and of a scanner alike; a field of the page around us keeps its own. */
  private onKey = (event: KeyboardEvent): void => {
    const target = event.composedPath()[0];
    if (target instanceof Element && target.matches('input, textarea, select, [contenteditable]')) return;
    const isCommand = (event.ctrlKey || event.altKey) && !event.getModifierState('AltGraph');
    if (isCommand || event.metaKey || event.isComposing) return;
    if (this.kiosk.screen.name === 'result' && /^(Enter|Escape| )$/.test(event.key) && this.keys.settlesAt === Infinity) {
      event.preventDefault();
      this.dismiss();
    } else if (event.key === 'Enter' || event.key === 'Tab') {
      this.onEnd(event);
    } else if (event.key === 'Backspace') {
      this.erase();
    } else if (event.key === 'Escape') {
      if (this.kiosk.help) this.closeHelp();
      else this.startAgain();
    } else if ([...event.key].length === 1 && !event.repeat) {
      this.onChar(event);
    }
  };

  private onChar(event: KeyboardEvent): void {
    // Space presses the button that has the focus, unless it is part of a code
    if (event.key === ' ' && this.keys.settlesAt === Infinity) return;
    event.preventDefault();
    this.typed(this.keys.add(event.key, event.timeStamp));
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.typed(this.keys.settle(performance.now())), this.keys.settlesAt - performance.now() + 1);
  }

  private onEnd(event: KeyboardEvent): void {
    if (event.key === 'Tab' && !this.keys.isBurst(event.timeStamp)) return;
    const {kind, text} = this.keys.end(event.timeStamp);
    if (kind === 'scan') {
      event.preventDefault();
      return this.accepted(this.kiosk.scan(text, this.now, patternOf(this.scanPattern)));
    }
    this.typed(text);
    // Enter presses the button that has the focus, unless there is a number
    if (this.kiosk.typed === '') return;
    event.preventDefault();
    this.enter();
  }

  private typed(text: string): void {
    if (text === '') return;
    this.kiosk.type(text, this.now);
    this.changed();
  }

  // --- time, sound, drawing -------------------------------------------------------------------------------------------

  private turn = (): void => {
    const {kiosk} = this;
    const now = this.now;
    const what = kiosk.tick(now, this.isLinked);
    if (what === 'gone') this.startAgain();
    const drawn = `${kiosk.asking(now) ?? ''} ${Math.floor(now / 60000)}`;
    if (what === 'changed' || drawn !== this.drawn) this.changed();
    this.drawn = drawn;
  };

  private changed(): void {
    const {screen} = this.kiosk;
    const outcome = screen.name === 'result' ? `${screen.at} ${screen.verdict}` : '';
    if (screen.name === 'result' && outcome !== this.announced) {
      this.announced = outcome;
      this.play(screen.verdict);
      this.tell('checkin', {verdict: screen.verdict});
    }
    this.requestUpdate();
  }

  private play(what: Parameters<typeof tuneOf>[0]): void {
    if (!this.muted) this.sounds.play(tuneOf(what));
  }

  private focusOn(selector: string): void {
    void this.updateComplete.then(() => this.shadowRoot?.querySelector<HTMLElement>(selector)?.focus());
  }

  protected override updated(): void {
    this.kiosk.drawn(this.now);
  }

  protected override render() {
    const {kiosk, words: say, session} = this;
    const now = this.now;
    const format = say === this.say ? this.format : new Format(say, session?.me?.gym.time_zone);
    const gym = session?.me?.gym;
    const {screen} = kiosk;
    const over = screen.name === 'sending' || screen.name === 'result' ? screen : undefined;
    const left = kiosk.asking(now);
    return html`
      <div class="screen" lang=${say.locale} ?data-large=${this.isLarge} ?inert=${over !== undefined}>
        ${view.header({
          say, gym: gym?.name || gym?.key || session?.identity?.gym, time: format.time(now), large: this.isLarge,
          speak: this.speak, enlarge: this.enlarge,
        })}
        ${this.body(say)}
        ${view.footer({
          say, link: this.link, down: !this.isLinked, waiting: this.isReady ? this.waiting : undefined, max: CHECKINS_MAX,
          durable: !this.isReady || session!.outbox.durable, version: GYMCHAT_VERSION,
        })}
      </div>
      <div role="status" lang=${say.locale} ?data-large=${this.isLarge} class="outcome" @click=${this.dismissOver}>
        ${over ? view.outcome({say, format, screen: over}) : nothing}
      </div>
      ${left === undefined ? nothing : view.stillThere({say, left, large: this.isLarge, moreTime: this.moreTime})}
    `;
  }

  private dismissOver = (): void => {
    if (this.kiosk.screen.name === 'result') this.dismiss();
  };

  private body(say: Say) {
    const {kiosk} = this;
    if (!this.isReady) {
      const starting = this.session?.phase === 'starting' || (!this.session && Boolean(this.tokenUrl ?? this.getToken));
      return view.closed({say, starting});
    }
    if (kiosk.help) return view.help({say, help: kiosk.help, linked: this.isLinked, close: this.closeHelp});
    return view.pad({say, typed: kiosk.typed, press: this.press, erase: this.erase, enter: this.enter, help: this.askForHelp});
  }

  private get link(): TextKey {
    const {session} = this;
    if (session?.phase === 'denied' || (session?.phase === 'open' && !this.isReady)) return 'kiosk.expired';
    if (session?.phase === 'unreachable') return 'kiosk.disconnected';
    if (session?.phase !== 'open') return 'kiosk.connecting';
    switch (session.feed.status.phase) {
      case 'live':
        return 'kiosk.connected';
      case 'expired':
        return 'kiosk.expired';
      case 'waiting':
        return 'kiosk.disconnected';
      default:
        // an attempt after a failed one: still without a connection, and no flicker between the two
        return session.feed.status.failures > 0 ? 'kiosk.disconnected' : 'kiosk.connecting';
    }
  }
}

/** The archive tells a first name; should it ever be more, only that much is shown. */
function firstWord(name: string | undefined): string | undefined {
  const word = name?.trim().split(/\s+/)[0];
  return word ? [...word].slice(0, NAME_MAX).join('') : undefined;
}

declare global {
  interface HTMLElementTagNameMap {
    'gym-kiosk': GymKiosk;
  }
}
