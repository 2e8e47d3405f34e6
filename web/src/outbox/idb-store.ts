/* idb-store.ts - the outbox in IndexedDB, one database an identity, so that two people at one screen never see each
 * other's and logging out can drop it whole. Written with strict durability: it is there to survive a crash. */
import {deleteDB, openDB} from 'idb';
import type {DBSchema, IDBPDatabase} from 'idb';
import type {OutboxEntry, OutboxStore} from './entry.js';

interface Schema extends DBSchema {
  entries: {key: string; value: OutboxEntry};
}

const OPEN_TIMEOUT_MS = 4000; // some private modes neither open nor fail

export class IdbStore implements OutboxStore {
  private db: Promise<IDBPDatabase<Schema>> | undefined;

  /** owner: "{gym}.{role}.{sub}" */
  constructor(private readonly owner: string) {}

  async all(): Promise<OutboxEntry[]> {
    return (await this.open()).getAll('entries');
  }

  async put(entry: OutboxEntry): Promise<void> {
    const tx = (await this.open()).transaction('entries', 'readwrite', {durability: 'strict'});
    await Promise.all([tx.store.put(entry), tx.done]);
  }

  async remove(ids: string[]): Promise<void> {
    const tx = (await this.open()).transaction('entries', 'readwrite');
    await Promise.all([...ids.map((id) => tx.store.delete(id)), tx.done]);
  }

  async destroy(): Promise<void> {
    const db = await this.db?.catch(() => undefined);
    db?.close();
    this.db = undefined;
    await deleteDB(this.name);
  }

  private get name(): string {
    return `gymchat-outbox.${this.owner}`;
  }

  private open(): Promise<IDBPDatabase<Schema>> {
    this.db ??= withTimeout(openDB<Schema>(this.name, 1, {
      upgrade: (db) => void db.createObjectStore('entries', {keyPath: 'id'}),
      blocking: () => this.close(), // another tab logs out
      terminated: () => (this.db = undefined),
    }));
    this.db.catch(() => (this.db = undefined));
    return this.db;
  }

  private close(): void {
    void this.db?.then((db) => db.close()).catch(() => {});
    this.db = undefined;
  }
}

function withTimeout<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('IndexedDB does not open')), OPEN_TIMEOUT_MS);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
