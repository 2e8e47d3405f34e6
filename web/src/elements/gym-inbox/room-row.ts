/* room-row.ts - one room in the list: who, what they said last, how long they wait, whose it is. Pictures and colours
 * only repeat what words say. */
import {html, nothing} from 'lit';
import type {TemplateResult} from 'lit';
import type {Format} from '../../format.js';
import {colleaguesDo} from '../../inbox/colleagues.js';
import {hueOf, initials, isKioskRoom} from '../../inbox/inbox-state.js';
import type {InboxRow, Said} from '../../inbox/inbox-state.js';
import type {Say} from '../../text.js';
import {icon} from '../shared/icons.js';
import {deskIcon} from './desk-icons.js';

export interface RowFacts {
  name: string;
  unread: number;
  isFlagged: boolean;
  isOnline: boolean;
  /** just came through the door while a message of theirs waits */
  isLit: boolean;
  /** whose it is: "" nobody's */
  assignee: string;
  isMine: boolean;
  /** colleagues who look at it now */
  viewers: readonly string[];
  draft: string;
  now: number;
}

export interface RowWords {
  say: Say;
  format: Format;
  me: string;
}

const LONG_MIN = 15;
const SOON_MIN = 5;

export function roomRow(row: InboxRow, facts: RowFacts, words: RowWords): TemplateResult {
  const {say, format} = words;
  const isKiosk = isKioskRoom(row);
  const when = row.preview?.stored_at ?? row.preview?.sent_at ?? row.last_message_at;
  return html`
    <span class="face" aria-hidden="true" data-hue=${hueOf(row.room)}>${isKiosk ? icon('door') : initials(facts.name)}${
      facts.isOnline ? html`<span class="on"></span>` : nothing}</span>
    <span class="body">
      <span class="line"><span class="name">${facts.name}</span><span class="when">${
        when ? format.short(when, facts.now) : nothing}</span></span>
      <span class="line preview">${facts.isLit ? html`<span class="door">${icon('door')}${say('inbox.atDoor')}</span>` : nothing}${
        preview(row, facts, words)}${unread(facts, say)}</span>
      <span class="line facts">
        ${waiting(row, facts, words)}
        ${facts.viewers.length ? html`<span class="fact seen">${deskIcon('eye')}<span class="words" aria-hidden="true">${
          facts.viewers[0]!.split(' ')[0]}</span><span class="hidden">${colleaguesDo(say, 'viewing', facts.viewers)}</span></span>` : nothing}
        ${facts.assignee ? html`<span class="fact" ?data-mine=${facts.isMine}>${icon('person')}<span class="words" aria-hidden="true">${
          facts.assignee.split(' ')[0]}</span><span class="hidden">${say('inbox.assigned', {name: facts.assignee})}</span></span>` : nothing}
        <span class="fact presence" data-online=${facts.isOnline ? 'yes' : 'no'}><span class="words">${
          say(facts.isOnline ? 'inbox.online' : 'inbox.offline')}</span></span>
        <span class="hidden">${say(isKiosk ? 'inbox.kind.kiosk' : 'inbox.kind.support')}</span>
      </span>
    </span>`;
}

function unread({unread: n, isFlagged}: RowFacts, say: Say): TemplateResult | typeof nothing {
  if (n === 0) return nothing;
  const isReminder = isFlagged && n <= 1;
  return html`<span class="count"><span aria-hidden="true">${isReminder ? '•' : n > 99 ? '99+' : n}</span><span class="hidden">${
    isReminder ? say('inbox.flagged') : say.count('inbox.unread', n)}</span></span>`;
}

function waiting(row: InboxRow, {now}: RowFacts, {say, format}: RowWords): TemplateResult | typeof nothing {
  if (row.status === 'snoozed' && row.snoozed_until) {
    return html`<span class="fact">${deskIcon('clock')}${
      say('inbox.snoozedUntil', {time: momentOf(row.snoozed_until, now, format)})}</span>`;
  }
  if (!row.waiting_since) return nothing;
  const ms = Math.max(0, now - Date.parse(row.waiting_since));
  const minutes = ms / 60000;
  const level = minutes >= LONG_MIN ? 'long' : minutes >= SOON_MIN ? 'soon' : 'new';
  return html`<span class="fact waiting" data-level=${level}>${
    minutes < 1 ? say('inbox.waitingNow') : say('inbox.waiting', {duration: format.duration(ms)})}</span>`;
}

/** "10:41" of today, "24 nov, 09:00" of another day */
export function momentOf(at: string | number, now: number, format: Format): string {
  const time = format.time(at);
  return format.dayKey(at) === format.dayKey(now) ? time : `${format.short(at, now)}, ${time}`;
}

function preview(row: InboxRow, facts: RowFacts, {say, format, me}: RowWords): TemplateResult | typeof nothing {
  if (facts.draft) return html`<span class="words draft">${say('inbox.draftPrefix', {text: facts.draft})}</span>`;
  const said: Said | undefined = row.preview?.kind === 'checkin' && row.asked ? row.asked : row.preview;
  if (!said) return html`<span class="words">${say('inbox.noMessages')}</span>`;
  if (said.kind === 'checkin') {
    return html`${icon('door')}<span class="words">${say('inbox.checkin', {time: format.time(said.sent_at)})}</span>`;
  }
  const mine = said.role === 'staff' && said.sender === me;
  return html`<span class="words">${mine ? say('inbox.youPrefix', {text: said.text}) : said.text}</span>`;
}
