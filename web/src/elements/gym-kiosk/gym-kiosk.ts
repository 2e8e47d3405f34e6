/* gym-kiosk.ts - <gym-kiosk>: the check-in screen. Writes "checkin" messages to the member's room, shows a first name
 * from the stored notice and nothing else, keeps what could not be sent (opaque ids only).
 *
 * Attributes: token-url, api-base, lang, theme, large. Property: getToken.
 * Events (bubbling): gymchat-ready, gymchat-checkin {verdict}, gymchat-error {code}. */
import {html, nothing} from 'lit';
import {customElement, property} from 'lit/decorators.js';
import type {FeedEvent} from '../../feed/room-feed.js';
import {newId} from '../../ids.js';
import {KioskState} from '../../kiosk/kiosk-state.js';
import type {Screen} from '../../kiosk/kiosk-state.js';
import {OutboxFullError} from '../../outbox/outbox.js';
import type {Session} from '../../session/session.js';
import type {TextKey} from '../../text.js';
import {GymElement} from '../shared/gym-element.js';
import {icon} from '../shared/icons.js';
import {basics, tokens} from '../shared/tokens.js';
import {kioskStyles} from './gym-kiosk.styles.js';

declare const GYMCHAT_VERSION: string; // put in by scripts/build.mjs

const OUTBOX_MAX = 500;
const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];

@customElement('gym-kiosk')
export class GymKiosk extends GymElement {
  /** Doubled text, the pad in the lower half. */
  @property({type: Boolean, reflect: true}) large = false;

  private readonly kiosk = new KioskState();
  private ticker: ReturnType<typeof setInterval> | undefined;
  private wakeLock: {release(): Promise<void>} | undefined;

  static override styles = [tokens, basics, kioskStyles];

  protected override get outboxMax(): number {
    return OUTBOX_MAX;
  }

  protected override get contrast(): number {
    return 7;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.ticker = setInterval(() => {
      this.kiosk.tick(Date.now());
      this.requestUpdate();
    }, 250);
    window.addEventListener('keydown', this.key);
    document.addEventListener('visibilitychange', this.stayAwake);
    void this.stayAwake();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.ticker);
    window.removeEventListener('keydown', this.key);
    document.removeEventListener('visibilitychange', this.stayAwake);
    void this.wakeLock?.release();
  }

  protected opened(session: Session): void {
    this.keep(session.feed.on((event) => this.onFeed(event)));
    this.keep(session.outbox.on((event) => {
      if (event.type === 'stored') this.kiosk.stored(event.entry.id, undefined, Date.now());
      this.dropRejected();
      this.requestUpdate();
    }));
    session.goLive();
    this.tell('ready', undefined);
    this.requestUpdate();
  }

  private onFeed(event: FeedEvent): void {
    const now = Date.now();
    if (event.type === 'to') {
      for (const note of event.notice.stored) this.kiosk.stored(note.id, note.first_name, now);
      this.requestUpdate();
    } else if (event.type === 'message' && event.room === this.ownRoom && event.message.role === 'staff') {
      this.kiosk.answer(event.message.text, now);
      this.requestUpdate();
    }
  }

  /** Nobody stands here to edit: a final no is shown, told to the page, and dropped. */
  private dropRejected(): void {
    for (const entry of this.session!.outbox.list()) {
      if (entry.state !== 'rejected') continue;
      this.kiosk.rejected(entry.id, Date.now());
      this.session!.outbox.discard(entry.id);
      this.tell('error', {code: entry.code});
    }
  }

  private get ownRoom(): string {
    return `kiosk-${this.session?.identity.sub ?? ''}`;
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  protected override render() {
    const {say, format} = this;
    const gym = this.session?.me?.gym;
    const now = Date.now();
    const left = this.kiosk.asking(now);
    const {screen} = this.kiosk;
    return html`
      <header>
        <h1>${gym?.name || gym?.key || this.session?.identity?.gym || nothing}</h1>
        <time class="clock">${format.time(now)}</time>
        <div class="options">
          ${(['es', 'en'] as const).map((code) => html`<button lang=${code} aria-pressed=${say.locale === code ? 'true' : 'false'}
            aria-label="${say('kiosk.language')} ${code.toUpperCase()}" @click=${() => this.speak(code)}>${code.toUpperCase()}</button>`)}
          <button aria-pressed=${this.large ? 'true' : 'false'} aria-label=${say('kiosk.bigger')} @click=${this.enlarge}>Aa</button>
        </div>
      </header>
      <main ?inert=${screen.name !== 'idle'}>
        <div class="invite">
          <div class="scan">${icon('scan')}</div>
          <h2>${say('kiosk.scan')}</h2>
          <p>${say('kiosk.number')}</p>
          <button class="help" @click=${this.askForHelp}>${icon('help')}${say('kiosk.help')}</button>
        </div>
        ${this.pad()}
      </main>
      ${this.footer()}
      ${left !== undefined ? html`<div class="still" role="alert"><span>${say('kiosk.stillThere')} <span aria-hidden="true">${left}</span></span>
        <button @click=${this.moreTime}>${say('kiosk.moreTime')}</button></div>` : nothing}
      <div role="status">${screen.name === 'idle' ? nothing : this.overlay(screen)}</div>
    `;
  }

  private pad() {
    const {say} = this;
    const {typed} = this.kiosk;
    const key = (digit: string) => html`<button @click=${() => this.type(digit)}>${digit}</button>`;
    return html`
      <div class="pad" role="group" aria-label=${say('kiosk.pad')}>
        <div class="digits" ?data-full=${typed !== ''} role="status" aria-label=${say('kiosk.digits')}><span
          aria-hidden="true">${typed}</span><span class="hidden">${say.count('kiosk.typed', typed.length)}</span></div>
        <div class="keys">
          ${KEYS.map(key)}
          <button aria-label=${say('kiosk.erase')} ?disabled=${typed === ''} @click=${this.erase}>${icon('erase')}</button>
          ${key('0')}
          <button class="ok" ?disabled=${typed === ''} @click=${this.submit}>${say('kiosk.ok')}</button>
        </div>
      </div>`;
  }

  private footer() {
    const {say, session} = this;
    const phase = session?.phase === 'open' ? session.feed.status.phase : session?.phase === 'denied' ? 'expired' : 'connecting';
    const words = ({live: 'kiosk.connected', expired: 'kiosk.expired', connecting: 'kiosk.connecting', idle: 'kiosk.connecting'} as
      Record<string, TextKey>)[phase] ?? 'kiosk.disconnected';
    const waiting = session?.phase === 'open' ? session.outbox.list().length : 0;
    return html`
      <footer>
        <div class="link" ?data-down=${phase !== 'live'} role="status"><i></i>${say(words)}</div>
        <div>${say('kiosk.waiting', {n: waiting})}</div>
        ${session?.phase === 'open' && !session.outbox.durable ? html`<div>${say('strip.memory')}</div>` : nothing}
        <div class="version">${say('kiosk.version', {version: GYMCHAT_VERSION})}</div>
      </footer>`;
  }

  private overlay(screen: Exclude<Screen, {name: 'idle'}>) {
    const {say} = this;
    if (screen.name === 'sending') return html`<div class="over"><h2>${say('kiosk.sending')}</h2></div>`;
    if (screen.name === 'help') {
      return html`<div class="over" @click=${this.reset}>
        <div class="mark">${icon('help')}</div>
        <h2>${say(screen.answers.length ? 'kiosk.helpAnswer' : 'kiosk.helpSent')}</h2>
        ${screen.answers.length ? screen.answers.map((a) => html`<div class="answer">${a}</div>`) : html`<p>${say('kiosk.helpHint')}</p>`}
        <button @click=${this.reset}>${say('app.close')}</button>
      </div>`;
    }
    const bad = screen.verdict === 'denied' || screen.verdict === 'full';
    const words: Record<typeof screen.verdict, string> = {
      welcome: say('kiosk.welcome', {name: screen.firstName ?? ''}),
      done: say('kiosk.done'),
      offline: say('kiosk.offlineDone'),
      denied: say('kiosk.denied'),
      full: say('kiosk.full'),
    };
    return html`<div class="over" data-verdict=${screen.verdict} @click=${this.reset}>
      <div class="mark">${icon(bad ? 'close' : 'check')}</div><h2>${words[screen.verdict]}</h2></div>`;
  }

  // --- doing --------------------------------------------------------------------------------------------------------

  private type(text: string): void {
    this.kiosk.type(text, Date.now());
    this.requestUpdate();
  }

  private erase(): void {
    this.kiosk.erase(Date.now());
    this.requestUpdate();
  }

  private reset(): void {
    this.kiosk.reset();
    this.requestUpdate();
  }

  private moreTime(): void {
    this.kiosk.touch(Date.now());
    this.requestUpdate();
  }

  private async submit(): Promise<void> {
    const member = this.kiosk.submit(Date.now());
    this.requestUpdate();
    if (member !== undefined) await this.write(member, 'checkin', this.say('kiosk.checkin'));
  }

  private async askForHelp(): Promise<void> {
    this.kiosk.help(Date.now());
    this.requestUpdate();
    await this.write(this.ownRoom, 'help', this.say('kiosk.helpText'));
  }

  private async write(room: string, kind: string, text: string): Promise<void> {
    const {session, kiosk} = this;
    const now = Date.now();
    if (session?.phase !== 'open') return kiosk.show('denied', now);
    const id = newId(now);
    if (kind === 'checkin') kiosk.sending(id, now);
    try {
      await session.outbox.add(room, {id, kind, text, sent_at: new Date(now).toISOString()});
      if (kind === 'checkin' && session.feed.status.phase !== 'live') kiosk.show('offline', Date.now());
    } catch (error) {
      kiosk.show(error instanceof OutboxFullError ? 'full' : 'denied', Date.now());
    }
    this.requestUpdate();
  }

  private speak(code: string): void {
    this.lang = code;
    this.dress();
    this.moreTime();
  }

  private enlarge(): void {
    this.large = !this.large;
    this.moreTime();
  }

  /** A scanner is a keyboard that types fast and ends with Enter. */
  private key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter') {
      // Enter on a focused button presses that button, unless something was typed or scanned
      if (this.kiosk.typed === '') return;
      event.preventDefault();
      void this.submit();
    } else if (event.key === 'Backspace') {
      this.erase();
    } else if (event.key === 'Escape') {
      this.reset();
    } else if (/^[A-Za-z0-9_-]$/.test(event.key)) {
      this.type(event.key);
    }
  };

  private stayAwake = async (): Promise<void> => {
    if (document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
    this.wakeLock = await navigator.wakeLock.request('screen').catch(() => undefined);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'gym-kiosk': GymKiosk;
  }
}
