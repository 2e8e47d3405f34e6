/* launcher.ts - <gym-chat>: a round button that counts what is unread, and the panel when somebody wants it. A plain
 * custom element without Lit, at most 3 KiB gzipped (checked by scripts/build.mjs), so that any page can carry it; the
 * panel comes on demand. docs/embedding.md lists what a page may use. */
import type {GymChatPanel} from './panel.js';
import {launcherWords} from '../../text-launcher.js';

const STYLE = `
:host{position:fixed;z-index:var(--gym-chat-layer,2147483000);right:max(var(--gym-chat-right,16px),env(safe-area-inset-right));bottom:max(var(--gym-chat-bottom,16px),env(safe-area-inset-bottom));font:600 14px/1 system-ui,sans-serif}
:host([inline]){position:relative;display:block;z-index:0;inset:0;height:100%}
button{position:relative;width:56px;height:56px;padding:14px;border:0;border-radius:50%;background:var(--gc-accent-fill,var(--gym-accent,#0f6e66));color:var(--gc-accent-on,#fff);cursor:pointer;box-shadow:0 2px 6px #1018202e,0 8px 24px #10182040}
button:hover{filter:brightness(1.1)}
button:focus-visible{outline:3px solid #fff;outline-offset:-6px;box-shadow:0 0 0 3px #191d22}
svg{display:block;width:100%;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
span{position:absolute;top:-4px;right:-4px;min-width:10px;padding:5px 6px;border-radius:11px;background:#b3261e;color:#fff;text-align:center;font-size:12px;box-shadow:0 0 0 2px #fff}
[hidden]{display:none!important}
@media(forced-colors:active){button,span{border:1px solid ButtonText}}
`;
const PICTURE = 'M4 5.5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-8.5L7 21v-3.5H4a1 1 0 0 1-1-1v-10a1 1 0 0 1 1-1ZM8 10h8M8 13.5h5';
const PARTS = 'panel,header,title,facts,list,bubble,strip,composer,field,send,jump';
const PASSED = ['lang', 'theme', 'room', 'inline'];
const LOOK_EVERY_MS = 60000;

interface Claims {
  gym: string;
  sub: string;
  exp: number;
  rooms?: string[];
}

export class GymChat extends HTMLElement {
  static observedAttributes = [...PASSED, 'token-url', 'api-base', 'open'];

  private readonly button = document.createElement('button');
  private readonly badge = document.createElement('span');
  private panel: GymChatPanel | undefined;
  private count!: number; // setUnread() at once
  private source: (() => Promise<string>) | undefined;
  private early: Promise<string> | undefined; // a token that was asked for before the panel was there
  private timer: ReturnType<typeof setTimeout> | undefined;
  private renewing: boolean | undefined;
  private opener: Element | null | undefined;

  constructor() {
    super();
    const root = this.attachShadow({mode: 'open'});
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    svg.setAttribute('viewBox', '0 0 24 24');
    path.setAttribute('d', PICTURE);
    svg.append(path);
    this.button.setAttribute('aria-haspopup', 'dialog');
    this.button.part.add('launcher');
    this.badge.part.add('badge');
    this.button.append(svg, this.badge);
    this.button.addEventListener('click', () => this.open());
    root.append(this.button);
    this.addEventListener('gymchat-close', () => this.close());
    this.addEventListener('focusin', () => document.removeEventListener('keydown', this));
    this.addEventListener('gymchat-unread', (event) => this.setUnread((event as CustomEvent<{count: number}>).detail.count));
    this.setUnread(0);
  }

  /** Where a token comes from, asked before each connect; wins over token-url. '': nobody is logged in. */
  get getToken(): (() => Promise<string>) | undefined {
    return this.source;
  }

  set getToken(source: (() => Promise<string>) | undefined) {
    this.source = source;
    this.early = undefined;
    this.renew();
  }

  connectedCallback(): void {
    const {getToken} = this; // the page's own property, if it was set before this module was here
    delete (this as {getToken?: unknown}).getToken;
    this.source = getToken;
    document.addEventListener('visibilitychange', this.look);
    this.renew();
  }

  disconnectedCallback(): void {
    document.removeEventListener('visibilitychange', this.look);
    document.removeEventListener('keydown', this);
    clearTimeout(this.timer);
  }

  attributeChangedCallback(name: string): void {
    if (PASSED.includes(name)) this.pass(name);
    if (name === 'token-url') this.early = undefined;
    this.button.hidden = this.isOpen;
    this.setUnread(this.count);
    this.renew();
  }

  private pass(name: string): void {
    const value = this.getAttribute(name);
    this.panel?.[value === null ? 'removeAttribute' : 'setAttribute'](name, value!);
  }

  open(): void {
    if (!this.isOpen) this.opener = document.activeElement;
    this.setAttribute('open', '');
    document.addEventListener('keydown', this);
  }

  /** Esc, until the focus is in the panel: that comes a moment later, or on a slow line much later. */
  handleEvent(event: KeyboardEvent): void {
    if (event.key === 'Escape' && !event.defaultPrevented && !event.isComposing) this.close();
  }

  /** The focus goes back to where it was, if it was here: also where our button had it, which is hidden meanwhile. */
  close(): void {
    const hadFocus = this.matches(':focus-within') || (this.opener === this && document.activeElement === document.body);
    this.removeAttribute('open');
    document.removeEventListener('keydown', this);
    if (!hadFocus) return;
    this.button.focus();
    (this.opener as HTMLElement | null)?.focus(); // the body takes none
  }

  /** Opens with words that the person may change and send. */
  prefill(text: string): void {
    this.open();
    this.load().then((panel) => panel.prefill(text), () => {});
  }

  /** Ends the session; nothing of this person stays on the device. */
  async logout(): Promise<void> {
    const {wipeClients} = await import('./panel.js');
    await this.panel?.logout();
    await wipeClients();
    this.panel?.remove();
    this.panel = this.early = undefined;
    this.setUnread(0);
    this.close();
  }

  private get isOpen(): boolean {
    return this.matches('[open],[inline]');
  }

  /** Whatever has changed: shows the panel, or looks for what is unread; once all that the page sets is set. */
  private renew(): void {
    if (this.renewing || !this.isConnected) return;
    this.renewing = true;
    queueMicrotask(() => {
      this.renewing = false;
      if (!this.isConnected) return;
      if (this.panel || this.isOpen) this.load().catch(() => {});
      else void this.look();
    });
  }

  private async load(): Promise<GymChatPanel> {
    const hasSource = this.source ?? this.getAttribute('token-url');
    if (hasSource && !this.panel) (this.early ??= this.ask()).catch(() => {}); // while the panel comes
    const {GymChatPanel: Panel} = await import('./panel.js').catch((error: unknown) => {
      this.tell('error', {code: 'unavailable', message: String(error)});
      this.close();
      throw error;
    });
    if (!this.panel) {
      this.panel = new Panel();
      this.panel.setAttribute('exportparts', PARTS);
      for (const name of PASSED) this.pass(name);
      this.shadowRoot!.append(this.panel);
    }
    this.panel.apiBase = this.base;
    if (hasSource) this.panel.getToken ??= () => this.take();
    this.panel.shown = this.isOpen;
    return this.panel;
  }

  /** Where gymchat is: where this module came from, unless the page says otherwise. */
  private get base(): string {
    return (this.getAttribute('api-base') ?? new URL(import.meta.url).origin).replace(/\/$/, '');
  }

  // --- unread while the panel is not there ---------------------------------------------------------------------------

  private take(): Promise<string> {
    const token = this.early ?? this.ask();
    this.early = undefined;
    return token;
  }

  private async ask(): Promise<string> {
    if (this.source) return this.source();
    const url = this.getAttribute('token-url')!;
    const answer = await fetch(url, {
      method: 'POST', headers: {Accept: 'application/json', 'Content-Type': 'application/json'}, body: '{}',
      signal: AbortSignal.timeout?.(10000),
    });
    if ([401, 403].includes(answer.status)) return '';
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    return ((await answer.json()) as {token: string}).token;
  }

  /** One request, when the page is seen, and then once a minute. */
  private look = async (): Promise<void> => {
    clearTimeout(this.timer);
    if (this.panel || document.hidden || !(this.source ?? this.getAttribute('token-url'))) return;
    this.timer = setTimeout(this.look, LOOK_EVERY_MS);
    try {
      const token = await (this.early ??= this.ask());
      const {gym, sub, exp, rooms} = JSON.parse(atob(token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/'))) as Claims;
      if (exp * 1000 < Date.now() + 2 * LOOK_EVERY_MS) this.early = undefined; // another one the next time
      const room = this.getAttribute('room') || rooms?.[0] || sub;
      const answer = await fetch(`${this.base}/v1/gyms/${gym}/rooms/${room}`, {
        headers: {Authorization: `Bearer ${token}`}, cache: 'no-store', credentials: 'omit',
      });
      if (!answer.ok) throw answer;
      const count = ((await answer.json()) as {unread: number}).unread;
      if (count !== this.count && !this.panel) this.tell('unread', {count});
    } catch {
      this.early = undefined;
    }
  };

  private tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(`gymchat-${name}`, {detail, bubbles: true, composed: true}));
  }

  private setUnread(count: number): void {
    this.count = count;
    this.badge.hidden = !count;
    const shown = count > 99 ? '99+' : `${count}`;
    this.badge.textContent = shown;
    const words = launcherWords[(this.lang || document.documentElement.lang).startsWith('en') ? 'en' : 'es'];
    const label = !count ? words['client.open'] : words[`client.openUnread.${count === 1 ? 'one' : 'other'}`];
    this.button.setAttribute('aria-label', label.replace('{n}', `${count}`));
    if (!this.hasAttribute('page-count')) return;
    document.title = (count ? `(${shown}) ` : '') + document.title.replace(/^\(\d+\+?\) /, '');
    (navigator as {setAppBadge?: (n: number) => Promise<void>}).setAppBadge?.(count).catch(() => {});
  }
}

if (!customElements.get('gym-chat')) customElements.define('gym-chat', GymChat);

declare global {
  interface HTMLElementTagNameMap {
    'gym-chat': GymChat;
  }
}
