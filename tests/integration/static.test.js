// Static files, their headers, and the demo's pages and tokens, from a running gymchat-api.
import assert from 'node:assert/strict';
import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {connect} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync} from 'node:zlib';
import {request} from 'node:http';
import {Broker, connectClient, subscribe} from '../lib/broker.js';
import {Api} from '../lib/api.js';

const SCRIPT = `export const text = '${'gymchat '.repeat(500)}';\n`;
const HTML = {'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache'};

let broker, folder, api, plain;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gymchat-web-'));
  for (const inner of ['assets', 'demo'])
    mkdirSync(join(folder, inner));
  const files = {
    'gym-chat.js': 'export * from "./assets/gym-chat.PDRQY7RN.js";', 'demo/index.html': 'demos', 'demo/client.html': 'client',
    'assets/gym-chat.PDRQY7RN.js': SCRIPT, 'assets/gym-chat.PDRQY7RN.js.gz': gzipSync(SCRIPT),
    'assets/gym-chat.PDRQY7RN.js.br': brotliCompressSync(SCRIPT), 'assets/page.VQEI2D7Z.css': 'body { margin: 0; }',
  };
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), content);
  symlinkSync('/etc/passwd', join(folder, 'passwd'));
  broker = await Broker.start();
  api = await Api.start(broker, {
    WEB_DIR: folder, DEMO: 'on', DEMO_GYM: 'demo', ORIGINS: 'https://crm.example', MQTT_URL: 'wss://cell2.example/mqtt',
  });
  plain = await Api.start(broker, {WEB_DIR: folder});
});

after(async () => {
  await api?.stop();
  await plain?.stop();
  await broker?.stop();
  rmSync(folder, {recursive: true, force: true});
});

/** {status, headers, body} with the path exactly as given. */
function ask(path, {method = 'GET', headers = {}, on = api, body} = {}) {
  return new Promise((done, failed) => {
    const asking = request({host: '127.0.0.1', port: on.port, path, method, headers: {...headers, ...(body !== undefined && {'content-length': body.length})}}, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => done({status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks)}));
    });
    asking.on('error', failed);
    asking.end(body);
  });
}

/** The first line that comes back for these bytes, "" when the connection just ends. */
function askRaw(bytes) {
  return new Promise((done) => {
    const socket = connect(api.port, '127.0.0.1', () => socket.write(bytes));
    let got = '';
    socket.on('data', (data) => { got += data; socket.end(); });
    socket.on('close', () => done(got.split('\r\n')[0]));
    socket.on('error', () => {});
  });
}

function holds(headers, wanted) {
  for (const [name, value] of Object.entries(wanted))
    assert.equal(headers[name], value, name);
}

describe('files', () => {
  test('pages with their policy', async () => {
    for (const path of ['/demo/client', '/demo/client.html', '/demo/']) {
      const {status, headers} = await ask(path);
      assert.equal(status, 200, path);
      holds(headers, {...HTML, 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin'});
      assert.match(headers['permissions-policy'], /camera=\(\)/);
      const policy = headers['content-security-policy'];
      for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "form-action 'none'",
        "require-trusted-types-for 'script'", "frame-ancestors 'self' https://crm.example",
        `connect-src 'self' ws://127.0.0.1:${api.port} wss://cell2.example`])
        assert.ok(policy.split('; ').includes(part), `${part} in ${policy}`);
      assert.doesNotMatch(policy, /unsafe|\*/);
    }
  });

  test('hashed names for ever, the others only with a question', async () => {
    const fixed = await ask('/assets/page.VQEI2D7Z.css');
    holds(fixed.headers, {'content-type': 'text/css; charset=utf-8', 'cache-control': 'public, max-age=31536000, immutable'});
    const stable = await ask('/gym-chat.js');
    holds(stable.headers, {'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-cache'});
    const elsewhere = await ask('/gym-chat.js', {headers: {Origin: 'https://crm.example'}});
    holds(elsewhere.headers, {'access-control-allow-origin': 'https://crm.example'});
    assert.match(stable.headers.vary, /origin/);
    assert.equal((await ask('/gym-chat.js', {headers: {Origin: 'https://evil.example'}})).status, 403);
    const again = await ask('/gym-chat.js', {headers: {'If-None-Match': stable.headers.etag}});
    assert.deepEqual([again.status, again.body.length, again.headers.etag], [304, 0, stable.headers.etag]);
    assert.equal((await ask('/gym-chat.js', {headers: {'If-None-Match': '"other"'}})).status, 200);
  });

  test('the smallest coding that the client takes', async () => {
    const path = '/assets/gym-chat.PDRQY7RN.js';
    const cases = [[undefined, undefined, (b) => b], ['gzip', 'gzip', gunzipSync], ['gzip, br', 'br', brotliDecompressSync],
      ['br;q=0, gzip', 'gzip', gunzipSync], ['identity', undefined, (b) => b]];
    const tags = new Set();
    for (const [accept, coding, decode] of cases) {
      const {status, headers, body} = await ask(path, {headers: accept ? {'Accept-Encoding': accept} : {}});
      assert.equal(status, 200);
      assert.equal(headers['content-encoding'], coding, accept);
      assert.match(headers.vary, /accept-encoding/i);
      assert.equal(decode(body).toString(), SCRIPT);
      assert.equal(Number(headers['content-length']), body.length);
      tags.add(headers.etag);
    }
    assert.equal(tags.size, 3);
    assert.equal((await ask(`${path}.gz`)).status, 404);
  });

  test('HEAD is GET without the body', async () => {
    const [get, head] = [await ask('/demo/client'), await ask('/demo/client', {method: 'HEAD'})];
    assert.equal(head.status, 200);
    assert.equal(head.body.length, 0);
    for (const name of ['content-type', 'content-length', 'etag', 'content-security-policy'])
      assert.equal(head.headers[name], get.headers[name], name);
  });

  test('nothing else is there', async () => {
    for (const path of ['/nothing', '/assets/', '/assets', '/passwd', '/demo/client/', '/.hidden', '/%2e%2e/etc/passwd', '/assets/%00',
      '/demo/..%2f..%2fetc/passwd', '/gym-chat.js/', '/assets/gym-chat.PDRQY7RN.js.br']) {
      const {status, headers, body} = await ask(path);
      assert.ok(status === 404 || status === 400, `${path}: ${status}`);
      assert.doesNotMatch(body.toString(), /root:/);
      if (status === 404) {
        assert.equal(headers['content-type'], 'application/problem+json');
        assert.equal(JSON.parse(body).code, 'not_found');
      }
    }
    for (const path of ['/../../../../etc/passwd', '//etc/passwd', '/demo/../../etc/passwd', '/assets/../../etc/passwd'])
      assert.doesNotMatch(await askRaw(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`), / 200 /, path);
  });

  test('other methods are refused by name', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const {status, headers, body} = await ask('/gym-chat.js', {method, body: ''});
      assert.equal(status, 405, method);
      assert.equal(headers.allow, 'GET, HEAD');
      assert.equal(JSON.parse(body).code, 'method_not_allowed');
    }
  });
});

describe('the demo', () => {
  test('says loudly that it is on', () => assert.match(api.output, /warn.*GYMCHAT_DEMO is on: ANYBODY/));

  test('leads to its pages', async () => {
    for (const path of ['/', '/demo']) {
      const {status, headers} = await ask(path);
      assert.deepEqual([status, headers.location], [302, '/demo/'], path);
    }
  });

  test('hands out tokens that the broker takes', async () => {
    for (const [role, sub] of [['client', 'ana'], ['staff', 'marta'], ['kiosk', 'entrada']]) {
      const {status, headers, body} = await ask(`/demo/token/${role}`, {method: 'POST', body: ''});
      assert.equal(status, 200);
      assert.match(headers['cache-control'], /no-store/);
      const {token, expires_at} = JSON.parse(body);
      assert.ok(Date.parse(expires_at) > Date.now() + 60_000);
      const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
      assert.deepEqual([claims.gym, claims.role, claims.sub], ['demo', role, sub]);
      // the broker of this test has the same keys: signed by gymchat, checked by its plugin
      const username = `demo.${role}.${sub}`;
      const client = await connectClient(api.mqttUrl, {username, clientId: `${username}.t`, password: token});
      assert.deepEqual(await subscribe(client, `gym/demo/to/${role}/${sub}`), [1]);
      await client.endAsync();
    }
  });

  test('takes another name, and no nonsense', async () => {
    const {body} = await ask('/demo/token/client?sub=eva&name=Eva%20%C3%91', {method: 'POST', body: ''});
    const claims = JSON.parse(Buffer.from(JSON.parse(body).token.split('.')[1], 'base64url'));
    assert.deepEqual([claims.sub, claims.name], ['eva', 'Eva Ñ']);
    const cases = [['/demo/token/client?sub=a.b', 400], ['/demo/token/client?sub=', 400], ['/demo/token/service', 404],
      ['/demo/token/', 404], ['/demo/token/client/x', 404]];
    for (const [path, status] of cases)
      assert.equal((await ask(path, {method: 'POST', body: ''})).status, status, path);
    const get = await ask('/demo/token/client');
    assert.deepEqual([get.status, get.headers.allow], [405, 'POST']);
  });

  test('is not there at all unless it was turned on', async () => {
    for (const path of ['/', '/demo', '/demo/', '/demo/client', '/demo/client.html'])
      assert.equal((await ask(path, {on: plain})).status, 404, path);
    assert.equal((await ask('/demo/token/client', {method: 'POST', body: '', on: plain})).status, 404);
    assert.equal((await ask('/gym-chat.js', {on: plain})).status, 200);
    assert.doesNotMatch(plain.output, /ANYBODY/);
  });
});
