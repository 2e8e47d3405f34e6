/* wire.ts - what travels over MQTT and HTTP: the shapes of docs/protocol.md. No behaviour but the words. */

export type Role = 'client' | 'staff' | 'kiosk' | 'service';
/** Client and staff are the two sides; kiosks and services are on neither. */
export type Side = 'client' | 'staff' | 'none';

export const TEXT_MAX = 4000; // code points
export const PAYLOAD_MAX = 16384; // bytes

export function sideOf(role: Role): Side {
  return role === 'client' || role === 'staff' ? role : 'none';
}

/** What a sender publishes to `msg/{role}/{sender}`; the archive keeps unknown fields as they came. */
export interface Envelope {
  id: string;
  kind: string;
  text: string;
  sent_at: string;
  reply_to?: string;
  attachments?: unknown[];
}

/** A message that was seen live: sender and role come from the topic, which the broker vouches for. */
export interface LiveMessage extends Envelope {
  role: Role;
  sender: string;
}

/** A message as the API tells it. */
export interface StoredMessage extends LiveMessage {
  seq: number;
  name?: string | null;
  stored_at: string;
  delivered_at?: string | null;
  read_at?: string | null;
}

export interface Mark {
  role: Role;
  who: string;
  delivered: number;
  read: number;
  /** in log notices: when the last advance happened */
  at?: string | null;
  delivered_at?: string | null;
  read_at?: string | null;
}

export interface Receipt {
  delivered?: number;
  read?: number;
  at: string;
}

export interface StoredNote {
  id: string;
  seq: number;
  role: Role;
  sender: string;
  stored_at: string;
}

export interface RejectedNote {
  id: string | null;
  role?: Role;
  sender?: string;
  room?: string;
  code: string;
  detail?: string;
  retry_after_ms?: number;
}

/** `room/{room}/log`: what the archiver says after a commit; every list may be missing. */
export interface LogNotice {
  last_seq?: number;
  stored: StoredNote[];
  rejected: RejectedNote[];
  marks: Mark[];
  room?: {status?: string; title?: string | null};
}

/** `desk/{room}/log`: notes that were stored or rejected, and what changed about the room for the desk. */
export interface DeskNotice {
  note_last_seq?: number;
  stored: StoredNote[]; // the notice calls them notes; their role is staff
  rejected: RejectedNote[];
  change: {status?: string; snoozed_until?: string | null; assignee?: string | null; labels?: string[]};
}

/** `to/{role}/{who}`: for one identity alone. */
export interface ToNotice {
  stored: {id: string; room: string; seq: number; first_name?: string}[];
  rejected: RejectedNote[];
}

export interface RoomInfo {
  room: string;
  title?: string | null;
  kind?: string;
  status?: string;
  snoozed_until?: string | null;
  assignee?: string | null;
  labels?: string[];
  last_seq: number;
  note_last_seq?: number;
  unread?: number;
  /** the mark of this reader's side that `unread` is counted from */
  read?: number;
  waiting_since?: string | null;
  last_message?: StoredMessage | null;
  last_message_at?: string | null;
  created_at?: string;
  people?: {role: Role; who: string; name?: string | null}[];
}

export interface MessagePage {
  messages: StoredMessage[];
  marks: Mark[];
  last_seq: number;
  room?: RoomInfo;
}

export interface RoomsPage {
  rooms: RoomInfo[];
  next?: string | null;
  prev?: string | null;
  /** of the open rooms; unread: rooms, not messages */
  counts?: {mine?: number; unassigned?: number; all?: number; waiting?: number; unread?: number};
}

export interface Gym {
  key: string;
  name?: string;
  time_zone?: string;
  locale?: string;
  hours?: Record<string, [string, string][]>;
  settings?: Record<string, unknown>;
}

/** `GET /v1/me`; without the database the gym has only its key. */
export interface Me {
  gym: Gym;
  role: Role;
  sub: string;
  name?: string;
  rooms: string[];
  username: string;
  client_id_prefix: string;
  mqtt_url: string;
  expires_at: string;
  archive?: 'ok' | 'unavailable';
  response_time?: {median_s: number; p90_s: number; n: number} | null;
}

/** Who a page speaks as: what the token says, needed before `/v1/me` has answered. */
export interface Identity {
  gym: string;
  role: Role;
  sub: string;
  name?: string;
  rooms: string[];
}

/** One person of one gym in one word: the MQTT user name, and whose all is that is kept on the device. */
export function ownerOf({gym, role, sub}: Pick<Identity, 'gym' | 'role' | 'sub'>): string {
  return `${gym}.${role}.${sub}`;
}
