/* desk-choices.ts - what the desk's menus and its palette offer. */
import type {Format} from '../../format.js';
import {SHELVES, TABS} from '../../inbox/filter.js';
import {isKioskRoom, roomName} from '../../inbox/inbox-state.js';
import type {InboxRow} from '../../inbox/inbox-state.js';
import type {Inbox} from '../../inbox/inbox.js';
import type {Choice} from '../../inbox/palette.js';
import {snoozeChoices} from '../../inbox/snooze.js';
import {SHORTCUTS} from '../../inbox/shortcuts.js';
import type {Command} from '../../inbox/shortcuts.js';
import type {Session} from '../../session/session.js';
import type {Say} from '../../text.js';
import type {MenuItem} from './desk-menu.js';
import {momentOf} from './room-row.js';

const ROOMS_MAX = 500;

/** A kiosk's room is called by its place. */
export function nameOfRoom(row: InboxRow, say: Say): string {
  const name = roomName(row);
  return isKioskRoom(row) && name === row.room ? say('inbox.kioskName', {id: row.room.replace(/^kiosk-/, '')}) : name;
}

/** Me first, then whoever is at the desk, then the others that anybody named. */
export function assignItems(inbox: Inbox, session: Session, row: InboxRow, say: Say, now: number): MenuItem[] {
  const me = session.identity.sub;
  const staff = new Set([...inbox.names.keys(), ...session.presence.names.keys()]
    .filter((key) => key.startsWith('staff/')).map((key) => key.slice(6)));
  for (const who of inbox.state.choices.assignees) staff.add(who);
  staff.delete(me);
  const others = [...staff].map((who) => ({
    key: who, label: inbox.nameOf('staff', who) ?? who, online: session.presence.isOnline('staff', who, now),
  })).sort((a, b) => Number(b.online) - Number(a.online) || a.label.localeCompare(b.label));
  return [
    {key: '@me', label: say('inbox.assignMe'), checked: row.assignee === me},
    ...others.map(({key, label, online}) => ({
      key, label, hint: online ? say('inbox.online') : undefined, checked: row.assignee === key,
    })),
    {key: '@none', label: say('inbox.assignNobody'), checked: !row.assignee},
  ];
}

export function snoozeItems(session: Session, say: Say, format: Format, now: number): MenuItem[] {
  const items = snoozeChoices(now, session.me?.gym.time_zone).map(({key, until}) => ({
    key: String(until), label: say(`inbox.snooze.${key}`), hint: momentOf(until, now, format),
  }));
  return [...items, {key: 'choose', label: say('inbox.snoozeChoose')}];
}

/** With a room at hand: what can be done with it; then views, windows, rooms. */
export function paletteChoices(inbox: Inbox, row: InboxRow | undefined, say: Say): Choice[] {
  const keys = new Map<Command, string>(SHORTCUTS);
  const act = (command: Command, label: string): Choice => ({key: command, label, hint: keys.get(command), group: 'do'});
  const isOpen = (row?.status ?? 'open') === 'open';
  const doing = row === undefined ? [] : [
    act('resolve', say(isOpen ? 'inbox.resolve' : 'inbox.reopen')), act('assign', say('help.assign')),
    act('snooze', say('inbox.snooze')), act('unread', say('inbox.markUnread')),
    ...(inbox.open === row.room ? [act('reply', say('help.reply')), act('note', say('help.note'))] : []),
  ];
  const views: Choice[] = [
    ...TABS.map((tab) => ({key: `tab:${tab}`, label: say('palette.goTo', {name: say(`inbox.tab.${tab}`)}), group: 'do' as const})),
    ...SHELVES.map((shelf) => ({key: `shelf:${shelf}`, label: say('palette.goTo', {name: say(`inbox.shelf.${shelf}`)}), group: 'do' as const})),
    act('search', say('help.search')), {key: 'prefs:', label: say('prefs.title'), group: 'do'},
    {key: 'canned:', label: say('prefs.canned'), group: 'do'}, act('help', say('help.title')),
  ];
  const rooms = [...inbox.state.all()].slice(0, ROOMS_MAX).map((it): Choice => ({
    key: `room:${it.room}`, label: nameOfRoom(it, say), also: it.room, group: 'room',
    hint: it.status && it.status !== 'open' ? say(`inbox.shelf.${it.status as 'snoozed' | 'resolved'}`) : undefined,
  }));
  return [...doing, ...rooms.slice(0, 5), ...views, ...rooms.slice(5)];
}
