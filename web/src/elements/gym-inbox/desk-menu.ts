/* desk-menu.ts - a button that opens a menu below it: arrow keys, Home and End, letters, Esc; the focus comes back. */
import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, state} from 'lit/decorators.js';
import {fold} from '../../inbox/fold.js';
import {icon} from '../shared/icons.js';
import {basics} from '../shared/tokens.js';
import {deskIcon} from './desk-icons.js';

export interface MenuItem {
  key: string;
  label: string;
  /** beside the label, in a quieter voice */
  hint?: string;
  checked?: boolean;
}

/** @fires menu-pick {CustomEvent<{key: string}>} */
@customElement('desk-menu')
export class DeskMenu extends LitElement {
  @property({attribute: false}) items: readonly MenuItem[] = [];
  @property() label = '';
  /** on the button, where it says more than the label */
  @property() value = '';
  @property() picture = '';
  /** the button shows only its picture */
  @property({type: Boolean}) compact = false;
  @state() private open = false;
  @state() private at = 0;

  static override styles = [basics, css`
    :host {
      position: relative;
      display: inline-block;
    }
    .button {
      display: flex;
      align-items: center;
      gap: 8px;
      max-width: 100%;
      font-size: 14px;
      font-weight: 600;
      box-shadow: inset 0 0 0 1px var(--gc-line);
    }
    .button:hover,
    .button[aria-expanded='true'] {
      background: var(--gc-sunken);
    }
    .button .icon {
      width: 20px;
      height: 20px;
      color: var(--gc-muted);
    }
    .button .text {
      overflow: hidden;
      text-overflow: ellipsis;
      white-space: nowrap;
    }
    .button .chevron .icon {
      width: 16px;
      height: 16px;
    }
    :host([wide]) {
      display: block;
    }
    :host([wide]) .button {
      width: 100%;
      justify-content: center;
    }
    :host([compact]) .button {
      justify-content: center;
      width: 44px;
      padding: 0;
    }
    ul {
      position: absolute;
      z-index: 20;
      top: calc(100% + 4px);
      right: 0;
      min-width: 264px;
      max-width: min(340px, 90vw);
      max-height: 60vh;
      overflow-y: auto;
      padding: 6px;
      border-radius: 12px;
      background: var(--gc-bg);
      box-shadow: var(--gc-shadow), 0 0 0 1px var(--gc-line);
    }
    :host([align='start']) ul {
      right: auto;
      left: 0;
    }
    li {
      display: flex;
      align-items: center;
      gap: 12px;
      min-height: 44px;
      padding: 6px 12px;
      border-radius: 8px;
      font-size: 15px;
      line-height: 1.3;
      cursor: pointer;
    }
    li:hover,
    li:focus {
      background: var(--gc-sunken);
    }
    li .what {
      flex: 1;
    }
    li .hint {
      font-size: 13px;
      color: var(--gc-muted);
      white-space: nowrap;
    }
    li .icon {
      width: 18px;
      height: 18px;
      color: var(--gc-accent-ink);
    }
    @media (forced-colors: active) {
      ul {
        border: 1px solid CanvasText;
      }
      li:focus {
        outline: 2px solid Highlight;
      }
    }
  `];

  private typed = {text: '', at: 0};

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.close(false);
  }

  show(): void {
    if (this.open) return;
    this.open = true;
    this.at = 0;
    document.addEventListener('pointerdown', this.outside, true);
    void this.updateComplete.then(() => this.focusItem(this.at));
  }

  private close(refocus = true): void {
    if (!this.open) return;
    this.open = false;
    document.removeEventListener('pointerdown', this.outside, true);
    if (refocus) this.button?.focus();
  }

  private get button(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>('.button');
  }

  override focus(): void {
    this.button?.focus();
  }

  private outside = (event: Event): void => {
    if (!event.composedPath().includes(this)) this.close(false);
  };

  protected override render() {
    const {label, value, picture} = this;
    return html`
      <button class="button" aria-haspopup="menu" aria-expanded=${this.open ? 'true' : 'false'}
        aria-label=${this.compact || value ? (value || label) : nothing} title=${this.compact ? value || label : nothing}
        @click=${() => (this.open ? this.close() : this.show())} @keydown=${this.buttonKey}>
        ${picture === 'person' ? icon('person') : deskIcon(picture)}
        ${this.compact ? nothing : html`<span class="text">${value || label}</span><span class="chevron">${deskIcon('chevron')}</span>`}
      </button>
      ${this.open ? html`<ul role="menu" aria-label=${label} @keydown=${this.key} @focusout=${this.left}>${
        this.items.map((item, index) => this.item(item, index))}</ul>` : nothing}`;
  }

  private item(item: MenuItem, index: number) {
    const isChoice = this.items.some((it) => it.checked !== undefined);
    return html`<li role=${isChoice ? 'menuitemradio' : 'menuitem'} tabindex=${index === this.at ? 0 : -1}
      aria-checked=${isChoice ? String(item.checked === true) : nothing} @click=${() => this.pick(index)}>
      <span class="what">${item.label}</span>
      ${item.hint ? html`<span class="hint">${item.hint}</span>` : nothing}
      ${item.checked ? icon('check') : nothing}</li>`;
  }

  private pick(index: number): void {
    const item = this.items[index];
    this.close();
    if (item) this.dispatchEvent(new CustomEvent('menu-pick', {detail: {key: item.key}}));
  }

  private focusItem(index: number): void {
    this.at = index;
    this.renderRoot.querySelectorAll<HTMLElement>('li')[index]?.focus();
  }

  private buttonKey(event: KeyboardEvent): void {
    if (event.key !== 'ArrowDown' || event.altKey) return;
    event.preventDefault();
    this.show();
  }

  private key(event: KeyboardEvent): void {
    const {length} = this.items;
    const to = {ArrowDown: (this.at + 1) % length, ArrowUp: (this.at + length - 1) % length, Home: 0, End: length - 1}[event.key];
    if (event.key === 'Tab') return this.close();
    event.stopPropagation(); // letters are looked for here, and are no shortcuts
    if (to !== undefined) this.focusItem(to);
    else if (event.key === 'Escape') this.close();
    else if (event.key === 'Enter' || event.key === ' ') this.pick(this.at);
    else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) this.find(event);
    else return;
    event.preventDefault();
  }

  /** The next item that begins with what was typed just now. */
  private find(event: KeyboardEvent): void {
    const soon = event.timeStamp - this.typed.at < 700;
    this.typed = {text: (soon ? this.typed.text : '') + fold(event.key), at: event.timeStamp};
    const order = this.items.map((_, i) => (this.at + (soon ? i : i + 1)) % this.items.length);
    const found = order.find((i) => fold(this.items[i]!.label).startsWith(this.typed.text));
    if (found !== undefined) this.focusItem(found);
  }

  private left(event: FocusEvent): void {
    const to = event.relatedTarget as Node | null;
    if (to && !this.renderRoot.contains(to)) this.close(false);
  }
}
