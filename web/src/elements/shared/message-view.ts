/* message-view.ts - one line of the list: a bubble with its time and state, a check-in, a heading. What can be pressed
 * inside it carries data-do and is no tab stop: the list is one, and Enter leads inside (message-list.ts). */
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
  /** ids of quoted messages that were looked for and are nowhere */
  lost: ReadonlySet<string>;
  canReply: boolean;
}

/** What the person is doing with this line just now. */
export interface LineMood {
  /** the mouse is over it: a way to answer beside the bubble */
  hover: boolean;
  /** Enter or a tap: what can be done, in words below it */
  open: boolean;
  copied: boolean;
}

const QUOTE_MAX = 140;
const REASONS = ['conflict', 'invalid', 'too_large', 'forbidden'];

export function entryView(entry: Entry, next: Entry | undefined, ctx: MessageViewContext, mood: LineMood): TemplateResult {
  switch (entry.type) {
    case 'day':
      return html`<h3 class="day-text">${ctx.format.day(entry.at, ctx.now)}</h3>`;
    case 'unread':
      return html`<h3>${ctx.say.count('list.unread', entry.count)}</h3>`;
    case 'message':
      return isSpoken(entry.item.kind) ? messageView(entry, next, ctx, mood) : eventView(entry.item, ctx);
  }
}

/** Waits for its limit: it says so, and nothing else is wrong. */
export function isLimited(item: Item, now: number): boolean {
  return item.state === 'queued' && item.waitUntil !== undefined && item.waitUntil > now;
}

export function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > QUOTE_MAX ? `${line.slice(0, QUOTE_MAX - 1)}…` : line;
}

function eventView(item: Item, {say, format}: MessageViewContext): TemplateResult {
  const isCheckin = item.kind === 'checkin';
  return html`<span>${icon(isCheckin ? 'door' : 'alert')}${
    isCheckin ? say('list.checkin', {time: format.time(item.sentAt)}) : item.text}</span>`;
}

function messageView(
  entry: Extract<Entry, {type: 'message'}>, next: Entry | undefined, ctx: MessageViewContext, mood: LineMood,
): TemplateResult {
  const {item} = entry;
  const author = item.mine ? ctx.say('app.you') : ctx.nameOf(item);
  const showAuthor = entry.first && !item.mine;
  return html`
    ${showAuthor ? html`<div class="author">${author}</div>` : html`<span class="hidden">${author}</span>`}
    <div class="line"><div class="bubble" part="bubble">${noteMark(item, ctx)}${quote(item, ctx)}${words(item.text)}</div>${
      mood.hover && ctx.canReply && !mood.open && isSettled(item) ? html`<button class="beside" tabindex="-1" data-do="reply"
        aria-label=${ctx.say('list.doReply')} title=${ctx.say('list.doReply')}>${icon('reply')}</button>` : nothing}</div>
    ${item.state === 'rejected' ? refused(item, ctx) : meta(item, isQuiet(entry, next), ctx)}
    ${mood.open && item.state !== 'rejected' ? actions(item, ctx, mood) : nothing}
  `;
}

function words(text: string) {
  return linkParts(text).map((part) => part.href
    ? html`<a href=${part.href} tabindex="-1" target="_blank" rel="noopener noreferrer nofollow">${part.text}</a>` : part.text);
}

/** On its way it has no place in the room yet that a reply could name. */
function isSettled(item: Item): boolean {
  return item.seq !== undefined;
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
  const time = html`<time datetime=${item.at}>${format.time(item.at)}</time>`;
  if (quiet) return html`<span class="hidden">${time} ${item.state ? tick(item, say, format, true) : nothing}</span>`;
  return html`<div class="meta">${time}${item.state ? tick(item, say, format) : nothing}</div>${
    isLimited(item, now) ? html`<div class="limited">${say('state.limited')}</div>` : nothing}`;
}

function refused(item: Item, {say, format}: MessageViewContext): TemplateResult {
  const known = REASONS.includes(item.code ?? '');
  return html`<div class="refused">
    <div>${tick(item, say, format)} · ${say((known ? `reject.${item.code}` : 'reject.other') as TextKey)}</div>
    <div class="actions">${action('edit', 'edit', say('reject.edit'))}${action('discard', 'bin', say('reject.discard'))}</div>
  </div>`;
}

function actions(item: Item, {say, canReply}: MessageViewContext, {copied}: LineMood): TemplateResult {
  const link = linkParts(item.text).find((part) => part.href)?.href;
  return html`<div class="actions" role="group" aria-label=${say('list.actions')}>
    ${canReply && isSettled(item) ? action('reply', 'reply', say('list.doReply')) : nothing}
    ${link ? html`<a class="do" data-do="link" tabindex="-1" href=${link} target="_blank"
      rel="noopener noreferrer nofollow">${icon('link')}${say('list.doLink')}</a>` : nothing}
    ${canCopy() ? action('copy', copied ? 'check' : 'copy', say(copied ? 'list.copied' : 'list.doCopy')) : nothing}
    ${item.mine && item.state === 'queued' ? action('discard', 'bin', say('reject.discard')) : nothing}
  </div>`;
}

function action(what: string, picture: string, label: string): TemplateResult {
  return html`<button class="do" tabindex="-1" data-do=${what}>${icon(picture)}<span>${label}</span></button>`;
}

function canCopy(): boolean {
  return typeof navigator !== 'undefined' && navigator.clipboard !== undefined;
}

/** A reply shows what it answers, and leads there, also where that is further up than what is loaded. */
function quote(item: Item, ctx: MessageViewContext): TemplateResult | typeof nothing {
  if (!item.replyTo) return nothing;
  const quoted = ctx.find(item.replyTo);
  const author = quoted && (quoted.mine ? ctx.say('app.you') : ctx.nameOf(quoted));
  if (!quoted && ctx.lost.has(item.replyTo)) return html`<div class="quote">${ctx.say('list.replyGone')}</div>`;
  const label = author ? ctx.say('list.reply', {author}) : ctx.say('list.replyOld');
  return html`<button class="quote" tabindex="-1" data-do="quoted" data-id=${item.replyTo}>${quoted
    ? html`<span class="hidden">${label}: </span><b aria-hidden="true">${author}</b><span class="quoted">${shorten(quoted.text)}</span>` : html`<b>${label}</b>`}</button>`;
}
