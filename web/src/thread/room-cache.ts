/* room-cache.ts - the newest messages of a room as they were last seen here, for a page that opens before (or without)
 * an answer. Only ever shown until the archive speaks; nothing is decided by it. One database an identity, dropped whole
 * at log-out. Whatever goes wrong with it is nobody's business: it is a comfort. */
import {deleteDB, openDB} from 'idb';
import type {DBSchema, IDBPDatabase} from 'idb';
import type {MessagePage} from '../wire.js';

export interface RoomCache {
  /** What was kept of a room; undefined: nothing, or too old to be of use. */
  recall(room: string): Promise<MessagePage | undefined>;
  keep(room: string, page: MessagePage): Promise<void>;
  /** Forgets everything and keeps nothing any more. */
  destroy(): Promise<void>;
}

interface Schema extends DBSchema {
  rooms: {key: string; value: {room: string; keptAt: number; page: MessagePage}};
}

const KEEP_MS = 30 * 86400000;

export class IdbRoomCache implements RoomCache {
  private db: Promise<IDBPDatabase<Schema>> | undefined;
  private over = false;

  /** owner: "{gym}.{role}.{sub}" */
  constructor(private readonly owner: string, private readonly now: () => number = Date.now) {}

  async recall(room: string): Promise<MessagePage | undefined> {
    try {
      const kept = await (await this.open()).get('rooms', room);
      return kept && this.now() - kept.keptAt < KEEP_MS ? kept.page : undefined;
    } catch {
      return undefined;
    }
  }

  async keep(room: string, page: MessagePage): Promise<void> {
    if (this.over) return;
    try {
      await (await this.open()).put('rooms', {room, keptAt: this.now(), page});
    } catch {
      // private mode, or full
    }
  }

  async destroy(): Promise<void> {
    this.over = true;
    const db = await this.db?.catch(() => undefined);
    db?.close();
    this.db = undefined;
    await deleteDB(this.name).catch(() => {});
  }

  private get name(): string {
    return `gymchat-cache.${this.owner}`;
  }

  private open(): Promise<IDBPDatabase<Schema>> {
    this.db ??= openDB<Schema>(this.name, 1, {
      upgrade: (db) => void db.createObjectStore('rooms', {keyPath: 'room'}),
      blocking: () => this.close(), // another tab logs out
      terminated: () => (this.db = undefined),
    });
    this.db.catch(() => (this.db = undefined));
    return this.db;
  }

  private close(): void {
    void this.db?.then((db) => db.close()).catch(() => {});
    this.db = undefined;
  }
}
