/* parse.ts - bytes of a topic to a feed event. A payload of the wrong shape is nobody's event: the archiver tells its
 * sender, readers drop it. Pure. */
import {isUuid} from '../ids.js';
import {PAYLOAD_MAX, TEXT_MAX} from '../wire.js';
import type {DeskNotice, LiveMessage, LogNotice, Mark, RejectedNote, Role, StoredNote, ToNotice} from '../wire.js';
import type {FeedEvent} from './room-feed.js';
import {parseTopic} from './topics.js';

type Json = Record<string, unknown>;

const utf8 = new TextDecoder('utf-8', {fatal: true});

/** One MQTT publish as an event; undefined where it is none. */
export function parseEvent(gym: string, topic: string, payload: Uint8Array): FeedEvent | undefined {
  const at = parseTopic(gym, topic);
  const json = at && parseObject(payload);
  if (!at || !json) return undefined;
  switch (at.kind) {
    case 'msg':
      return live(json, at.role, at.who, (message) => ({type: 'message', room: at.room, message}));
    case 'note':
      return live(json, 'staff', at.who, (note) => ({type: 'note', room: at.room, note}));
    case 'receipt':
      return {
        type: 'receipt', room: at.room, role: at.role, who: at.who,
        receipt: {delivered: seq(json.delivered), read: seq(json.read), at: text(json.at) ?? ''},
      };
    case 'typing':
      return {type: 'typing', room: at.room, role: at.role, who: at.who, typing: json.typing === true};
    case 'log':
      return {type: 'log', room: at.room, notice: parseNotice(json)};
    case 'desk-log':
      return {type: 'desk-log', room: at.room, notice: parseDesk(json)};
    case 'here':
      return {
        type: 'here', room: at.room, who: at.who,
        viewing: json.viewing === true, replying: json.replying === true,
      };
    case 'to':
      return {type: 'to', notice: parseTo(json)};
    case 'presence':
      return {
        type: 'presence', role: at.role, who: at.who,
        online: json.online === true, conn: text(json.conn) ?? '',
      };
  }
}

function parseObject(payload: Uint8Array): Json | undefined {
  if (payload.length === 0 || payload.length > PAYLOAD_MAX) return undefined;
  try {
    return object(JSON.parse(utf8.decode(payload)));
  } catch {
    return undefined;
  }
}

function live(json: Json, role: Role, sender: string, wrap: (m: LiveMessage) => FeedEvent): FeedEvent | undefined {
  const message = parseMessage(json, role, sender);
  return message && wrap(message);
}

/** An envelope of the right shape (the same rules as the archiver's), or undefined. */
function parseMessage(json: Json, role: Role, sender: string): LiveMessage | undefined {
  const {id, text: body, kind, sent_at: sentAt, reply_to: replyTo} = json;
  if (!isUuid(id) || typeof body !== 'string' || body === '' || codePoints(body) > TEXT_MAX) return undefined;
  if (typeof sentAt !== 'string' || Number.isNaN(Date.parse(sentAt))) return undefined;
  if (kind !== undefined && (typeof kind !== 'string' || !/^[a-z0-9_-]{1,32}$/.test(kind))) return undefined;
  if (replyTo !== undefined && !isUuid(replyTo)) return undefined;
  // only what is named here: a payload must not be able to bring its own seq, name or role
  const message: LiveMessage = {id, text: body, sent_at: sentAt, kind: kind ?? 'text', role, sender};
  if (replyTo !== undefined) message.reply_to = replyTo;
  if (Array.isArray(json.attachments)) message.attachments = json.attachments;
  return message;
}

/** What a person counts: JavaScript's length is UTF-16 units. */
export function codePoints(text: string): number {
  let n = 0;
  for (const _ of text) n++;
  return n;
}

function parseNotice(json: Json): LogNotice {
  const room = object(json.room);
  return {
    last_seq: seq(json.last_seq),
    stored: list(json.stored).filter(isStored),
    rejected: list(json.rejected).filter(isRejected),
    marks: list(json.marks).filter(isMark),
    ...(room ? {room: {status: text(room.status), title: text(room.title)}} : {}),
  };
}

function parseDesk(json: Json): DeskNotice {
  const change: DeskNotice['change'] = {};
  if (typeof json.status === 'string') change.status = json.status;
  if ('assignee' in json) change.assignee = text(json.assignee) ?? null;
  if ('snoozed_until' in json) change.snoozed_until = text(json.snoozed_until) ?? null;
  if (Array.isArray(json.labels)) change.labels = json.labels.filter((l): l is string => typeof l === 'string');
  return {
    note_last_seq: seq(json.note_last_seq),
    stored: list(json.notes).filter(isStored).map((note) => ({...note, role: 'staff'})),
    rejected: list(json.rejected).filter(isRejected),
    change,
  };
}

function parseTo(json: Json): ToNotice {
  return {
    stored: list(json.stored).filter((s): s is ToNotice['stored'][number] => isUuid((s as Json).id)),
    rejected: list(json.rejected).filter(isRejected),
  };
}

function isStored(item: unknown): item is StoredNote {
  const it = item as StoredNote;
  return isUuid(it.id) && seq(it.seq) !== undefined;
}
function isRejected(item: unknown): item is RejectedNote {
  const it = item as RejectedNote;
  return (it.id === null || isUuid(it.id)) && typeof it.code === 'string';
}
function isMark(item: unknown): item is Mark {
  const it = item as Mark;
  return typeof it.who === 'string' && seq(it.delivered) !== undefined && seq(it.read) !== undefined;
}

function object(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}
function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value.filter((v) => object(v) !== undefined) : [];
}
function seq(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
