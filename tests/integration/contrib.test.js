// What contrib/ offers to operators is true of a running instance: names of metrics, and the systemd units, which are run
// here as systemd would, with nothing in the environment but what their files say.
import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {ROOT, until} from '../lib/broker.js';
import {gymchat, startStack} from '../lib/stack.js';

const UNITS = join(ROOT, 'contrib/systemd');
let stack;

before(async () => { stack = await startStack(); });
after(async () => { await stack.stop(); });

const namesIn = (text) => new Set(text.match(/\b(gymchat|process)_\w+/g));

test('every metric of the alerts and the dashboard is served', async () => {
  const alerts = readFileSync(join(ROOT, 'contrib/grafana/gymchat-alerts.yml'), 'utf8');
  const dashboard = JSON.parse(readFileSync(join(ROOT, 'contrib/grafana/gymchat-dashboard.json'), 'utf8'));
  const asked = [...alerts.matchAll(/expr: (\|\n(?: {10}.*\n)+|.*\n)/g)].map(([, expression]) => expression)
    .concat(dashboard.panels.flatMap((panel) => panel.targets.map((target) => target.expr)));
  const wanted = namesIn(asked.join('\n'));
  assert.ok(asked.length > 30 && wanted.size > 20, `${asked.length} expressions, ${wanted.size} names`);
  const {status} = await fetch(`${stack.url}/v1/me`); // an answer, so that there is one to count
  assert.equal(status, 401);
  await until(async () => {
    const text = await (await fetch(`${stack.url}/metrics`)).text();
    const served = new Set([...text.matchAll(/^(\w+)[ {]/gm)].map(([, name]) => name));
    return [...wanted].every((name) => served.has(name));
  }, `all of ${[...wanted].join(' ')}`, 30_000);
});

test('every alert is explained in the manual, and none besides', () => {
  const alerts = readFileSync(join(ROOT, 'contrib/grafana/gymchat-alerts.yml'), 'utf8');
  const manual = readFileSync(join(ROOT, 'docs/operating.md'), 'utf8');
  assert.deepEqual([...new Set([...manual.matchAll(/^\| (Gymchat\w+) \|/gm)].map(([, name]) => name))].sort(),
    [...new Set([...alerts.matchAll(/alert: (\w+)/g)].map(([, name]) => name))].sort());
});

/** The units for this instance instead of that of the manual. */
const unit = (name) => readFileSync(join(UNITS, name), 'utf8').replaceAll('/var/lib/gymchat/main', stack.dir);

test('systemd finds nothing to say about the units', {skip: spawnSync('systemd-analyze', ['--version']).error && 'no systemd-analyze'}, () => {
  const folder = join(stack.folder, 'units');
  mkdirSync(folder);
  const names = readdirSync(UNITS).filter((name) => /\.(service|target)$/.test(name));
  assert.equal(names.length, 5);
  for (const name of names)
    writeFileSync(join(folder, name), unit(name));
  const {status, stdout, stderr} = spawnSync('systemd-analyze', ['verify', '--man=no', ...names.map((name) => join(folder, name))], {encoding: 'utf8'});
  // Of the units alone: the machine's own may have their faults.
  assert.equal(`${stdout}${stderr}`.split('\n').filter((line) => line.includes('gymchat')).join('\n'), '');
  assert.equal(status, 0);
});

/** Starts a unit's program as systemd would: the environment of its files, the user of the folder. */
function startUnit(part) {
  const text = unit(`gymchat-${part}.service`);
  const env = {PATH: process.env.PATH};
  for (const [, file] of text.matchAll(/^EnvironmentFile=-?(.*)$/gm))
    for (const [, key, value] of readFileSync(file, 'utf8').matchAll(/^(\w+)=(.*)$/gm))
      env[key] = value;
  const [file, ...args] = text.match(/^ExecStart=(.*)$/m)[1].split(' ');
  const {uid, gid} = statSync(stack.dir);
  const child = spawn(file, args, {env, uid, gid, cwd: '/', stdio: ['ignore', 'ignore', 'pipe']});
  child.said = '';
  child.stderr.on('data', (chunk) => { child.said += chunk; });
  child.ended = new Promise((done) => child.once('exit', done));
  child.stopSignal = text.match(/^KillSignal=(\w+)$/m)?.[1] ?? 'SIGTERM';
  return child;
}

test('the units run an instance that up has made, with its settings', async () => {
  assert.equal((await gymchat(['down', '--dir', stack.dir])).code, 0);
  writeFileSync(join(stack.dir, 'etc/settings'), 'GYMCHAT_PUBLIC_URL=https://chat.gym\nGYMCHAT_DEMO=off\n');
  const children = ['postgres', 'mosquitto', 'archiver', 'api'].map(startUnit);
  try {
    await until(async () => {
      for (const child of children)
        assert.equal(child.exitCode, null, child.said);
      const ready = await fetch(`http://127.0.0.1:${stack.port}/readyz`).catch(() => null);
      return ready?.status === 200 && (await ready.json()).status === 'ready';
    }, 'all four ready', 60_000);
    const me = await (await fetch(`http://127.0.0.1:${stack.port}/v1/me`,
      {headers: {authorization: `Bearer ${stack.token({role: 'staff', sub: 'marta'})}`}})).json();
    assert.equal(me.mqtt_url, 'wss://chat.gym/mqtt');
    assert.equal(me.archive, 'ok');
  } finally {
    for (const child of children.reverse()) {
      child.kill(child.stopSignal);
      await child.ended;
    }
  }
});
