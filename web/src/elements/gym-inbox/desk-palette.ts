/* desk-palette.ts - Ctrl+K: a field, and below it what fits: things to do and rooms to go to. */
import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {findChoices} from '../../inbox/palette.js';
import type {Choice} from '../../inbox/palette.js';
import {textOf} from '../../text.js';
import type {Say} from '../../text.js';
import {icon} from '../shared/icons.js';
import {basics} from '../shared/tokens.js';
import {deskIcon} from './desk-icons.js';

/** @fires palette-pick {CustomEvent<{key: string}>} */
@customElement('desk-palette')
export class DeskPalette extends LitElement {
  @property({attribute: false}) choices: readonly Choice[] = [];
  @property({attribute: false}) say: Say = textOf('es');
  @state() private typed = '';
  @state() private at = 0;
  @query('input') private input!: HTMLInputElement;

  static override styles = [basics, css`
    .field {
      display: flex;
      align-items: center;
      gap: 12px;
      padding: 0 20px;
      border-bottom: 1px solid var(--gc-line);
    }
    .field .icon {
      color: var(--gc-muted);
    }
    input {
      flex: 1;
      min-width: 0;
      min-height: 60px;
      border: 0;
      outline: 0;
      background: none;
      font-size: 18px;
    }
    input:focus-visible {
      outline: 0;
    }
    .field:focus-within {
      box-shadow: inset 0 -2px 0 var(--gc-accent-ink);
    }
    ul {
      max-height: min(420px, 55vh);
      overflow-y: auto;
      padding: 8px;
    }
    li {
      display: flex;
      align-items: center;
      gap: 12px;
      min-height: 44px;
      padding: 4px 12px;
      border-radius: 10px;
      cursor: pointer;
    }
    li[aria-selected='true'] {
      background: var(--gc-sunken);
      box-shadow: inset 3px 0 0 var(--gc-accent-ink);
    }
    li .icon {
      width: 20px;
      height: 20px;
      color: var(--gc-muted);
    }
    .label {
      flex: 1;
      min-width: 0;
      overflow: hidden;
      text-overflow: ellipsis;
      white-space: nowrap;
    }
    .hint {
      font-size: 13px;
      color: var(--gc-muted);
    }
    p {
      padding: 24px;
      text-align: center;
      color: var(--gc-muted);
    }
    @media (forced-colors: active) {
      li[aria-selected='true'] {
        outline: 2px solid Highlight;
        outline-offset: -2px;
      }
    }
  `];

  override firstUpdated(): void {
    this.input.focus();
  }

  private get found(): Choice[] {
    return findChoices(this.choices, this.typed);
  }

  protected override render() {
    const {say} = this;
    const found = this.found;
    return html`
      <div class="field">${deskIcon('search')}<input role="combobox" aria-expanded="true" aria-controls="found" aria-autocomplete="list"
        aria-activedescendant=${found.length ? `it${this.at}` : nothing} aria-label=${say('palette.label')}
        placeholder=${say('palette.title')} autocomplete="off" spellcheck="false" @input=${this.input_} @keydown=${this.key}></div>
      <div class="hidden" role="status">${this.typed ? found.length ? say.count('palette.found', found.length) : say('palette.none') : ''}</div>
      <ul role="listbox" id="found" aria-label=${say('palette.title')} tabindex="-1">${found.map((choice, index) => html`
        <li role="option" id=${`it${index}`} aria-selected=${String(index === this.at)} @click=${() => this.pick(choice)}>
          ${choice.group === 'room' ? icon('chat') : deskIcon('chevron')}<span class="label">${choice.label}</span>
          ${choice.hint ? html`<span class="hint">${choice.hint}</span>` : nothing}</li>`)}</ul>
      ${found.length ? nothing : html`<p aria-hidden="true">${say('palette.none')}</p>`}`;
  }

  private input_(): void {
    this.typed = this.input.value;
    this.at = 0;
  }

  private key(event: KeyboardEvent): void {
    const {length} = this.found;
    if (event.isComposing || length === 0) return;
    if (event.key === 'ArrowDown') this.at = (this.at + 1) % length;
    else if (event.key === 'ArrowUp') this.at = (this.at + length - 1) % length;
    else if (event.key === 'Enter') this.pick(this.found[this.at]!);
    else return;
    event.preventDefault();
    void this.updateComplete.then(() => this.renderRoot.querySelector(`#it${this.at}`)?.scrollIntoView({block: 'nearest'}));
  }

  private pick(choice: Choice): void {
    this.dispatchEvent(new CustomEvent('palette-pick', {detail: {key: choice.key}}));
  }
}
