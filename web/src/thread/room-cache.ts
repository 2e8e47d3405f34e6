/* room-cache.ts - the newest messages of a room as they were last seen here, for a page that opens before (or without)
 * an answer. Only ever shown until the archive speaks; nothing is decided by it. One database an identity, dropped whole
 * at log-out. Whatever goes wrong with it is nobody's business: it is a comfort. */
import type {DBSchema} from 'idb';
import {OwnDb} from '../own-db.js';
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
  private readonly db: OwnDb<Schema>;
  private over = false;

  /** owner: "{gym}.{role}.{sub}" */
  constructor(owner: string, private readonly now: () => number = Date.now) {
    this.db = new OwnDb(`gymchat-cache.${owner}`, (db) => void db.createObjectStore('rooms', {keyPath: 'room'}));
  }

  async recall(room: string): Promise<MessagePage | undefined> {
    try {
      const kept = await (await this.db.open()).get('rooms', room);
      return kept && this.now() - kept.keptAt < KEEP_MS ? kept.page : undefined;
    } catch {
      return undefined;
    }
  }

  async keep(room: string, page: MessagePage): Promise<void> {
    if (this.over) return;
    try {
      await (await this.db.open()).put('rooms', {room, keptAt: this.now(), page});
    } catch {
      // private mode, or full
    }
  }

  async destroy(): Promise<void> {
    this.over = true;
    await this.db.destroy().catch(() => {});
  }
}
