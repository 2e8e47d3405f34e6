/* own-db.ts - an IndexedDB database of one identity with one store: opened when it is needed, let go when another tab
 * logs out, dropped whole. */
import {deleteDB, openDB} from 'idb';
import type {DBSchema, IDBPDatabase} from 'idb';

const OPEN_TIMEOUT_MS = 8000; // some private modes neither open nor fail

export class OwnDb<S extends DBSchema> {
  private db: Promise<IDBPDatabase<S>> | undefined;
  private over = false;

  /** create: makes the store. */
  constructor(
    private readonly name: string,
    private readonly create: (db: IDBPDatabase<S>) => void,
    private readonly how = {open: openDB<S>, patienceMs: OPEN_TIMEOUT_MS},
  ) {}

  open(): Promise<IDBPDatabase<S>> {
    if (this.over) return Promise.reject(new Error('the database was dropped'));
    this.db ??= inTime(this.how.open(this.name, 1, {
      upgrade: (db) => this.create(db),
      blocking: () => this.close(), // another tab logs out
      terminated: () => (this.db = undefined),
    }), this.how.patienceMs);
    this.db.catch(() => (this.db = undefined));
    return this.db;
  }

  /** Drops it. Whoever was just writing does not make it again. */
  async destroy(): Promise<void> {
    this.over = true;
    const db = await this.db?.catch(() => undefined);
    db?.close();
    this.db = undefined;
    await deleteDB(this.name);
  }

  /** Another tab drops it, or has: not made again from here, nor dropped once more. */
  abandon(): void {
    this.over = true;
    this.close();
  }

  private close(): void {
    void this.db?.then((db) => db.close()).catch(() => {});
    this.db = undefined;
  }
}

/** The database, if it opens in time; one that opens later is closed again, lest it stands in the way of a log-out. */
function inTime<D extends {close(): void}>(opening: Promise<D>, ms: number): Promise<D> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error('IndexedDB does not open'));
      opening.then((db) => db.close(), () => {});
    }, ms);
    opening.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
