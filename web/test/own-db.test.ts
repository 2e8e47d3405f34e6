import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {DBSchema, IDBPDatabase} from 'idb';
import {OwnDb} from '../src/own-db.js';

test('a database that opens too late is closed again: it must not hold up a log-out', async () => {
  let isClosed = false;
  let opened = (_: unknown): void => {};
  const open = () => new Promise<IDBPDatabase<DBSchema>>((done) => (opened = done as typeof opened));
  const db = new OwnDb<DBSchema>('late', () => {}, {open: open as never, patienceMs: 1});
  await assert.rejects(db.open(), /does not open/);
  assert.equal(isClosed, false);
  opened({close: () => (isClosed = true)});
  await new Promise(setImmediate);
  assert.equal(isClosed, true);
});

test('one that opens in time stays open', async () => {
  let isClosed = false;
  const made = {close: () => (isClosed = true)};
  const db = new OwnDb<DBSchema>('soon', () => {}, {open: (async () => made) as never, patienceMs: 1});
  assert.equal(await db.open(), made);
  await new Promise((next) => setTimeout(next, 5)); // longer than it would have waited
  assert.equal(await db.open(), made);
  assert.equal(isClosed, false);
});
