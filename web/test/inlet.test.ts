import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Inlet} from '../src/feed/inlet.js';

test('what comes alone is handed on at once', () => {
  const taken: number[] = [];
  const inlet = new Inlet<number>((n) => taken.push(n), () => 0);
  for (const n of [1, 2, 3]) inlet.push(n);
  assert.deepEqual(taken, [1, 2, 3]);
});

test('a burst is handed on in slices, in order, also what comes meanwhile', async () => {
  const taken: number[] = [];
  let time = 0; // each takes a millisecond
  const inlet = new Inlet<number>((n) => {
    time++;
    taken.push(n);
  }, () => time);
  for (let n = 0; n < 50; n++) inlet.push(n);
  assert.equal(taken.length, 9, 'the first past 8 ms waits for the next task');
  for (let n = 50; n < 60; n++) inlet.push(n);
  while (taken.length < 60) await new Promise((next) => setImmediate(next));
  assert.deepEqual(taken, Array.from({length: 60}, (_, n) => n));
});
