// docs/api.md keeps its word: every command in it runs, and every answer that it shows has that shape.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {ApiWorld} from '../lib/api-world.js';
import {ROOT} from '../lib/broker.js';

let world, folder;

before(async () => {
  world = await ApiWorld.start();
  folder = mkdtempSync(join(tmpdir(), 'gymchat-manual-'));
});

after(async () => {
  rmSync(folder, {recursive: true, force: true});
  await world?.stop();
});

/** The blocks of the manual, in order: {kind, text}. */
function blocks() {
  const text = readFileSync(join(ROOT, 'docs/api.md'), 'utf8');
  return [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, kind, body]) => ({kind, body}));
}

/** Every member that the manual shows is there, of the same type; … stands for more. */
function assertShape(actual, shown, at) {
  if (shown === '…' || shown === null || actual === null)
    return;
  assert.equal(Array.isArray(actual), Array.isArray(shown), at);
  assert.equal(typeof actual, typeof shown, at);
  if (Array.isArray(shown)) {
    if (shown.length > 0)
      assert.ok(actual.length > 0, `${at} is empty`);
    shown.slice(0, 1).forEach((one) => assertShape(actual[0], one, `${at}[0]`));
  } else if (typeof shown === 'object') {
    for (const [key, value] of Object.entries(shown)) {
      assert.ok(key in actual, `${at}.${key} is missing in ${JSON.stringify(actual)}`);
      assertShape(actual[key], value, `${at}.${key}`);
    }
  }
}

test('every command of the manual runs and answers as shown', () => {
  const all = blocks();
  assert.ok(all.length > 20);
  // What `./gymchat` would print for this instance.
  const tokens = {client: ['ana', 'Ana García'], staff: ['marta', 'Marta Ruiz'], service: ['crm']};
  const prints = Object.entries(tokens).map(([role, [sub, name]]) =>
    `*"--role ${role} "*) echo '${world.token(role, sub, {gym: 'demo', name})}' ;;`).join('\n');
  writeFileSync(join(folder, 'gymchat'), `#!/bin/sh\ncase "$*" in\nenv) echo GYMCHAT_URL=${world.api.url} ;;\n${prints}\nesac\n`, {mode: 0o755});
  let setup = '';
  for (let i = 0; i < all.length; i++) {
    const {kind, body} = all[i];
    if (kind !== 'sh')
      continue;
    const isSetup = body.includes('./gymchat token');
    const {status, stdout, stderr} = spawnSync('bash', ['-euo', 'pipefail', '-c', `${isSetup ? '' : setup}${body}`], {cwd: folder, encoding: 'utf8'});
    assert.equal(status, 0, `${body}\n${stdout}\n${stderr}`);
    if (isSetup)
      setup = body;
    if (all[i + 1]?.kind === 'json')
      assertShape(JSON.parse(stdout.trim().split('\n').at(-1)), JSON.parse(all[i + 1].body), body.split('\n')[0]);
  }
});
