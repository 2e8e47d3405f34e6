/* launcher.ts - <gym-chat>: a round button, and the panel when somebody wants it. A plain custom element without Lit,
 * at most 3 KiB gzipped (checked by scripts/build.mjs), so that any page can carry it; the panel comes on demand.
 *
 * Attributes: token-url, api-base, lang, theme, open (as if pressed), room. Property: getToken.
 * Methods: open(), close(), prefill(text), logout().
 * Events (bubbling): gymchat-ready, gymchat-unread {count}, gymchat-state, gymchat-error, gymchat-close.
 * CSS: --gym-accent, ::part(launcher), ::part(badge). */
import type {GymChatPanel} from './panel.js';
import {launcherWords} from '../../text-launcher.js';

const STYLE = `
:host{position:fixed;z-index:2147483000;right:max(16px,env(safe-area-inset-right));bottom:max(16px,env(safe-area-inset-bottom));font:600 14px/1 system-ui,sans-serif}
button{position:relative;width:56px;height:56px;padding:14px;border:0;border-radius:50%;background:var(--gc-accent-fill,var(--gym-accent,#0f6e66));color:var(--gc-accent-on,#fff);cursor:pointer;box-shadow:0 2px 6px #1018202e,0 8px 24px #10182040;transition:transform 120ms}
button:hover{transform:scale(1.05)}
button:focus-visible{outline:3px solid #fff;outline-offset:-6px;box-shadow:0 0 0 3px #191d22}
svg{display:block;width:28px;height:28px;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
span{position:absolute;top:-4px;right:-4px;min-width:22px;padding:5px 6px;border-radius:11px;background:#b3261e;color:#fff;text-align:center;font-size:12px}
[hidden]{display:none!important}
@media(prefers-reduced-motion:reduce){button{transition:none}}
@media(forced-colors:active){button,span{border:1px solid ButtonText}}
`;
const PICTURE = 'M4 5.5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-8.5L7 21v-3.5H4a1 1 0 0 1-1-1v-10a1 1 0 0 1 1-1ZM8 10h8M8 13.5h5';
const PASSED = ['token-url', 'api-base', 'lang', 'theme', 'room'];

export class GymChat extends HTMLElement {
  static observedAttributes = [...PASSED, 'open'];
  /** Where a token comes from; wins over token-url. */
  getToken?: () => Promise<string>;

  private readonly button = document.createElement('button');
  private readonly badge = document.createElement('span');
  private panel: GymChatPanel | undefined;
  private count = 0;

  constructor() {
    super();
    const root = this.attachShadow({mode: 'open'});
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', PICTURE);
    svg.append(path);
    this.button.part.add('launcher');
    this.badge.part.add('badge');
    this.badge.hidden = true;
    this.button.append(svg, this.badge);
    this.button.addEventListener('click', () => this.open());
    root.append(this.button);
    this.addEventListener('gymchat-close', () => this.close());
    this.addEventListener('gymchat-unread', (event) => this.setUnread((event as CustomEvent<{count: number}>).detail.count));
  }

  connectedCallback(): void {
    this.setUnread(this.count);
    if (this.hasAttribute('open')) void this.load();
  }

  attributeChangedCallback(name: string, _: string | null, value: string | null): void {
    if (name === 'open') {
      if (this.isConnected) void this.load();
    } else {
      this.pass(name, value);
      this.setUnread(this.count);
    }
  }

  open(): void {
    this.setAttribute('open', '');
  }

  close(): void {
    this.removeAttribute('open');
    this.button.focus();
  }

  /** Opens with words that the person may change and send. */
  prefill(text: string): void {
    this.open();
    void this.load().then((panel) => panel.prefill(text));
  }

  /** Ends the session; nothing of this person stays on the device. */
  async logout(): Promise<void> {
    await (await this.load()).logout();
    this.panel?.remove();
    this.panel = undefined;
    this.close();
  }

  private async load(): Promise<GymChatPanel> {
    const {GymChatPanel: Panel} = await import('./panel.js');
    if (!this.panel) {
      this.panel = new Panel();
      this.panel.getToken = this.getToken;
      for (const name of PASSED) this.pass(name, this.getAttribute(name));
      this.shadowRoot!.append(this.panel);
    }
    const open = this.hasAttribute('open');
    this.panel.shown = open;
    this.button.hidden = open;
    return this.panel;
  }

  private pass(name: string, value: string | null): void {
    if (value === null) this.panel?.removeAttribute(name);
    else this.panel?.setAttribute(name, value);
  }

  private setUnread(count: number): void {
    this.count = count;
    this.badge.hidden = count === 0;
    this.badge.textContent = count > 99 ? '99+' : String(count);
    const language = (this.lang || document.documentElement.lang).startsWith('en') ? 'en' : 'es';
    const words = launcherWords[language];
    const label = count === 0 ? words['client.open'] : words[`client.openUnread.${count === 1 ? 'one' : 'other'}`];
    this.button.setAttribute('aria-label', label.replace('{n}', String(count)));
    this.button.setAttribute('aria-haspopup', 'dialog');
  }
}

if (!customElements.get('gym-chat')) customElements.define('gym-chat', GymChat);

declare global {
  interface HTMLElementTagNameMap {
    'gym-chat': GymChat;
  }
}
