/* inbox-parts.ts - pieces of the desk as functions of what they show: rail, tabs, what stands above and below the list. */
import {html, nothing} from 'lit';
import type {TemplateResult} from 'lit';
import type {Format} from '../../format.js';
import type {Changes} from '../../inbox/catch-up.js';
import type {Hit} from '../../inbox/desk-api.js';
import {SHELVES, TABS} from '../../inbox/filter.js';
import type {Filter, Shelf, Tab} from '../../inbox/filter.js';
import {hueOf, initials} from '../../inbox/inbox-state.js';
import type {InboxRow} from '../../inbox/inbox-state.js';
import type {Say, TextKey} from '../../text.js';
import type {RoomsPage} from '../../wire.js';
import {icon} from '../shared/icons.js';
import {deskIcon} from './desk-icons.js';
import {momentOf} from './room-row.js';

export interface Words {
  say: Say;
  format: Format;
  now: number;
}

const SHELF_ICONS: Record<Shelf, TemplateResult> = {open: icon('inbox'), snoozed: deskIcon('clock'), resolved: deskIcon('done')};

/** Which tray, and the two small windows. */
export function rail(
  {say}: Words, title: string, filter: Filter, me: {name: string; sub: string},
  on: {shelf: (shelf: Shelf) => void; prefs: () => void; help: () => void},
): TemplateResult {
  return html`<nav class="rail" data-region="rail" aria-label=${say('inbox.shelves')}><h1 class="hidden">${title}</h1>
    <div class="logo" aria-hidden="true">${icon('chat')}</div>
    <ul>${SHELVES.map((shelf) => html`<li><button class="shelf" aria-current=${shelf === filter.shelf ? 'page' : nothing}
      @click=${() => on.shelf(shelf)}>${SHELF_ICONS[shelf]}<span>${say(`inbox.shelf.${shelf}`)}</span></button></li>`)}</ul>
    <span class="gap"></span>
    <button class="tool help" aria-label=${say('help.title')} title=${say('help.title')} @click=${on.help}>${deskIcon('keyboard')}</button>
    <button class="tool" aria-label=${say('prefs.title')} title=${say('prefs.title')} @click=${on.prefs}>${deskIcon('gear')}</button>
    <span class="face me" role="img" aria-label=${me.name} title=${me.name} data-hue=${hueOf(me.sub)}>${initials(me.name)}</span>
  </nav>`;
}

export function tabs(
  {say}: Words, filter: Filter, counts: RoomsPage['counts'], pick: (tab: Tab) => void,
): TemplateResult {
  const counted = filter.shelf === 'open' ? counts : undefined; // the API counts open rooms
  const key = (event: KeyboardEvent): void => {
    const by = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const next = TABS[(TABS.indexOf(filter.tab) + by + TABS.length) % TABS.length]!;
    pick(next);
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-tab=${next}]`)?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label=${say('inbox.tabs')} @keydown=${key}>${TABS.map((tab) => html`
    <button role="tab" id=${`tab-${tab}`} data-tab=${tab} aria-selected=${String(tab === filter.tab)} aria-controls="tabpanel"
      tabindex=${tab === filter.tab ? 0 : -1} @click=${() => pick(tab)}>${say(`inbox.tab.${tab}`)}${
      counted?.[tab] === undefined ? nothing : html`<span class="n" aria-hidden="true">${short(counted[tab]!)}</span><span class="hidden">${
        say.count('inbox.tabCount', counted[tab]!)}</span>`}</button>`)}</div>`;
}

function short(n: number): string {
  return n > 9999 ? '9999+' : String(n);
}

/** "53 cambios mientras no estabas": the list waits until the person wants it. */
export function summary(
  {say}: Words, changes: {why: 'away' | 'offline'; what: Changes} | undefined, held: number, accept: () => void,
): TemplateResult {
  const title = changes ? say.count(changes.why === 'away' ? 'inbox.away' : 'inbox.cut', changes.what.total)
    : held > 0 ? say.count('inbox.held', held) : '';
  const parts = changes ? (['fresh', 'messages', 'mine', 'answered', 'closed'] as const)
    .filter((key) => changes.what[key] > 0).map((key) => say.count(`inbox.sum.${key}`, changes.what[key])) : [];
  return html`<div role="status" class=${title ? 'summary' : 'hidden'} ?data-quiet=${!changes}>${title ? html`
    <div class="words"><b>${title}</b>${parts.length ? html`<span>${parts.join(' · ')}</span>` : nothing}</div>
    <button @click=${accept}>${deskIcon('refresh')}${say('inbox.show')}</button>` : nothing}</div>`;
}

/** Who stands at the door while a message of theirs waits. */
export function doorstep(
  {say}: Words, rows: readonly InboxRow[], nameOf: (row: InboxRow) => string, open: (room: string) => void,
): TemplateResult {
  return html`<div role="status" class=${rows.length ? 'doorstep' : 'hidden'}>${rows.slice(0, 3).map((row) => html`
    <div class="guest">${icon('door')}<div class="words"><b>${say('inbox.atDoorAsks', {name: nameOf(row)})}</b>${
      row.asked ? html`<span>${row.asked.text}</span>` : nothing}</div>
      <button @click=${() => open(row.room)} aria-label=${`${say('inbox.open')}: ${nameOf(row)}`}>${say('inbox.open')}</button></div>`)}</div>`;
}

export function skeleton(): TemplateResult {
  return html`<div class="bones" aria-hidden="true">${[1, 2, 3, 4, 5, 6].map(() =>
    html`<div class="bone"><i></i><div><b></b><b></b><b></b></div></div>`)}</div>`;
}

export function blank(picture: TemplateResult, title: string, hint = '', more: unknown = nothing): TemplateResult {
  return html`<div class="blank"><span class="disc" aria-hidden="true">${picture}</span><b>${title}</b>${
    hint ? html`<p>${hint}</p>` : nothing}${more}</div>`;
}

export interface Hits {
  words: string;
  list: Hit[] | undefined; // undefined: on their way
  failed: boolean;
}

/** What the archive found in messages; below the rooms whose name fits. */
export function hitList(
  {say, format, now}: Words, hits: Hits, nameOf: (hit: Hit) => string, open: (hit: Hit) => void,
): TemplateResult {
  return html`<section class="hits" aria-labelledby="hits">
    <h3 id="hits">${say('inbox.hits')}</h3>
    ${hits.failed ? html`<p role="status">${say('inbox.failed')}</p>`
      : !hits.list ? html`<p>${say('app.loading')}</p>`
        : hits.list.length === 0 ? html`<p role="status">${say('inbox.noHits')}</p>`
          : html`<ul>${hits.list.map((hit) => html`<li><button @click=${() => open(hit)}>
              <span class="name">${nameOf(hit)}</span><span class="when">${momentOf(hit.message.stored_at, now, format)}</span>
              <span class="words">${hit.snippet.map((part) => (part.match ? html`<mark>${part.text}</mark>` : part.text))}</span>
            </button></li>`)}</ul>`}
  </section>`;
}

export interface Toast {
  words: string;
  undo?: () => void;
  isProblem?: boolean;
}

export function toastView({say}: Words, toast: Toast | undefined, undo: () => void, close: () => void): TemplateResult {
  return html`<div class="toasts" role="status">${toast ? html`<div class="toast" ?data-problem=${toast.isProblem}>
    ${toast.isProblem ? icon('alert') : icon('check')}<span>${toast.words}</span>
    ${toast.undo ? html`<button @click=${undo}>${say('inbox.undo')}</button>` : nothing}
    <button class="x" aria-label=${say('app.close')} @click=${close}>${icon('close')}</button></div>` : nothing}</div>`;
}

export function shelfTitle(say: Say, shelf: Shelf): string {
  return say(`inbox.shelf.${shelf}` as TextKey);
}
