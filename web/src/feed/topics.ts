/* topics.ts - the topic grammar of docs/protocol.md for browsers. Pure. */
import {isKey} from '../ids.js';
import type {Identity, Role} from '../wire.js';

export type Topic =
  | {kind: 'msg' | 'receipt' | 'typing'; room: string; role: Role; who: string}
  | {kind: 'log' | 'desk-log'; room: string}
  | {kind: 'note' | 'here'; room: string; who: string}
  | {kind: 'to' | 'presence'; role: Role; who: string};

const ROLES = new Set<string>(['client', 'staff', 'kiosk', 'service']);

/** A concrete topic of this gym; undefined where it is none that we read. */
export function parseTopic(gym: string, topic: string): Topic | undefined {
  const [start, key, area, ...rest] = topic.split('/');
  if (start !== 'gym' || key !== gym || !rest.every(isKey)) return undefined;
  const [a = '', b = '', c = '', d = ''] = rest;
  const role = c as Role;
  switch (`${area} ${rest.length}`) {
    case 'room 4':
      return (b === 'msg' || b === 'receipt' || b === 'typing') && ROLES.has(c)
        ? {kind: b, room: a, role, who: d}
        : undefined;
    case 'room 2':
      return b === 'log' ? {kind: 'log', room: a} : undefined;
    case 'desk 4':
      return (b === 'note' || b === 'here') && c === 'staff' ? {kind: b, room: a, who: d} : undefined;
    case 'desk 2':
      return b === 'log' ? {kind: 'desk-log', room: a} : undefined;
    case 'to 2':
    case 'presence 2':
      return ROLES.has(a) ? {kind: area as 'to' | 'presence', role: a as Role, who: b} : undefined;
    default:
      return undefined;
  }
}

export function msgTopic(me: Identity, room: string): string {
  return `gym/${me.gym}/room/${room}/msg/${me.role}/${me.sub}`;
}
export function receiptTopic(me: Identity, room: string): string {
  return `gym/${me.gym}/room/${room}/receipt/${me.role}/${me.sub}`;
}
export function typingTopic(me: Identity, room: string): string {
  return `gym/${me.gym}/room/${room}/typing/${me.role}/${me.sub}`;
}
export function noteTopic(me: Identity, room: string): string {
  return `gym/${me.gym}/desk/${room}/note/staff/${me.sub}`;
}
export function hereTopic(me: Identity, room: string): string {
  return `gym/${me.gym}/desk/${room}/here/staff/${me.sub}`;
}
export function presenceTopic(me: Identity): string {
  return `gym/${me.gym}/presence/${me.role}/${me.sub}`;
}

/** What each role listens to: one filter a SUBSCRIBE, none overlapping another. */
export function filtersOf(me: Identity): string[] {
  const own = `gym/${me.gym}/to/${me.role}/${me.sub}`;
  switch (me.role) {
    case 'client':
      return [...me.rooms.map((room) => `gym/${me.gym}/room/${room}/#`), own, `gym/${me.gym}/presence/staff/+`];
    case 'kiosk':
      return [...me.rooms.map((room) => `gym/${me.gym}/room/${room}/#`), own];
    default:
      return [`gym/${me.gym}/room/+/#`, own, `gym/${me.gym}/desk/#`, `gym/${me.gym}/presence/#`];
  }
}
