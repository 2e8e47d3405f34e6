/* composer.ts - where a person writes: one to six rows, Enter sends (on touch it breaks), nothing while composing. */
import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {codePoints} from '../../feed/parse.js';
import type {Draft, Quoted} from '../../session/draft-memory.js';
import {textOf} from '../../text.js';
import type {Say} from '../../text.js';
import {TEXT_MAX} from '../../wire.js';
import {icon} from './icons.js';
import {basics} from './tokens.js';
import {isTouch, keepKeyboard} from './touch.js';

const COUNT_FROM = 3600;
const TOLD_AT = [400, 200, 100, 50, 20, 10]; // characters left: said aloud once each, shown always

/** @fires composer-send {CustomEvent<{text: string, replyTo?: string}>} the person sends. --bubbles --composed
 *  @fires composer-typed {CustomEvent<void>} something was typed. --bubbles --composed
 *  @fires composer-draft {CustomEvent<Draft>} what is not sent yet has changed. */
@customElement('message-composer')
export class MessageComposer extends LitElement {
  @property({attribute: false}) say: Say = textOf('es');
  @property() placeholder = '';
  @property({type: Boolean}) disabled = false;
  @state() private text = '';
  @state() private quoted?: Quoted;
  private given = ''; // the words that were put there last
  @query('textarea') private area!: HTMLTextAreaElement;

  static override styles = [basics, css`
    form {
      padding: 8px;
      padding-bottom: max(8px, env(safe-area-inset-bottom));
      background: var(--gc-bg);
      border-top: 1px solid var(--gc-line);
    }
    .row {
      display: flex;
      align-items: flex-end;
      gap: 8px;
    }
    .quoted {
      display: flex;
      align-items: center;
      gap: 8px;
      margin: 0 0 8px 8px;
      padding-left: 10px;
      border-left: 3px solid var(--gc-accent-ink);
      font-size: 0.875em;
      line-height: 1.35;
    }
    .quoted div {
      flex: 1;
      min-width: 0;
      overflow: hidden;
      text-overflow: ellipsis;
      white-space: nowrap;
      color: var(--gc-muted);
    }
    .quoted b {
      display: block;
      font-weight: 600;
      color: var(--gc-accent-ink);
    }
    .quoted button {
      display: grid;
      place-items: center;
      padding: 0;
      color: var(--gc-muted);
    }
    .quoted .icon {
      width: 20px;
      height: 20px;
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
      max-height: min(162px, 30vh); /* six rows */
      padding: 9px 0;
      border: 0;
      outline: 0;
      resize: none;
      background: none;
      font-size: max(16px, 1em);
      line-height: 1.5;
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
      font-size: 0.8125em;
      text-align: right;
      color: var(--gc-muted);
    }
    .count[data-over] {
      color: var(--gc-danger);
      font-weight: 600;
    }
  `];

  /** Puts words there that the person may change (a chip, an edit): below those that the person has typed. */
  prefill(text: string): void {
    const own = this.text === this.given ? '' : this.text.trimEnd();
    this.given = own ? `${own}\n${text}` : text;
    this.restore({text: this.given, quoted: this.quoted});
    void this.updateComplete.then(() => {
      this.focus();
      this.area.setSelectionRange(this.text.length, this.text.length);
    });
  }

  /** The next message answers this one. */
  replyTo(quoted: Quoted | undefined): void {
    this.quoted = quoted;
    if (quoted) this.focus();
    this.tellDraft();
  }

  /** What was begun before, without taking the focus. */
  restore({text, quoted}: Draft): void {
    this.text = text;
    this.quoted = quoted;
    this.tellDraft();
    void this.updateComplete.then(() => {
      this.area.value = this.text;
      this.fit();
    });
  }

  override focus(): void {
    this.area?.focus();
  }

  protected override render() {
    const left = TEXT_MAX - codePoints(this.text);
    return html`
      <form @submit=${this.submit} part="composer">
        ${this.quoted ? this.quotedView(this.quoted) : nothing}
        <div class="row">
        <div class="field" part="field">
          <textarea rows="1" autocomplete="off" enterkeyhint=${isTouch() ? 'enter' : 'send'}
            aria-label=${this.say('composer.label')} placeholder=${this.placeholder || this.say('composer.placeholder')}
            ?disabled=${this.disabled} @input=${this.typed} @keydown=${this.key}></textarea>
          ${left <= TEXT_MAX - COUNT_FROM ? html`<div class="count" aria-hidden="true" ?data-over=${left < 0}>${
            this.leftWords(left)}</div>` : nothing}
          <div class="hidden" role="status">${this.toldWords(left)}</div>
        </div>
        <button class="send" part="send" type="submit" aria-label=${this.say('composer.send')} @mousedown=${keepKeyboard}
          ?disabled=${this.disabled || this.text.trim() === '' || left < 0}>${icon('send')}</button>
        </div>
      </form>
    `;
  }

  private quotedView({author, text}: Quoted) {
    const words = this.say('list.reply', {author});
    return html`<div class="quoted" role="group" aria-label=${words}><div><b>${words}</b>${text}</div>
      <button type="button" aria-label=${this.say('composer.noReply')} @click=${this.noReply}>${icon('close')}</button></div>`;
  }

  private noReply(): void {
    this.replyTo(undefined);
    this.focus();
  }

  private tellDraft(): void {
    const {text, quoted} = this;
    this.dispatchEvent(new CustomEvent<Draft>('composer-draft', {detail: {text, quoted}}));
  }

  private leftWords(left: number): string {
    return left < 0 ? this.say.count('composer.over', -left) : this.say.count('composer.left', left);
  }

  /** Not with each key: the words stay the same between two steps. */
  private toldWords(left: number): string {
    if (left < 0) return this.say('composer.tooLong');
    const step = TOLD_AT.filter((n) => left <= n).pop();
    return step === undefined ? '' : this.leftWords(step);
  }

  private typed(): void {
    this.text = this.area.value;
    this.fit();
    this.tellDraft();
    if (this.text.trim() !== '') this.dispatchEvent(new CustomEvent('composer-typed', {bubbles: true, composed: true}));
  }

  /** Browsers without field-sizing. */
  private fit(): void {
    if (CSS.supports('field-sizing', 'content')) return;
    this.area.style.height = 'auto';
    this.area.style.height = `${this.area.scrollHeight}px`;
  }

  private key(event: KeyboardEvent): void {
    if (event.key === 'Escape' && this.quoted && !event.isComposing) {
      event.stopPropagation();
      return this.noReply();
    }
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
    const replyTo = this.quoted?.id;
    this.text = this.given = '';
    this.quoted = undefined;
    this.area.value = '';
    this.fit();
    this.tellDraft();
    this.area.focus();
    this.dispatchEvent(new CustomEvent('composer-send', {detail: {text, replyTo}, bubbles: true, composed: true}));
  }
}
