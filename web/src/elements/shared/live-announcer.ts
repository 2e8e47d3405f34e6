/* live-announcer.ts - a visually hidden polite region, outside the list. */
import {css, html, LitElement} from 'lit';
import {customElement, property, state} from 'lit/decorators.js';
import {textOf} from '../../text.js';
import type {Say} from '../../text.js';
import {AnnouncerQueue} from './announce.js';
import type {Said} from './announce.js';

const TYPING_EVERY_MS = 30000;

@customElement('live-announcer')
export class LiveAnnouncer extends LitElement {
  @property({attribute: false}) say: Say = textOf('es');
  @state() private words = '';
  private readonly queue = new AnnouncerQueue();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private typingAt = -Infinity;

  static override styles = css`
    :host {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
  `;

  /** Somebody else's new message. */
  announce(said: Said): void {
    this.queue.add(said, Date.now());
    this.schedule();
  }

  /** "… está escribiendo", at most once in 30 s. */
  announceTyping(words: string): void {
    if (Date.now() - this.typingAt < TYPING_EVERY_MS) return;
    this.typingAt = Date.now();
    this.tell(words);
  }

  /** Something that happened to what the person does, at once. */
  tell(words: string): void {
    this.words = words;
    this.queue.clearSoon(Date.now());
    this.schedule();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  private schedule(): void {
    clearTimeout(this.timer);
    const wait = this.queue.nextAt - Date.now();
    if (wait !== Infinity) this.timer = setTimeout(() => this.turn(), Math.max(0, wait));
  }

  private turn(): void {
    const said = this.queue.take(Date.now());
    if (said) this.words = this.wordsFor(said);
    this.schedule();
  }

  private wordsFor(said: Said[]): string {
    if (said.length === 0) return '';
    if (said.length > 1) return this.say.count('announce.burst', said.length);
    return this.say('announce.said', {author: said[0]!.author, text: said[0]!.text});
  }

  protected override render() {
    return html`<div role="status" aria-live="polite">${this.words}</div>`;
  }
}
