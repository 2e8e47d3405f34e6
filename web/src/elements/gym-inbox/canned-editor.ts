/* canned-editor.ts - the desk's canned answers, edited as one list and saved as one. */
import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, state} from 'lit/decorators.js';
import {keyOf} from '../../inbox/canned.js';
import type {Canned} from '../../inbox/canned.js';
import {textOf} from '../../text.js';
import type {Say, TextKey} from '../../text.js';
import {TEXT_MAX} from '../../wire.js';
import {basics} from '../shared/tokens.js';
import {deskIcon} from './desk-icons.js';

const ITEMS_MAX = 200;
const TITLE_MAX = 100;

/** @fires canned-cancel {CustomEvent<void>} */
@customElement('canned-editor')
export class CannedEditor extends LitElement {
  @property({attribute: false}) list: readonly Canned[] = [];
  @property({attribute: false}) save!: (list: Canned[]) => Promise<void>;
  @property({attribute: false}) say: Say = textOf('es');
  @state() private items: Canned[] = [];
  @state() private problem: TextKey | undefined;
  @state() private busy = false;

  static override styles = [basics, css`
    .hint {
      margin-bottom: 12px;
      font-size: 14px;
      color: var(--gc-muted);
    }
    fieldset {
      display: grid;
      grid-template-columns: minmax(0, 1fr) minmax(0, 180px) 44px;
      gap: 4px 8px;
      margin: 0 0 12px;
      padding: 8px 12px 12px;
      border: 1px solid var(--gc-line);
      border-radius: 14px;
    }
    legend {
      padding: 0 6px;
      font-size: 13px;
      font-weight: 600;
      color: var(--gc-muted);
    }
    label {
      display: grid;
      font-size: 13px;
      color: var(--gc-muted);
    }
    label.text {
      grid-column: 1 / -1;
    }
    input,
    textarea {
      width: 100%;
      min-height: 44px;
      padding: 8px 12px;
      border: 1px solid var(--gc-field);
      border-radius: 10px;
      background: var(--gc-bg);
      color: var(--gc-text);
      font-size: 16px;
      line-height: 24px;
    }
    textarea {
      resize: vertical;
      field-sizing: content;
      max-height: 200px;
    }
    .remove {
      align-self: end;
      display: grid;
      place-items: center;
      padding: 0;
      color: var(--gc-danger);
    }
    .remove .icon {
      width: 20px;
      height: 20px;
    }
    .do {
      position: sticky;
      bottom: -24px;
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      justify-content: flex-end;
      gap: 8px;
      margin: 0 -24px -24px;
      padding: 12px 24px 20px;
      background: var(--gc-bg);
    }
    .do .add {
      margin-right: auto;
    }
    .do button {
      display: flex;
      align-items: center;
      gap: 8px;
      padding: 0 16px;
      font-weight: 600;
      font-size: 15px;
    }
    .do .icon {
      width: 18px;
      height: 18px;
    }
    .do .save {
      background: var(--gc-accent);
      color: var(--gc-on-accent);
    }
    .do .plain {
      box-shadow: inset 0 0 0 1px var(--gc-line);
    }
    .problem {
      flex-basis: 100%;
      font-size: 14px;
      color: var(--gc-danger);
    }
    @media (max-width: 480px) {
      fieldset {
        grid-template-columns: minmax(0, 1fr) 44px;
      }
      label.key {
        grid-column: 1;
      }
      label.name {
        grid-column: 1 / -1;
      }
      .do {
        margin: 0 -16px -16px;
        padding: 12px 16px;
        bottom: -16px;
      }
    }
  `];

  override connectedCallback(): void {
    super.connectedCallback();
    this.items = this.list.length ? this.list.map((it) => ({...it})) : [{key: '', title: '', text: ''}];
  }

  protected override render() {
    const {say} = this;
    return html`<p class="hint">${say('canned.hint')}</p>
      <form @submit=${this.submit}>${this.items.map((it, index) => this.item(it, index))}
      <div class="do">
        <div class="problem" role="alert">${this.problem ? say(this.problem) : nothing}</div>
        <button type="button" class="add" @click=${this.add} ?disabled=${this.items.length >= ITEMS_MAX}>${
          deskIcon('plus')}${say('canned.add')}</button>
        <button type="button" class="plain" @click=${() => this.dispatchEvent(new CustomEvent('canned-cancel'))}>${say('canned.cancel')}</button>
        <button class="save" ?disabled=${this.busy}>${say('canned.save')}</button>
      </div></form>`;
  }

  private item(it: Canned, index: number) {
    const {say} = this;
    const put = (change: Partial<Canned>): void => {
      this.items = this.items.map((other, i) => (i === index ? {...other, ...change} : other));
    };
    const value = (event: Event): string => (event.target as HTMLInputElement).value;
    return html`<fieldset>
      <legend>${say('canned.item', {n: index + 1})}</legend>
      <label class="name">${say('canned.name')}<input .value=${it.title ?? ''} maxlength=${TITLE_MAX} autocomplete="off"
        @input=${(e: Event) => put({title: value(e)})}></label>
      <label class="key">${say('canned.key')}<input .value=${it.key} maxlength="64" autocomplete="off" autocapitalize="off" spellcheck="false"
        placeholder=${keyOf(it.title ?? '', new Set())} @input=${(e: Event) => put({key: value(e)})}></label>
      <button type="button" class="remove" aria-label=${say('canned.remove', {title: it.title || it.key || index + 1})}
        @click=${() => this.takeOut(index)}>${deskIcon('trash')}</button>
      <label class="text">${say('canned.text')}<textarea rows="2" .value=${it.text} maxlength=${TEXT_MAX}
        @input=${(e: Event) => put({text: value(e)})}></textarea></label>
    </fieldset>`;
  }

  private add(): void {
    this.items = [...this.items, {key: '', title: '', text: ''}];
    void this.updateComplete.then(() => [...this.renderRoot.querySelectorAll<HTMLElement>('label.name input')].pop()?.focus());
  }

  private takeOut(index: number): void {
    this.items = this.items.filter((_, i) => i !== index);
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('.add')?.focus());
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const kept = this.items.filter((it) => (it.title ?? '').trim() || it.text.trim() || it.key.trim());
    if (kept.some((it) => !(it.title ?? '').trim() || !it.text.trim())) {
      this.problem = 'canned.incomplete';
      return;
    }
    const taken = new Set<string>();
    const list = kept.map((it) => {
      const key = keyOf(it.key.trim() || it.title!.trim(), taken);
      taken.add(key);
      return {key, title: it.title!.trim(), text: it.text.trim()};
    });
    this.busy = true;
    this.problem = undefined;
    await this.save(list).catch(() => (this.problem = 'canned.failed'));
    this.busy = false;
  }
}
