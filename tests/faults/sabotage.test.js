// Proof that the harness can fail: an archiver that breaks one promise on purpose (gymchat-archiver-sabotage) is found out,
// and by the right name. Whether a fault meets a batch on its way is chance: as many rounds as that takes.
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

const RUN = fileURLToPath(new URL('run.js', import.meta.url));
const SABOTAGE = {
  'early-ack': {finds: 'lost', faults: 'archiver-kill,backend-terminate,postgres-stop,db-reset'},
  'no-dedupe': {finds: 'duplicate', faults: 'mqtt-reset,mqtt-cut-mid-batch,db-cut-after-commit'},
  'broken-order': {finds: 'reordered', faults: 'mqtt-reset'},
};

for (const [mode, {finds, faults}] of Object.entries(SABOTAGE)) {
  test(`an archiver with ${mode} is found: ${finds}`, {timeout: 300_000}, async () => {
    const args = ['--sabotage', mode, '--only', faults, '--until', finds, '--seed', '1', '--rounds', '10', '--patience', '15'];
    const {code, stdout} = await new Promise((done) => execFile(process.execPath, [RUN, ...args], (error, out) => done({code: error?.code ?? 0, stdout: out})));
    const found = new RegExp(`^lost.*$`, 'm').exec(stdout)?.[0] ?? '';
    assert.equal(code, 1, stdout);
    assert.ok(Number(new RegExp(`\\b${finds} (\\d+)`).exec(found)?.[1]) > 0, stdout);
  });
}
