/* gym-element.ts - what the three elements have in common: where the token comes from, the session, language, time
 * zone, theme and accent. */
import {LitElement} from 'lit';
import type {PropertyValues} from 'lit';
import {property, state} from 'lit/decorators.js';
import {Format} from '../../format.js';
import {Session} from '../../session/session.js';
import {localeOf, textOf} from '../../text.js';
import type {Locale, Say} from '../../text.js';
import {accentOf} from './accent.js';
import {Pace} from './pace.js';

const DEFAULT_ACCENT = '#0f6e66';

export abstract class GymElement extends LitElement {
  /** Where a token comes from, asked before each connect; wins over token-url. */
  @property({attribute: false}) getToken?: () => Promise<string>;
  /** A same-origin address that answers a POST with {token, expires_at}. */
  @property({attribute: 'token-url'}) tokenUrl?: string;
  /** Where gymchat is; empty: where this module came from. */
  @property({attribute: 'api-base'}) apiBase = '';
  /** "es" or "en"; empty: the gym's, else Spanish. */
  @property({reflect: true}) override lang = '';
  /** "light", "dark"; empty: as the device. */
  @property({reflect: true}) theme = '';
  /** One that the page shares between elements, or a test's own. */
  @property({attribute: false}) session?: Session;

  @state() protected say: Say = textOf('es');
  protected format = new Format(this.say);
  private made: Session | undefined;
  private begun: Session | undefined;
  private stops: (() => void)[] = [];
  private dressed = '';
  private readonly pace = new Pace();

  protected get now(): number {
    return this.session?.clock.now() ?? Date.now();
  }

  /** The accent's contrast: more where people stand far away. */
  protected get contrast(): number {
    return 4.5;
  }

  /** The most that the outbox takes; undefined: no limit. */
  protected get outboxMax(): number | undefined {
    return undefined;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // after the page's script had a chance to set getToken
    queueMicrotask(() => this.isConnected && this.begin());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.stops.splice(0)) stop();
    void this.made?.close();
    if (this.made === this.session) this.session = undefined;
    this.made = this.begun = undefined;
  }

  /** Keeps the newest messages on the device. */
  protected get cacheRooms(): boolean {
    return false;
  }

  protected override scheduleUpdate(): void | Promise<unknown> {
    const turn = this.pace.turn();
    return turn ? turn.then(() => super.scheduleUpdate()) : super.scheduleUpdate();
  }

  /** The page may say only now who speaks. */
  protected override update(changed: PropertyValues): void {
    if (changed.has('lang')) this.dress();
    super.update(changed);
    if (changed.has('getToken') || changed.has('tokenUrl')) queueMicrotask(() => this.isConnected && this.begin());
  }

  private begin(): void {
    if (!this.session) {
      if (!this.getToken && !this.tokenUrl) return;
      this.session = this.made = new Session({
        getToken: this.getToken, tokenUrl: this.tokenUrl, apiBase: this.apiBase || new URL(import.meta.url).origin,
        outboxMax: this.outboxMax, cacheRooms: this.cacheRooms,
      });
    }
    const session = this.session;
    if (session === this.begun) return;
    this.begun = session;
    this.keep(session.on(() => {
      this.dress();
      this.requestUpdate();
    }));
    this.dress();
    void session.opened().then(() => {
      if (session === this.session && this.isConnected) this.opened(session);
    });
  }

  /** The session knows who we are: show rooms, go live. */
  protected abstract opened(session: Session): void;

  /** Something to stop when the element leaves the page. */
  protected keep(stop: () => void): void {
    this.stops.push(stop);
  }

  protected tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(`gymchat-${name}`, {detail, bubbles: true, composed: true}));
  }

  /** Language, time zone and accent, as far as they are known by now. */
  protected dress(): void {
    const gym = this.session?.me?.gym;
    const locale: Locale = localeOf(this.lang, gym?.locale, document.documentElement.lang);
    const accent = String(gym?.settings?.accent ?? '');
    const own = getComputedStyle(this).getPropertyValue('--gym-accent').trim();
    const dressed = [locale, gym?.time_zone, own || accent].join('|');
    if (dressed === this.dressed) return;
    this.dressed = dressed;
    this.say = textOf(locale);
    this.format = new Format(this.say, gym?.time_zone);
    const colors = accentOf(own || accent || DEFAULT_ACCENT, this.contrast);
    for (const name of ['fill', 'on', 'light', 'dark'] as const) {
      if (colors) this.style.setProperty(`--gc-accent-${name}`, colors[name]);
      else this.style.removeProperty(`--gc-accent-${name}`);
    }
  }
}
