/* room-row.ts - one room in the list. */
import {html, nothing} from 'lit';
import type {TemplateResult} from 'lit';
import type {Format} from '../../format.js';
import type {InboxRow} from '../../inbox/inbox-state.js';
import type {Say} from '../../text.js';
import {icon} from '../shared/icons.js';

export interface RowContext {
  say: Say;
  format: Format;
  now: number;
  me: string;
  unread: number;
  isOpen: boolean;
  isOnline: boolean;
  open: () => void;
}

/** What the desk calls a room: its title, its client's name, else its key. */
export function roomName(row: InboxRow): string {
  if (row.title) return row.title;
  const person = row.people?.find((p) => p.role === 'client' && p.name);
  if (person?.name) return person.name;
  const last = row.last_message;
  return (last?.role === 'client' && last.name) || row.room;
}

export function roomRow(row: InboxRow, ctx: RowContext): TemplateResult {
  const {say, format, now} = ctx;
  const name = roomName(row);
  const isKiosk = row.kind === 'kiosk' || row.room.startsWith('kiosk-');
  const when = row.preview?.stored_at ?? row.preview?.sent_at ?? row.last_message_at;
  return html`
    <button class="row" aria-current=${ctx.isOpen ? 'true' : 'false'} ?data-unread=${ctx.unread > 0} @click=${ctx.open}
      data-room=${row.room}>
      <span class="face" aria-hidden="true">${isKiosk ? icon('door') : initials(name)}${
        ctx.isOnline ? html`<span class="on"></span>` : nothing}</span>
      <span class="name">${name}${ctx.isOnline ? html`<span class="hidden">, ${say('inbox.online')}</span>` : nothing}</span>
      <span class="when">${when ? format.short(when, now) : nothing}</span>
      <span class="preview">${preview(row, ctx)}</span>
      ${ctx.unread > 0 ? html`<span class="count"><span aria-hidden="true">${ctx.unread > 99 ? '99+' : ctx.unread}</span
        ><span class="hidden">${say.count('inbox.unread', ctx.unread)}</span></span>` : html`<span></span>`}
      ${row.waiting_since ? html`<span class="waiting">${
        say('inbox.waiting', {duration: format.duration(now - Date.parse(row.waiting_since))})}</span>` : nothing}
    </button>`;
}

function preview(row: InboxRow, {say, format, me}: RowContext) {
  const last = row.preview;
  if (!last) return nothing;
  if (last.kind === 'checkin') {
    return html`${icon('door')}<span>${say('inbox.checkin', {time: format.time(last.sent_at)})}</span>`;
  }
  const mine = last.role === 'staff' && last.sender === me;
  return html`<span>${mine ? say('inbox.youPrefix', {text: last.text}) : last.text}</span>`;
}

function initials(name: string): string {
  const words = name.trim().split(/[\s_-]+/).filter(Boolean);
  return words.slice(0, 2).map((w) => [...w][0]!.toUpperCase()).join('') || '?';
}
