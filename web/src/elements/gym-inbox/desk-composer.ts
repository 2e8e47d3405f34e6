/* desk-composer.ts - where the desk writes: an answer or an internal note (yellow, with a lock), canned answers by "/",
 * and a question first where a colleague has answered since the draft began. */
import {html, LitElement, nothing} from 'lit';
import type {PropertyValues} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {codePoints} from '../../feed/parse.js';
import {cannedQuery, fillCanned, findCanned} from '../../inbox/canned.js';
import type {Canned} from '../../inbox/canned.js';
import type {DraftMode} from '../../inbox/drafts.js';
import {textOf} from '../../text.js';
import type {Say} from '../../text.js';
import {TEXT_MAX} from '../../wire.js';
import {icon} from '../shared/icons.js';
import {basics} from '../shared/tokens.js';
import {isTouch, keepKeyboard} from '../shared/touch.js';
import {composerStyles} from './desk-composer.styles.js';
import {deskIcon} from './desk-icons.js';

const COUNT_FROM = 3600;

/** @fires composer-send {CustomEvent<{text: string, mode: DraftMode}>}
 *  @fires composer-draft {CustomEvent<{text: string, mode: DraftMode, typed: boolean}>} the words or their kind changed.
 *  @fires composer-proceed {CustomEvent<void>} the person knows of the colleague's answer and writes on.
 *  @fires composer-templates {CustomEvent<void>} the templates are to be edited.
 *  @fires composer-leave {CustomEvent<void>} Esc: outward. */
@customElement('desk-composer')
export class DeskComposer extends LitElement {
  @property({attribute: false}) say: Say = textOf('es');
  /** the client's */
  @property() name = '';
  @property({attribute: false}) canned: readonly Canned[] = [];
  /** "Luis respondió hace 5 s. ¿Enviar de todos modos?"; empty: nobody has */
  @property() warning = '';
  @property({reflect: true}) mode: DraftMode = 'reply';
  @state() private text = '';
  @state() private finding: string | undefined; // what was typed after "/"; undefined: not looking
  @state() private at = 0;
  @query('textarea') private area!: HTMLTextAreaElement;

  static override styles = [basics, composerStyles];

  /** Another room's draft, without taking the focus. */
  restore(text: string, mode: DraftMode): void {
    this.text = text;
    this.mode = mode;
    this.finding = undefined;
    void this.updateComplete.then(() => this.write(text));
  }

  /** Words that the person may change, and the focus. */
  prefill(text: string, mode: DraftMode): void {
    this.restore(text, mode);
    void this.updateComplete.then(() => {
      this.focus();
      this.area.setSelectionRange(text.length, text.length);
    });
  }

  writeAs(mode: DraftMode): void {
    this.setMode(mode);
    this.focus();
  }

  get value(): string {
    return this.text;
  }

  override focus(): void {
    this.area?.focus();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('canned') && this.at >= this.found.length) this.at = 0;
  }

  private get found(): Canned[] {
    return this.finding === undefined ? [] : findCanned(this.canned, this.finding);
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  protected override render() {
    const {say, mode} = this;
    const left = TEXT_MAX - codePoints(this.text);
    const isNote = mode === 'note';
    const found = this.found;
    const isLooking = this.finding !== undefined;
    return html`
      ${this.conflict()}
      <form @submit=${this.submit} part="composer">
        ${isLooking ? this.choices(found) : nothing}
        <div class="modes" role="radiogroup" aria-label=${say('desk.mode')} @keydown=${this.modeKey}>
          ${(['reply', 'note'] as const).map((it) => html`<button type="button" role="radio" aria-checked=${String(it === mode)}
            tabindex=${it === mode ? 0 : -1} data-mode=${it} @click=${() => this.writeAs(it)}>${
            it === 'note' ? deskIcon('lock') : nothing}${say(`desk.${it}`)}</button>`)}
        </div>
        <div class="field">
          <textarea rows="2" autocomplete="off" enterkeyhint=${isTouch() ? 'enter' : 'send'}
            aria-label=${isNote ? say('desk.note') : say('desk.replyTo', {name: this.name})}
            aria-describedby=${isNote ? 'hint' : nothing}
            aria-autocomplete=${isLooking ? 'list' : nothing} aria-controls=${isLooking ? 'choices' : nothing}
            aria-activedescendant=${isLooking && found.length ? `choice${this.at}` : nothing}
            placeholder=${say(isNote ? 'desk.notePlaceholder' : 'desk.replyPlaceholder')}
            @input=${this.typed} @keydown=${this.key} @blur=${this.blurred}></textarea>
          <div class="foot">
            <button type="button" class="tool" @click=${this.openTemplates} @mousedown=${keepKeyboard}
              aria-expanded=${String(isLooking)}>${deskIcon('slash')}<span>${say('desk.templates')}</span></button>
            ${isNote ? html`<span id="hint" class="hint">${say('desk.noteHint')}</span>` : nothing}
            <span class="gap"></span>
            ${left <= TEXT_MAX - COUNT_FROM ? html`<span class="left" ?data-over=${left < 0} role="status">${
              left < 0 ? say.count('composer.over', -left) : say.count('composer.left', left)}</span>` : nothing}
            <button class="send" type="submit" @mousedown=${keepKeyboard} aria-label=${say(isNote ? 'desk.save' : 'desk.send')}
              ?disabled=${this.text.trim() === '' || left < 0}>${
              isNote ? html`${deskIcon('lock')}<span>${say('desk.save')}</span>` : icon('send')}</button>
          </div>
        </div>
      </form>`;
  }

  private conflict() {
    const shown = this.warning !== '' && this.mode === 'reply';
    return html`<div role="status" class=${shown ? 'conflict' : 'hidden'}>${shown ? html`
      ${icon('alert')}<span class="words">${this.warning}</span>
      <span class="do"><button type="button" class="anyway" @click=${this.sendNow} ?disabled=${this.text.trim() === ''}>${
        this.say('desk.sendAnyway')}</button>
      <button type="button" @click=${this.proceed}>${this.say('desk.keepWriting')}</button></span>` : nothing}</div>`;
  }

  private choices(found: Canned[]) {
    const {say} = this;
    const none = say(this.canned.length ? 'desk.templatesNone' : 'desk.templatesEmpty');
    return html`<div class="choices" @mousedown=${keepKeyboard}>
      <div class="hidden" role="status">${found.length ? say.count('desk.templatesFound', found.length) : none}</div>
      ${found.length ? html`<ul role="listbox" id="choices" aria-label=${say('desk.templates')}>${found.map((it, index) => html`
        <li role="option" id=${`choice${index}`} aria-selected=${String(index === this.at)} @click=${() => this.insert(it)}>
          <b>${it.title || it.key}</b><span class="key">/${it.key}</span><span class="words">${
            fillCanned(it.text, this.name)}</span></li>`)}</ul>`
        : html`<p aria-hidden="true">${none}</p>`}
      <button type="button" class="edit" @click=${this.edit}>${say('desk.templatesEdit')}</button>
    </div>`;
  }

  // --- writing ------------------------------------------------------------------------------------------------------

  private typed(): void {
    this.text = this.area.value;
    this.fit();
    const query = cannedQuery(this.text, this.area.selectionStart);
    if (query !== this.finding) this.at = 0;
    this.finding = query;
    this.tell('composer-draft', {text: this.text, mode: this.mode, typed: true});
  }

  private write(text: string): void {
    this.text = text;
    this.area.value = text;
    this.fit();
  }

  /** Browsers without field-sizing. */
  private fit(): void {
    if (CSS.supports('field-sizing', 'content')) return;
    this.area.style.height = 'auto';
    this.area.style.height = `${this.area.scrollHeight}px`;
  }

  private setMode(mode: DraftMode): void {
    if (mode === this.mode) return;
    this.mode = mode;
    this.tell('composer-draft', {text: this.text, mode, typed: false});
  }

  private modeKey(event: KeyboardEvent): void {
    if (!['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'].includes(event.key) || event.altKey) return;
    event.preventDefault();
    this.setMode(this.mode === 'reply' ? 'note' : 'reply');
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('[role=radio][tabindex="0"]')?.focus());
  }

  private key(event: KeyboardEvent): void {
    // keyCode 229: Safari ends a composition before it tells of its Enter
    if (event.isComposing || event.keyCode === 229) return;
    if (this.finding !== undefined && this.choiceKey(event)) return event.preventDefault();
    if (event.key === 'Escape') {
      event.stopPropagation();
      return this.tell('composer-leave');
    }
    if (event.key !== 'Enter' || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey || isTouch()) return;
    event.preventDefault();
    this.submit(event);
  }

  /** Returns whether the key was for the list of templates. */
  private choiceKey(event: KeyboardEvent): boolean {
    const found = this.found;
    if (event.key === 'Escape') {
      event.stopPropagation();
      this.finding = undefined;
      return true;
    }
    if (found.length === 0 || event.altKey || event.ctrlKey || event.metaKey) return false;
    if (event.key === 'ArrowDown') this.at = (this.at + 1) % found.length;
    else if (event.key === 'ArrowUp') this.at = (this.at + found.length - 1) % found.length;
    else if (event.key === 'Enter' || (event.key === 'Tab' && !event.shiftKey)) this.insert(found[this.at]!);
    else return false;
    void this.updateComplete.then(() => this.renderRoot.querySelector(`#choice${this.at}`)?.scrollIntoView({block: 'nearest'}));
    return true;
  }

  /** In the place of "/…", else where the caret is. */
  private insert(it: Canned): void {
    const text = fillCanned(it.text, this.name);
    const caret = this.area.selectionStart;
    const isSlash = cannedQuery(this.text, caret) !== undefined;
    const [before, after] = isSlash ? ['', ''] : [this.text.slice(0, caret), this.text.slice(this.area.selectionEnd)];
    this.write(before + text + after);
    this.finding = undefined;
    this.focus();
    this.area.setSelectionRange(before.length + text.length, before.length + text.length);
    this.tell('composer-draft', {text: this.text, mode: this.mode, typed: true});
  }

  private openTemplates(): void {
    this.focus();
    this.finding = this.finding === undefined ? '' : undefined;
    this.at = 0;
  }

  private edit(): void {
    this.finding = undefined;
    this.tell('composer-templates');
  }

  private blurred(event: FocusEvent): void {
    if (!this.renderRoot.contains(event.relatedTarget as Node | null)) this.finding = undefined;
  }

  // --- sending ------------------------------------------------------------------------------------------------------

  private submit(event: Event): void {
    event.preventDefault();
    if (this.text.trim() === '') return;
    if (this.warning !== '' && this.mode === 'reply') {
      this.renderRoot.querySelector<HTMLElement>('.anyway')?.focus();
      return;
    }
    this.sendNow();
  }

  private sendNow = (): void => {
    const text = this.text.trim();
    if (text === '' || codePoints(text) > TEXT_MAX) return;
    this.write('');
    this.finding = undefined;
    this.focus();
    this.tell('composer-send', {text, mode: this.mode});
  };

  private proceed(): void {
    this.focus();
    this.tell('composer-proceed');
  }

  private tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, {detail}));
  }
}
