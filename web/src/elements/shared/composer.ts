/* composer.ts - where a person writes: one to six rows, Enter sends (on touch it breaks), nothing while composing. */
import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {codePoints} from '../../feed/parse.js';
import {textOf} from '../../text.js';
import type {Say} from '../../text.js';
import {TEXT_MAX} from '../../wire.js';
import {icon} from './icons.js';
import {basics} from './tokens.js';

const COUNT_FROM = 3600;

/** @fires composer-send {CustomEvent<{text: string}>} the person sends. --bubbles --composed
 *  @fires composer-typed {CustomEvent<void>} something was typed. --bubbles --composed */
@customElement('message-composer')
export class MessageComposer extends LitElement {
  @property({attribute: false}) say: Say = textOf('es');
  @property() placeholder = '';
  @property({type: Boolean}) disabled = false;
  @state() private text = '';
  @query('textarea') private area!: HTMLTextAreaElement;

  static override styles = [basics, css`
    form {
      display: flex;
      align-items: flex-end;
      gap: 8px;
      padding: 8px;
      padding-bottom: max(8px, env(safe-area-inset-bottom));
      background: var(--gc-bg);
      border-top: 1px solid var(--gc-line);
    }
    .field {
      flex: 1;
      min-width: 0;
      border: 1px solid var(--gc-line);
      border-radius: 22px;
      background: var(--gc-surface);
      padding: 0 16px;
    }
    .field:focus-within {
      outline: 2px solid var(--gc-accent-ink);
      outline-offset: -1px;
    }
    textarea {
      display: block;
      width: 100%;
      min-height: 42px;
      max-height: 160px;
      padding: 9px 0;
      border: 0;
      outline: 0;
      resize: none;
      background: none;
      font-size: max(16px, 1em);
      line-height: 24px;
      overflow-y: auto;
      field-sizing: content;
    }
    textarea:focus-visible {
      outline: 0;
    }
    textarea::placeholder {
      color: var(--gc-muted);
      opacity: 1;
    }
    .send {
      padding: 0;
      width: 44px;
      border-radius: 50%;
      background: var(--gc-accent);
      color: var(--gc-on-accent);
      transition: opacity 120ms;
    }
    .send:disabled {
      background: var(--gc-sunken);
      color: var(--gc-muted);
      opacity: 1;
    }
    .send .icon {
      margin: auto;
      width: 22px;
      height: 22px;
    }
    .count {
      padding: 0 16px 4px;
      font-size: 13px;
      text-align: right;
      color: var(--gc-muted);
    }
    .count[data-over] {
      color: var(--gc-danger);
      font-weight: 600;
    }
  `];

  /** Puts words there that the person may change (a chip, an edit). */
  prefill(text: string): void {
    this.text = text;
    void this.updateComplete.then(() => {
      this.area.value = text;
      this.fit();
      this.focus();
      this.area.setSelectionRange(text.length, text.length);
    });
  }

  /** Another room's draft, without taking the focus. */
  restore(text: string): void {
    this.text = text;
    void this.updateComplete.then(() => {
      this.area.value = text;
      this.fit();
    });
  }

  get value(): string {
    return this.text;
  }

  override focus(): void {
    this.area?.focus();
  }

  protected override render() {
    const left = TEXT_MAX - codePoints(this.text);
    return html`
      <form @submit=${this.submit} part="composer">
        <div class="field">
          <textarea rows="1" autocomplete="off" enterkeyhint=${isTouch() ? 'enter' : 'send'}
            aria-label=${this.say('composer.label')} placeholder=${this.placeholder || this.say('composer.placeholder')}
            ?disabled=${this.disabled} @input=${this.typed} @keydown=${this.key}></textarea>
          ${left <= TEXT_MAX - COUNT_FROM ? html`<div class="count" ?data-over=${left < 0} role="status">${
            left < 0 ? this.say.count('composer.over', -left) : this.say.count('composer.left', left)}</div>` : nothing}
        </div>
        <button class="send" type="submit" aria-label=${this.say('composer.send')} @mousedown=${keepFocus}
          ?disabled=${this.disabled || this.text.trim() === '' || left < 0}>${icon('send')}</button>
      </form>
    `;
  }

  private typed(): void {
    this.text = this.area.value;
    this.fit();
    if (this.text.trim() !== '') this.dispatchEvent(new CustomEvent('composer-typed', {bubbles: true, composed: true}));
  }

  /** Browsers without field-sizing. */
  private fit(): void {
    if (CSS.supports('field-sizing', 'content')) return;
    this.area.style.height = 'auto';
    this.area.style.height = `${this.area.scrollHeight}px`;
  }

  private key(event: KeyboardEvent): void {
    // keyCode 229: Safari ends a composition before it tells of its Enter
    if (event.key !== 'Enter' || event.isComposing || event.keyCode === 229) return;
    if (event.shiftKey || event.ctrlKey || event.altKey || event.metaKey || isTouch()) return;
    event.preventDefault();
    this.submit(event);
  }

  private submit(event: Event): void {
    event.preventDefault();
    const text = this.text.trim();
    if (text === '' || codePoints(text) > TEXT_MAX || this.disabled) return;
    this.text = '';
    this.area.value = '';
    this.fit();
    this.area.focus();
    this.dispatchEvent(new CustomEvent('composer-send', {detail: {text}, bubbles: true, composed: true}));
  }
}

/** The keyboard of a phone stays open after a tap on send. */
function keepFocus(event: MouseEvent): void {
  event.preventDefault();
}

function isTouch(): boolean {
  return matchMedia('(hover: none) and (pointer: coarse)').matches;
}
