// docs/operating.md keeps its word: its commands for backups, keys and forgetting run as they stand there, and do what it says.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {randomUUID} from 'node:crypto';
import {ROOT, until} from '../lib/broker.js';
import {freePort} from '../lib/ports.js';
import {cleanEnvironment, gymchat, startStack} from '../lib/stack.js';

const MANUAL = readFileSync(join(ROOT, 'docs/operating.md'), 'utf8');
let stack, port;

/** The commands of a section, in order. */
const blocks = (title) => [...MANUAL.match(new RegExp(`^## ${title}\n[^]*?(?=^## )`, 'm'))[0].matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text]) => text);

/** Runs one beside the instance, as var of the folder; what it starts ends with this test. */
function run(text) {
  const {status, stdout, stderr} = spawnSync('bash', ['-euo', 'pipefail', '-c', text], {cwd: stack.folder, encoding: 'utf8', env: cleanEnvironment()});
  assert.equal(status, 0, `${text}\n${stdout}\n${stderr}`);
  return stdout;
}

before(async () => {
  stack = await startStack();
  port = await freePort();
  writeFileSync(join(stack.folder, 'gymchat'), `#!/bin/bash
verb=$1
shift
set -- "\${@/8081/${port}}"
[[ " $* " == *" --dir "* ]] || set -- --dir "$PWD/var" "$@"
[ "$verb" != up ] || set -- --no-install --stop-with ${process.pid} ${process.env.GYMCHAT_BUILD ? `--build '${process.env.GYMCHAT_BUILD}'` : ''} "$@"
exec '${ROOT}/gymchat' "$verb" "$@"
`, {mode: 0o755});
  symlinkSync(join(ROOT, 'contrib'), join(stack.folder, 'contrib'));
});

after(async () => {
  await gymchat(['down', '--dir', join(stack.folder, 'new')]);
  await stack.stop();
});

// Each on a connection of its own: the API is started anew here.
const call = async (url, token, path, body) => {
  const answer = await fetch(`${url}/v1${path}`, {method: body ? 'POST' : 'GET', headers: {authorization: `Bearer ${token}`, connection: 'close',
    ...(body && {'content-type': 'application/json'})}, body: body && JSON.stringify(body)});
  return {status: answer.status, body: await answer.json()};
};
const say = (token, text) => call(stack.url, token, '/gyms/demo/rooms/ana/messages', {id: randomUUID(), text, sent_at: new Date().toISOString()});
const history = async (url, token) => (await call(url, token, '/gyms/demo/rooms/ana/messages')).body.messages;

test('a backup comes back in a new instance, keys and all, and nobody else can read it', async () => {
  const token = stack.token({role: 'client', sub: 'ana', name: 'Ana García'});
  for (const text of ['Hola', '¿A qué hora abrís?'])
    assert.equal((await say(token, text)).status, 201);
  const [backup, restore] = blocks('Backups');
  run(backup);
  assert.equal(statSync(join(stack.folder, 'backup')).mode & 0o077, 0);
  assert.equal(statSync(join(stack.folder, 'backup/gymchat.dump')).mode & 0o077, 0);
  run(restore);
  assert.deepEqual(await history(`http://127.0.0.1:${port}`, token), await history(stack.url, token));
  assert.deepEqual((await history(stack.url, token)).map(({text}) => text), ['Hola', '¿A qué hora abrís?']);
  assert.equal((await gymchat(['down', '--dir', join(stack.folder, 'new')])).code, 0);
});

test('dead letters can be looked at and cleared', () => {
  stack.psql(`INSERT INTO dead_letters (topic, payload, reason, received_at) VALUES
    ('gym/demo/room/ana/msg/client/ana', 'old', 'invalid', now() - interval '91 days'), ('gym/demo/room/ana/msg/client/ana', 'new', 'invalid', now())`);
  const [letters] = blocks('Watching it');
  assert.match(run(letters), /new[^]*old/);
  assert.equal(stack.psql('SELECT payload FROM dead_letters'), '\\x6e6577');
});

test('one client is exported, and forgotten without a gap', async () => {
  const staff = stack.token({role: 'staff', sub: 'marta'});
  stack.psql(`INSERT INTO participants (gym_id, role, who, name) SELECT id, 'client', 'ana', 'Ana García' FROM gyms WHERE key = 'demo'
    ON CONFLICT (gym_id, role, who) DO UPDATE SET name = EXCLUDED.name`);
  const before = await history(stack.url, staff);
  const [forget] = blocks('Forgetting, exporting, keeping no longer than needed');
  assert.match(run(forget), /2 messages are blanked[^]*0 messages are blanked/);
  const exported = JSON.parse(readFileSync(join(stack.folder, 'ana.json'), 'utf8'));
  assert.equal(exported.client.name, 'Ana García');
  assert.deepEqual(exported.messages.map(({seq, text}) => [seq, text]), [[1, 'Hola'], [2, '¿A qué hora abrís?']]);
  const after = await history(stack.url, staff);
  assert.deepEqual(after.map(({seq, id, stored_at, text}) => [seq, id, stored_at, text]), before.map(({seq, id, stored_at}) => [seq, id, stored_at, '…']));
  assert.equal((await say(stack.token({role: 'client', sub: 'ana'}), 'otra vez')).body.seq, 3);
});

test('keys are rotated: both are good, then the old one opens nothing', async () => {
  const [add, remove] = blocks('Rotating keys');
  const old = stack.token({role: 'staff', sub: 'marta'});
  const asks = async (token) => (await call(stack.url, token, '/me')).status;
  const publishes = (token) => spawnSync('mosquitto_pub', ['-p', String(stack.mqttPort), '-i', 'demo.staff.marta.t', '-u', 'demo.staff.marta',
    '-P', token, '-q', '1', '-t', 'gym/demo/presence/staff/marta', '-m', '{"online":true,"conn":"t"}']).status === 0;
  const rotate = async (commands) => {
    const {api} = stack.pids();
    run(commands);
    await stack.restarted('api', api);
  };

  await rotate(add);
  const line = readFileSync(join(stack.dir, 'etc/token_keys'), 'utf8').match(/^2026b .*$/m)[0];
  const fresh = spawnSync(join(stack.dir, 'program/bin/gymchat-token'), ['--gym', 'demo', '--role', 'staff', '--sub', 'marta'],
    {encoding: 'utf8', env: cleanEnvironment({GYMCHAT_TOKEN_KEYS: line})}).stdout.trim();
  await until(() => publishes(fresh), 'the new key at the broker');
  assert.ok(publishes(old));
  assert.deepEqual([await asks(old), await asks(fresh)], [200, 200]);

  await rotate(remove);
  await until(() => !publishes(old), 'the end of the old key at the broker');
  assert.ok(publishes(fresh));
  assert.deepEqual([await asks(old), await asks(fresh)], [401, 200]);
});
