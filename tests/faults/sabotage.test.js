// Proof that the harness can fail: an archiver that breaks one promise on purpose (gymchat-archiver-sabotage) is found out,
// and by the right name.
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

const RUN = fileURLToPath(new URL('run.js', import.meta.url));
const SABOTAGE = {
  'early-ack': {finds: 'lost', how: ['--rounds', '4', '--only', 'archiver-kill,backend-terminate,postgres-stop,db-reset']},
  'no-dedupe': {finds: 'duplicate', how: ['--rounds', '2', '--only', 'mqtt-reset,mqtt-cut-mid-batch,db-cut-after-commit']},
  'broken-order': {finds: 'reordered', how: ['--rounds', '1', '--only', 'mqtt-reset']},
};

for (const [mode, {finds, how}] of Object.entries(SABOTAGE)) {
  test(`an archiver with ${mode} is found: ${finds}`, {timeout: 180_000}, async () => {
    const {code, stdout} = await new Promise((done) =>
      execFile(process.execPath, [RUN, '--seed', '1', ...how, '--patience', '15', '--sabotage', mode], (error, out) => done({code: error?.code ?? 0, stdout: out})));
    const found = new RegExp(`^lost.*$`, 'm').exec(stdout)?.[0] ?? '';
    assert.equal(code, 1, stdout);
    assert.ok(Number(new RegExp(`\\b${finds} (\\d+)`).exec(found)?.[1]) > 0, stdout);
  });
}
