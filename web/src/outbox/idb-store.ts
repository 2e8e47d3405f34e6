/* idb-store.ts - the outbox in IndexedDB, one database an identity, so that two people at one screen never see each
 * other's and logging out can drop it whole. Written with strict durability: it is there to survive a crash. */
import type {DBSchema} from 'idb';
import {OwnDb} from '../own-db.js';
import type {OutboxEntry, OutboxStore} from './entry.js';

interface Schema extends DBSchema {
  entries: {key: string; value: OutboxEntry};
}

export class IdbStore implements OutboxStore {
  private readonly db: OwnDb<Schema>;

  /** owner: "{gym}.{role}.{sub}" */
  constructor(owner: string) {
    this.db = new OwnDb(`gymchat-outbox.${owner}`, (db) => void db.createObjectStore('entries', {keyPath: 'id'}));
  }

  async all(): Promise<OutboxEntry[]> {
    return (await this.db.open()).getAll('entries');
  }

  async put(entry: OutboxEntry): Promise<void> {
    const tx = (await this.db.open()).transaction('entries', 'readwrite', {durability: 'strict'});
    await Promise.all([tx.store.put(entry), tx.done]);
  }

  async remove(ids: string[]): Promise<void> {
    const tx = (await this.db.open()).transaction('entries', 'readwrite');
    await Promise.all([...ids.map((id) => tx.store.delete(id)), tx.done]);
  }

  destroy(): Promise<void> {
    return this.db.destroy();
  }

  abandon(): void {
    this.db.abandon();
  }
}
