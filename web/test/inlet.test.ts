import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Inlet} from '../src/feed/inlet.js';

function work(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

test('what comes alone is handed on at once', () => {
  const taken: number[] = [];
  const inlet = new Inlet<number>((n) => taken.push(n));
  for (const n of [1, 2, 3]) inlet.push(n);
  assert.deepEqual(taken, [1, 2, 3]);
});

test('a burst is handed on in slices, in order, also what comes meanwhile', async () => {
  const taken: number[] = [];
  const inlet = new Inlet<number>((n) => {
    work(1);
    taken.push(n);
  });
  for (let n = 0; n < 50; n++) inlet.push(n);
  assert.ok(taken.length >= 1 && taken.length <= 20, `${taken.length} in the first task`);
  for (let n = 50; n < 60; n++) inlet.push(n);
  while (taken.length < 60) await new Promise((next) => setImmediate(next));
  assert.deepEqual(taken, Array.from({length: 60}, (_, n) => n));
});
