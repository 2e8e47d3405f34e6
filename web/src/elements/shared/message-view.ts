/* message-view.ts - one line of the list: a bubble with its time and state, a check-in, a heading. */
import {html, nothing} from 'lit';
import type {TemplateResult} from 'lit';
import type {Format} from '../../format.js';
import type {Say, TextKey} from '../../text.js';
import {isSpoken} from '../../thread/items.js';
import type {Entry, Item} from '../../thread/items.js';
import {icon} from './icons.js';
import {linkParts} from './links.js';
import {tick} from './ticks.js';

export interface MessageViewContext {
  say: Say;
  format: Format;
  now: number;
  nameOf: (item: Item) => string;
  /** the quoted message, where it is loaded */
  find: (id: string) => Item | undefined;
}

export function entryView(entry: Entry, next: Entry | undefined, ctx: MessageViewContext): TemplateResult {
  switch (entry.type) {
    case 'day':
      return html`<h3 class="day-text">${ctx.format.day(entry.at, ctx.now)}</h3>`;
    case 'unread':
      return html`<h3>${ctx.say.count('list.unread', entry.count)}</h3>`;
    case 'message':
      return isSpoken(entry.item.kind) ? messageView(entry, next, ctx) : eventView(entry.item, ctx);
  }
}

function eventView(item: Item, {say, format}: MessageViewContext): TemplateResult {
  const isCheckin = item.kind === 'checkin';
  return html`<span>${icon(isCheckin ? 'door' : 'alert')}${
    isCheckin ? say('list.checkin', {time: format.time(item.sentAt)}) : item.text}</span>`;
}

function messageView(
  entry: Extract<Entry, {type: 'message'}>, next: Entry | undefined, ctx: MessageViewContext,
): TemplateResult {
  const {item} = entry;
  const {say} = ctx;
  const author = item.mine ? say('app.you') : ctx.nameOf(item);
  const showAuthor = entry.first && !item.mine;
  return html`
    ${showAuthor ? html`<div class="author">${author}</div>` : html`<span class="hidden">${author}</span>`}
    <div class="bubble" part="bubble">${noteMark(item, ctx)}${quote(item, ctx)}${linkParts(item.text).map((part) => part.href
      ? html`<a href=${part.href} target="_blank" rel="noopener noreferrer nofollow">${part.text}</a>` : part.text)}</div>
    ${item.state === 'rejected' ? refused(item, ctx) : meta(item, isQuiet(entry, next), ctx)}
  `;
}

/** An internal note says so in words: its colour alone would not do. */
function noteMark(item: Item, {say}: MessageViewContext): TemplateResult | typeof nothing {
  return item.kind === 'note' ? html`<span class="mark">${icon('lock')}${say('desk.note')}</span>` : nothing;
}

/** The next line of the group says the same: its words are enough for both. */
function isQuiet(entry: Extract<Entry, {type: 'message'}>, next: Entry | undefined): boolean {
  return !entry.last && next?.type === 'message' && next.item.state === entry.item.state &&
    next.item.waitUntil === entry.item.waitUntil;
}

function meta(item: Item, quiet: boolean, {say, format, now}: MessageViewContext): TemplateResult {
  const limited = item.waitUntil !== undefined && item.waitUntil > now;
  const time = html`<time datetime=${item.at}>${format.time(item.at)}</time>`;
  if (quiet) return html`<span class="hidden">${time} ${item.state ? tick(item, say, format, true) : nothing}</span>`;
  return html`<div class="meta">${time}${item.state ? tick(item, say, format) : nothing}${
    limited ? html`<span>${say('state.limited')}</span>` : nothing}</div>`;
}

function refused(item: Item, {say, format}: MessageViewContext): TemplateResult {
  const key = `reject.${item.code}`;
  const known = ['conflict', 'invalid', 'too_large', 'forbidden'].includes(item.code ?? '');
  return html`<div class="refused">
    <div>${tick(item, say, format, true)} ${say((known ? key : 'reject.other') as TextKey)}</div>
    <button data-do="edit" data-id=${item.id}>${say('reject.edit')}</button>
    <button data-do="discard" data-id=${item.id}>${say('reject.discard')}</button>
  </div>`;
}

function quote(item: Item, ctx: MessageViewContext): TemplateResult | typeof nothing {
  const quoted = item.replyTo ? ctx.find(item.replyTo) : undefined;
  if (!quoted) return nothing;
  const author = quoted.mine ? ctx.say('app.you') : ctx.nameOf(quoted);
  const short = quoted.text.length > 140 ? `${quoted.text.slice(0, 139)}…` : quoted.text;
  return html`<span class="quote"><b>${author}</b><span class="hidden">${
    ctx.say('list.reply', {author})}: </span>${short}</span>`;
}
