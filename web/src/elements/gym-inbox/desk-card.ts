/* desk-card.ts - what the desk knows of the person: presence, visits, labels; and what is done rarely, such as marking
 * as unread, far from the button that resolves. */
import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, state} from 'lit/decorators.js';
import {Format} from '../../format.js';
import {hueOf, initials, isKioskRoom} from '../../inbox/inbox-state.js';
import type {InboxRow} from '../../inbox/inbox-state.js';
import {textOf} from '../../text.js';
import type {Say} from '../../text.js';
import {icon} from '../shared/icons.js';
import {basics} from '../shared/tokens.js';
import {deskIcon} from './desk-icons.js';
import {faceStyles} from './face.styles.js';
import {momentOf} from './room-row.js';
import './desk-menu.js';
import type {DeskMenu, MenuItem} from './desk-menu.js';

const LABEL_MAX = 40;
const LABELS_MAX = 20;

/** @fires card-close {CustomEvent<void>}
 *  @fires card-labels {CustomEvent<{labels: string[]}>}
 *  @fires card-assign {CustomEvent<{key: string}>} of the items given.
 *  @fires card-snooze {CustomEvent<{key: string}>} of the items given.
 *  @fires card-unread {CustomEvent<void>} */
@customElement('desk-card')
export class DeskCard extends LitElement {
  @property({attribute: false}) row!: InboxRow;
  @property() name = '';
  @property({type: Boolean}) online = false;
  /** times of check-ins, newest first, of what is loaded */
  @property({attribute: false}) checkins: readonly string[] = [];
  @property({attribute: false}) notes = 0;
  @property() assignee = '';
  /** labels that are used anywhere, to choose from */
  @property({attribute: false}) known: readonly string[] = [];
  @property({attribute: false}) assignItems: readonly MenuItem[] = [];
  @property({attribute: false}) snoozeItems: readonly MenuItem[] = [];
  /** with a close button: over the thread, not beside it */
  @property({type: Boolean}) closable = false;
  /** with the menus that a small screen has no room for in the thread's head */
  @property({type: Boolean}) menus = false;
  @property({attribute: false}) now = 0;
  @property({attribute: false}) say: Say = textOf('es');
  @property({attribute: false}) format = new Format(textOf('es'));
  @state() private typed = '';

  static override styles = [basics, faceStyles, css`
    :host {
      display: block;
      padding: 12px 20px 24px;
      overflow-y: auto;
    }
    header {
      display: flex;
      align-items: center;
      gap: 12px;
      min-height: 48px;
      margin-right: -8px;
    }
    h2 {
      flex: 1;
      font-size: 14px;
      font-weight: 600;
      color: var(--gc-muted);
    }
    .close {
      display: grid;
      place-items: center;
      padding: 0;
    }
    .close:hover {
      background: var(--gc-sunken);
    }
    .person {
      display: flex;
      flex-direction: column;
      align-items: center;
      gap: 8px;
      padding: 8px 0 20px;
      text-align: center;
    }
    .person .face {
      width: 72px;
      height: 72px;
      font-size: 26px;
    }
    .person .face .icon {
      width: 34px;
      height: 34px;
    }
    .person b {
      font-size: 18px;
      line-height: 1.3;
      overflow-wrap: anywhere;
    }
    .status {
      display: inline-flex;
      align-items: center;
      gap: 6px;
      font-size: 14px;
      color: var(--gc-muted);
    }
    .status::before {
      content: '';
      width: 9px;
      height: 9px;
      border-radius: 50%;
      box-shadow: inset 0 0 0 1.5px var(--gc-muted);
    }
    .status[data-online='yes'] {
      color: var(--gc-ok);
    }
    .status[data-online='yes']::before {
      background: var(--gc-ok);
      box-shadow: none;
    }
    dl {
      display: grid;
      grid-template-columns: auto minmax(0, 1fr);
      gap: 8px 16px;
      margin: 0;
      padding: 16px 0;
      border-top: 1px solid var(--gc-line);
      font-size: 14px;
    }
    dt {
      color: var(--gc-muted);
    }
    dd {
      margin: 0;
      text-align: right;
      overflow-wrap: anywhere;
    }
    section {
      padding: 16px 0;
      border-top: 1px solid var(--gc-line);
    }
    h3 {
      margin-bottom: 8px;
      font-size: 14px;
      font-weight: 600;
    }
    .quiet {
      font-size: 14px;
      color: var(--gc-muted);
    }
    .labels {
      display: flex;
      flex-wrap: wrap;
      gap: 8px;
      margin-bottom: 12px;
    }
    .labels li {
      display: inline-flex;
      align-items: center;
      max-width: 100%;
      padding-left: 14px;
      border-radius: 22px;
      background: var(--gc-bubble);
      font-size: 14px;
      overflow-wrap: anywhere;
    }
    .labels button {
      display: grid;
      place-items: center;
      padding: 0;
      border-radius: 22px;
      color: var(--gc-muted);
    }
    .labels button:hover {
      color: var(--gc-text);
    }
    .labels .icon {
      width: 16px;
      height: 16px;
    }
    form {
      display: flex;
      gap: 8px;
    }
    input {
      flex: 1;
      min-width: 0;
      min-height: 44px;
      padding: 0 12px;
      border: 1px solid var(--gc-field);
      border-radius: 12px;
      background: var(--gc-bg);
      font-size: 16px;
    }
    .plain {
      display: flex;
      align-items: center;
      justify-content: center;
      gap: 8px;
      font-size: 14px;
      font-weight: 600;
      box-shadow: inset 0 0 0 1px var(--gc-line);
    }
    .plain:hover {
      background: var(--gc-sunken);
    }
    .plain .icon {
      width: 20px;
      height: 20px;
      color: var(--gc-muted);
    }
    .visits {
      display: flex;
      flex-wrap: wrap;
      gap: 6px;
    }
    .visits li {
      display: inline-flex;
      align-items: center;
      gap: 6px;
      padding: 4px 12px 4px 8px;
      border-radius: 14px;
      box-shadow: inset 0 0 0 1px var(--gc-line);
      font-size: 14px;
      font-variant-numeric: tabular-nums;
    }
    .visits .icon {
      width: 16px;
      height: 16px;
      color: var(--gc-accent-ink);
    }
    .do {
      display: grid;
      gap: 8px;
    }
    @media (forced-colors: active) {
      .labels li {
        border: 1px solid CanvasText;
      }
      .labels button {
        border: 0;
      }
      .status[data-online='yes']::before {
        background: CanvasText;
        forced-color-adjust: none;
      }
    }
  `];

  /** The region's heading takes the focus. */
  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('h2')?.focus();
  }

  /** For the shortcuts, where the thread has no such button. */
  openMenu(which: 'assign' | 'snooze'): void {
    this.renderRoot.querySelector<DeskMenu>(`desk-menu.${which}`)?.show();
  }

  protected override render() {
    const {row, say, format, now} = this;
    const today = this.checkins.filter((at) => format.dayKey(at) === format.dayKey(now));
    const visit = this.checkins[0] ?? row.checkin;
    return html`
      <header><h2 tabindex="-1">${say('card.title')}</h2>${this.closable ? html`<button class="close"
        aria-label=${say('inbox.cardClose')} @click=${() => this.tell('card-close')}>${icon('close')}</button>` : nothing}</header>
      <div class="person">
        <span class="face" aria-hidden="true" data-hue=${hueOf(row.room)}>${
          isKioskRoom(row) ? icon('door') : initials(this.name)}</span>
        <b>${this.name}</b>
        <span class="status" data-online=${this.online ? 'yes' : 'no'}>${say(this.online ? 'inbox.online' : 'inbox.offline')}</span>
      </div>
      <dl>
        <dt>${say('card.assignee')}</dt><dd>${this.assignee || say('inbox.unassigned')}</dd>
        ${isKioskRoom(row) ? nothing : html`<dt>${say('card.lastVisit')}</dt><dd>${
          visit ? momentOf(visit, now, format) : say('card.noVisit')}</dd>`}
        ${row.created_at ? html`<dt>${say('card.since')}</dt><dd>${momentOf(row.created_at, now, format)}</dd>` : nothing}
        <dt>${say('card.id')}</dt><dd>${row.room}</dd>
        ${this.notes ? html`<dt>${say('card.notes')}</dt><dd>${this.notes}</dd>` : nothing}
      </dl>
      ${isKioskRoom(row) ? nothing : html`<section><h3>${say('card.today')}</h3>${today.length
        ? html`<ul class="visits">${today.map((at) => html`<li>${icon('door')}${format.time(at)}</li>`)}</ul>`
        : html`<p class="quiet">${say('card.noToday')}</p>`}</section>`}
      <section><h3>${say('card.labels')}</h3>${this.labels()}</section>
      <section class="do">
        ${this.menus ? html`
          <desk-menu wide class="assign" align="start" picture="assign" .label=${say('inbox.assign')} .items=${this.assignItems}
            @menu-pick=${(e: CustomEvent) => this.tell('card-assign', e.detail)}></desk-menu>
          <desk-menu wide class="snooze" align="start" picture="clock" .label=${say('inbox.snooze')} .items=${this.snoozeItems}
            @menu-pick=${(e: CustomEvent) => this.tell('card-snooze', e.detail)}></desk-menu>` : nothing}
        <button class="plain" @click=${() => this.tell('card-unread')}>${deskIcon('unread')}${say('inbox.markUnread')}</button>
      </section>`;
  }

  private labels() {
    const {say} = this;
    const labels = this.row.labels ?? [];
    return html`
      ${labels.length ? html`<ul class="labels">${labels.map((label) => html`<li>${label}<button
        aria-label=${say('card.labelRemove', {label})} @click=${() => this.takeOut(label)}>${icon('close')}</button></li>`)}</ul>`
        : html`<p class="quiet labels">${say('card.noLabels')}</p>`}
      ${labels.length < LABELS_MAX ? html`<form @submit=${this.add}>
        <input .value=${this.typed} maxlength=${LABEL_MAX} list="known" aria-label=${say('card.labelNew')} autocomplete="off"
          placeholder=${say('card.labelNew')} @input=${(e: Event) => (this.typed = (e.target as HTMLInputElement).value)}>
        <datalist id="known">${this.known.filter((it) => !labels.includes(it)).map((it) => html`<option value=${it}></option>`)}</datalist>
        <button class="plain" aria-label=${say('card.labelAdd')} ?disabled=${this.typed.trim() === ''}>${say('card.add')}</button>
      </form>` : nothing}`;
  }

  private add(event: Event): void {
    event.preventDefault();
    const label = this.typed.trim();
    const labels = this.row.labels ?? [];
    this.typed = '';
    if (label && !labels.includes(label)) this.tell('card-labels', {labels: [...labels, label]});
  }

  private takeOut(label: string): void {
    this.tell('card-labels', {labels: (this.row.labels ?? []).filter((it) => it !== label)});
    this.renderRoot.querySelector<HTMLElement>('input')?.focus();
  }

  private tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, {detail}));
  }
}
