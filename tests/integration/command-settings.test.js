// What an instance is told once holds from then on: etc/settings, ports, TLS; and what up makes of a choice of parts.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {appendFileSync, chmodSync, existsSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {request} from 'node:https';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {freePort} from '../lib/ports.js';
import {gymchat, sharedFolder, startStack} from '../lib/stack.js';

const BUILD = process.env.GYMCHAT_BUILD;
const FEW = ['--detach', '--no-install', '--stop-with', String(process.pid), ...(BUILD ? ['--build', BUILD] : [])];

const setIn = (dir, ...lines) => writeFileSync(join(dir, 'etc/settings'), lines.map((line) => `${line}\n`).join(''));

/** GET over HTTPS with a certificate that nobody has signed; resolves to {status, body}. */
const get = (url, headers = {}) => new Promise((done, fail) => {
  const asked = request(url, {headers, rejectUnauthorized: false}, (answer) => {
    let body = '';
    answer.on('data', (chunk) => { body += chunk; });
    answer.on('end', () => done({status: answer.statusCode, body}));
  });
  asked.on('error', fail).end();
});

describe('settings of an instance', () => {
  let stack;
  before(async () => { stack = await startStack(); });
  after(async () => { await stack.stop(); });
  const verb = (name, ...args) => gymchat([name, '--dir', stack.dir, ...args]);
  const again = async (env = {}, ...args) => {
    await verb('down');
    return gymchat(['up', '--dir', stack.dir, ...FEW, ...args], {env});
  };
  const me = async (url) => JSON.parse((await get(`${url}/v1/me`,
    {authorization: `Bearer ${stack.token({role: 'staff', sub: 'marta'})}`})).body);

  test('the first up leaves a file that explains itself and sets nothing', () => {
    assert.match(readFileSync(join(stack.dir, 'etc/settings'), 'utf8'), /^(#.*\n)+$/);
  });

  test('TLS, the address, the port and the demo stay as they were told, up after up', async () => {
    const cert = join(stack.folder, 'cert.pem');
    const key = join(stack.folder, 'key.pem');
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
      '-subj', '/CN=chat.gym', '-keyout', key, '-out', cert], {stdio: 'ignore'});
    chmodSync(key, 0o644);
    appendFileSync(join(stack.dir, 'etc/settings'), `\nGYMCHAT_TLS_CERT=${cert}\nGYMCHAT_TLS_KEY=${key}  \n`);
    const own = await again();
    assert.equal(own.code, 0, own.stderr);
    const url = `https://127.0.0.1:${stack.port}`;
    assert.match(own.stdout, new RegExp(`${url}/demo/client`));
    assert.equal((await me(url)).mqtt_url, `wss://127.0.0.1:${stack.port}/mqtt`);
    assert.equal((await get(`${url}/v1/me`, {origin: url})).status, 401);
    assert.equal((await get(`${url}/v1/me`, {origin: `http://127.0.0.1:${stack.port}`})).status, 403);

    appendFileSync(join(stack.dir, 'etc/settings'), 'GYMCHAT_PUBLIC_URL=https://chat.gym\n');
    const named = await again();
    assert.equal(named.code, 0, named.stderr);
    assert.match(named.stdout, /https:\/\/chat\.gym\/ \(demo pages: off\)/);
    assert.equal((await me(url)).mqtt_url, 'wss://chat.gym/mqtt');
    assert.equal((await get(`${url}/v1/me`, {origin: 'https://chat.gym'})).status, 401);
    assert.equal((await get(`${url}/demo/client`)).status, 404);
  });

  test('the environment wins over the file', async () => {
    setIn(stack.dir, 'GYMCHAT_DEMO=off', 'GYMCHAT_PUBLIC_URL=https://chat.gym');
    const {code, stdout} = await again({GYMCHAT_DEMO: 'on', GYMCHAT_PUBLIC_URL: 'https://other.gym'});
    assert.equal(code, 0);
    assert.match(stdout, /https:\/\/other\.gym\/demo\/client/);
  });

  test('every address without one for browsers is refused, and the sentence says how to mend it', async () => {
    setIn(stack.dir, 'GYMCHAT_LISTEN=0.0.0.0');
    const {code, stderr} = await again();
    assert.equal(code, 1);
    assert.match(stderr, /^gymchat: api does not start: .*GYMCHAT_LISTEN=0\.0\.0\.0 .* GYMCHAT_PUBLIC_URL=http:\/\/chat\.gym$/m);
  });

  for (const line of ['GYMCHAT_DEMO = off', 'GYMCHAT_PUBLIC_URL="https://chat.gym"', 'demo=off'])
    test(`a line that is none is shown: ${line}`, async () => {
      setIn(stack.dir, '# mine', line);
      const {code, stderr} = await again();
      assert.equal(code, 1);
      assert.ok(stderr.includes(`etc/settings: '${line}' is not like GYMCHAT_PUBLIC_URL=https://chat.gym`), stderr);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    });
});

describe('a choice of parts', () => {
  let folder;
  before(() => { folder = sharedFolder(); });
  after(() => rmSync(folder, {recursive: true, force: true}));

  test('without the API no port is wanted and no page is promised', async () => {
    const other = await startStack({parts: ['mosquitto']});
    const dir = join(folder, 'parts');
    try {
      // A port that is taken: nobody would listen there.
      const up = await gymchat(['up', '--dir', dir, '--port', String(other.mqttPort), '--parts', 'postgres', ...FEW]);
      assert.equal(up.code, 0, up.stderr);
      assert.match(up.stdout, /no pages: of its parts only postgres run/);
      assert.doesNotMatch(up.stdout, /http/);
    } finally {
      await gymchat(['down', '--dir', dir]);
      await other.stop();
    }
  });

  test('--build-only starts nothing, and makes no folder', async () => {
    const dir = join(folder, 'built');
    const {code, stderr} = await gymchat(['up', '--build-only', '--dir', dir, ...FEW]);
    assert.equal(code, 0, stderr);
    assert.ok(!existsSync(dir));
  });

  test('a part that is none is one sentence', async () => {
    const {code, stderr} = await gymchat(['up', '--dir', join(folder, 'none'), '--port', String(await freePort()), '--parts', 'postgress', ...FEW]);
    assert.equal(code, 1);
    assert.equal(stderr, 'gymchat: there is no part \'postgress\': postgres mosquitto archiver api\n');
  });
});
