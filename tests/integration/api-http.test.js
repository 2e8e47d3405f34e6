// Requests that no well-meaning client makes: each gets its explicit error, or its end, and the server goes on. Also what a
// good client may expect of a connection: pipelining, keep-alive, HEAD, large answers, a polite end.
import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, afterEach, before, describe, test} from 'node:test';
import {ApiWorld, envelope} from '../lib/api-world.js';
import {until} from '../lib/broker.js';
import {Api} from '../lib/api.js';
import {RawHttp} from '../lib/rawhttp.js';

let world, call, ana, marta, port;

before(async () => {
  world = await ApiWorld.start();
  ({call, api: {port}} = world);
  [ana, marta] = [world.token('client', 'ana'), world.token('staff', 'marta')];
  for (let i = 0; i < 3; i++)
    await call('POST', '/v1/gyms/g/rooms/ana/messages', {token: ana, body: envelope(`hola ${i}`)});
});

afterEach(async () => {
  assert.equal((await call('GET', '/livez')).status, 200, 'the server goes on');
});

after(() => world?.stop());

const auth = () => `Authorization: Bearer ${ana}\r\n`;
const HISTORY = '/v1/gyms/g/rooms/ana/messages';
const get = (path, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${auth()}${more}\r\n`;

function cpuMs() {
  const fields = readFileSync(`/proc/${world.api.child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

// ---- lengths and limits ----

for (const method of ['POST', 'PUT', 'PATCH']) {
  const path = {POST: HISTORY, PUT: '/v1/gyms/g/rooms/ana/receipt', PATCH: '/v1/gyms/g/rooms/ana'}[method];
  test(`${method} without a length, or in chunks, is 411`, async () => {
    const bare = await RawHttp.ask(port, `${method} ${path} HTTP/1.1\r\nHost: x\r\n${auth()}\r\n{"x":1}`);
    assert.deepEqual([bare.status, bare.codes], [411, ['length_required']]);
    const chunked = await RawHttp.ask(port, `${method} ${path} HTTP/1.1\r\nHost: x\r\n${auth()}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`);
    assert.deepEqual([chunked.status, chunked.codes], [411, ['length_required']]);
    assert.match(chunked.text, /connection: close/);
  });

  test(`${method} with length 0 is answered at once`, async () => {
    const empty = await RawHttp.ask(port, `${method} ${path} HTTP/1.1\r\nHost: x\r\n${auth()}Content-Length: 0\r\nConnection: close\r\n\r\n`);
    assert.ok([400, 403].includes(empty.status), empty.text);
    assert.ok(empty.isEnded);
  });
}

test('a length that is none is 400', async () => {
  for (const length of ['-1', 'x', '1e3', '5, 5', '0x10', '99999999999999999999'])
    assert.equal((await RawHttp.ask(port, `POST ${HISTORY} HTTP/1.1\r\nHost: x\r\n${auth()}Content-Length: ${length}\r\n\r\n`)).status, 400, length);
});

test('a body that is too long is refused before it has come', async () => {
  const raw = await RawHttp.open(port);
  raw.send(`POST ${HISTORY} HTTP/1.1\r\nHost: x\r\n${auth()}Content-Length: 1000000000\r\n\r\n`);
  await raw.until(() => raw.codes.length, 'an answer');
  assert.deepEqual([raw.status, raw.codes], [413, ['too_large']]);
  for (let i = 0; i < 50 && !raw.isEnded; i++)
    raw.send('x'.repeat(20_000));
  await raw.ended();
});

test('an early refusal waits for the body, and the connection goes on', async () => {
  const raw = await RawHttp.open(port);
  raw.send(`POST ${HISTORY} HTTP/1.1\r\nHost: x\r\n${auth()}Content-Length: 30000\r\n\r\n`);
  raw.send('x'.repeat(15_000));
  await new Promise((next) => setTimeout(next, 100));
  assert.equal(raw.text, '');
  raw.send('x'.repeat(15_000));
  await raw.until(() => raw.codes.length, 'the refusal');
  assert.deepEqual(raw.codes, ['too_large']);
  raw.send(get('/livez'));
  await raw.until(() => raw.text.includes('alive'), 'the next answer');
  raw.socket.destroy();
});

test('who has no token is not waited for, and holds little memory', async () => {
  const rssKiB = () => Number(readFileSync(`/proc/${world.api.child.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);
  const before_ = rssKiB();
  const query = 'a=b&'.repeat(31) + 'x'.repeat(3900);
  const half = await Promise.all(Array.from({length: 300}, async () => {
    const raw = await RawHttp.open(port);
    raw.send(`POST ${HISTORY}?${query} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{`);
    return raw;
  }));
  try {
    await Promise.all(half.map((raw) => raw.until(() => raw.codes.length && raw.isEnded, 'the answer and the end')));
    const grown = rssKiB() - before_;
    assert.ok(grown < 20_000, `${grown} KiB more`);
    assert.deepEqual([half[0].status, half[0].codes], [401, ['token_missing']]);
  } finally {
    half.forEach((raw) => raw.socket.destroy());
  }
});

test('long addresses are 414, long headers 431, endless ones the end', async () => {
  assert.deepEqual((await RawHttp.ask(port, get(`/v1/${'x'.repeat(4200)}`))).codes, ['url_too_long']);
  assert.deepEqual((await RawHttp.ask(port, get(`/v1/me?${'x=y&'.repeat(20)}q=${'z'.repeat(4200)}`))).codes, ['url_too_long']);
  assert.deepEqual((await RawHttp.ask(port, get('/v1/me', `Cookie: ${'x'.repeat(8200)}\r\n`))).codes, ['headers_too_large']);
  const endless = await RawHttp.open(port);
  endless.socket.on('error', () => {});
  for (let i = 0; i < 40 && !endless.isEnded; i++) {
    endless.send(i ? `X-${i}: ${'y'.repeat(1000)}\r\n` : 'GET /livez HTTP/1.1\r\n');
    await new Promise((next) => setTimeout(next, 5));
  }
  await endless.ended();
});

test('rubbish is refused or closed', async () => {
  const requests = ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc', 'BREW /tea HTTP/1.1\r\n\r\n', 'GET\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n',
    'GET http://evil/ HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /../../etc/passwd HTTP/1.1\r\n\r\n',
    'GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n', `GET /v1/me?${'a&'.repeat(300)} HTTP/1.1\r\nHost: x\r\n\r\n`, 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
    'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'GET /livez HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n',
    'GET /livez HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n',
    'GET /mqtt HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: http\r\n\r\n',
    '\r\n\r\n\r\n', '\0'.repeat(500), 'GET /livez HTTP/1.1\nHost: x\n\n'];
  for (const request of requests) {
    const raw = await RawHttp.open(port);
    raw.send(request);
    await raw.until(() => raw.text || raw.isEnded, 'an answer or the end', 12_000);
    assert.doesNotMatch(raw.text, /^HTTP\/1.1 (101|5\d\d)|root:/, JSON.stringify(request));
    raw.socket.destroy();
  }
});

test('a blank before the colon of a length is refused, and what follows is no request', async () => {
  for (const field of ['Content-Length : 26', 'content-length\t: 26', 'Transfer-Encoding : chunked', 'TRANSFER-ENCODING\t:chunked']) {
    const raw = await RawHttp.ask(port, `GET /livez HTTP/1.1\r\nHost: x\r\n${field}\r\n\r\n${get('/readyz')}`);
    assert.deepEqual([raw.status, raw.codes, raw.isEnded], [400, ['invalid'], true], field);
    assert.equal(raw.text.split('HTTP/1.1 ').length, 2, field);
  }
});

test('paths and queries are percent-decoded once', async () => {
  assert.equal((await call('GET', '/v1/gyms/g/rooms/%61na/messages', {token: ana})).status, 200);
  assert.equal((await call('GET', '/v1/gyms/g/rooms/%2561na/messages', {token: ana})).status, 400);
  assert.equal((await call('GET', `${HISTORY}?limit=%31`, {token: ana})).json.messages.length, 1);
  assert.equal((await call('GET', `${HISTORY}?limit=1&limit=2`, {token: ana})).json.messages.length, 1, 'the first counts');
});

// ---- slow ones ----

describe('each has its time', {concurrency: true, timeout: 60_000}, () => {
  test('headers that dribble in are cut off', async () => {
    const raw = await RawHttp.open(port);
    raw.socket.on('error', () => {});
    const bytes = 'GET /livez HTTP/1.1\r\nX-Slow: yes yes yes yes yes yes yes yes';
    const began = Date.now();
    for (let i = 0; !raw.isEnded && Date.now() - began < 40_000; i++) {
      raw.send(bytes[i % bytes.length]);
      await new Promise((next) => setTimeout(next, 200));
    }
    assert.ok(raw.isEnded, 'still open');
    assert.ok(Date.now() - began < 30_000, `${Date.now() - began} ms`);
  });

  test('a body that dribbles in is 408', async () => {
    const raw = await RawHttp.open(port);
    raw.socket.on('error', () => {});
    raw.send(`POST ${HISTORY} HTTP/1.1\r\nHost: x\r\n${auth()}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n`);
    const began = Date.now();
    while (!raw.text && Date.now() - began < 30_000) {
      raw.send('x');
      await new Promise((next) => setTimeout(next, 200));
    }
    assert.deepEqual([raw.status, raw.codes], [408, ['body_timeout']]);
    assert.ok(Date.now() - began < 20_000);
    await raw.ended();
  });

  test('a client that says nothing is closed', async () => {
    const raw = await RawHttp.open(port);
    await raw.ended(30_000);
    assert.equal(raw.text, '');
  });
});

test('many slow clients cost nobody else anything', async () => {
  const slow = await Promise.all(Array.from({length: 300}, () => RawHttp.open(port)));
  for (const raw of slow) {
    raw.socket.on('error', () => {});
    raw.send('GET /v1/me HTTP/1.1\r\nHost');
  }
  const began = Date.now();
  for (let i = 0; i < 20; i++)
    assert.equal((await call('GET', HISTORY, {token: ana})).status, 200);
  assert.ok(Date.now() - began < 3000);
  for (const raw of slow)
    raw.socket.destroy();
});

// ---- connections ----

test('pipelined requests are answered in order, and end a wait before them', async () => {
  const raw = await RawHttp.open(port);
  raw.send(get(`${HISTORY}?limit=1`) + get('/livez') + get(`${HISTORY}?limit=2`) + get('/v1/nothing') + get('/livez', 'Connection: close\r\n'));
  await raw.ended();
  const answers = raw.text.split('HTTP/1.1 ').slice(1);
  assert.deepEqual(answers.map((a) => a.slice(0, 3)), ['200', '200', '200', '404', '200']);
  assert.deepEqual(answers.map((a) => (a.match(/"seq"/g) ?? []).length), [1 + 0, 0, 2, 0, 0]);

  const waiting = await RawHttp.open(port);
  const before_ = cpuMs();
  waiting.send(get(`${HISTORY}?after=3&wait=2`) + get('/livez'));
  await waiting.until(() => waiting.text.includes('alive'), 'both answers');
  const inOrder = /^HTTP\/1.1 200 OK[^]*"messages":\[\][^]*HTTP\/1.1 200 OK[^]*alive/;
  assert.match(waiting.text, inOrder);
  assert.ok(cpuMs() - before_ < 700, `${cpuMs() - before_} ms of CPU time for a request that waits with another behind it`);
  waiting.text = '';
  waiting.send(get(`${HISTORY}?after=3&wait=20`));
  await until(async () => /long_polls\{worker="0"\} 1/.test((await call('GET', '/metrics')).text), 'a request that waits');
  waiting.send(get('/livez'));
  await waiting.until(() => waiting.text.includes('alive'), 'both answers at once', 3000);
  assert.match(waiting.text, inOrder);
  waiting.socket.destroy();
});

test('bodies are taken one after the other', async () => {
  const raw = await RawHttp.open(port);
  const post = (text) => {
    const body = JSON.stringify(envelope(text));
    return `POST ${HISTORY} HTTP/1.1\r\nHost: x\r\n${auth()}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  };
  raw.send(post('uno') + get('/livez'));
  await raw.until(() => raw.text.includes('alive'), 'both answers');
  raw.send(post('dos'));
  await raw.until(() => raw.text.match(/HTTP\/1.1 201/g)?.length === 2, 'the second body');
  // One body right behind another: closed, to be sent again (libwebsockets cannot tell them apart). Never half taken.
  raw.send(post('tres') + post('cuatro') + get('/livez'));
  await raw.ended();
  assert.equal(raw.text.match(/HTTP\/1.1 201/g).length, 3);
  const {messages} = (await call('GET', HISTORY, {token: ana})).json;
  assert.deepEqual(messages.slice(-3).map((m) => m.text), ['uno', 'dos', 'tres']);
});

test('a body in one segment with the request before it: the end, or its answer, never a hang', async () => {
  const put = `PUT ${HISTORY.replace('messages', 'receipt')} HTTP/1.1\r\nHost: x\r\n${auth()}Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{"read":1}`;
  for (const before_ of [get('/livez'), get(`${HISTORY}?limit=1`), get('/nothing'), get('/livez') + get('/livez')]) {
    const raw = await RawHttp.open(port), cpu = cpuMs();
    raw.send(before_ + put);
    await raw.ended();
    assert.match(raw.text, /^HTTP\/1.1 (200|404)/);
    assert.doesNotMatch(raw.text, /HTTP\/1.1 (408|5\d\d)/);
    assert.ok(cpuMs() - cpu < 500, `${cpuMs() - cpu} ms of CPU time`);
  }
});

test('a client that hangs up while it waits costs no CPU time and is forgotten', async () => {
  const polls = async () => Number((await call('GET', '/metrics')).text.match(/long_polls\{worker="0"\} (\d+)/)[1]);
  const last = (await call('GET', HISTORY, {token: ana})).json.last_seq;
  const before_ = cpuMs();
  const half = await RawHttp.open(port), gone = await RawHttp.open(port);
  for (const raw of [half, gone])
    raw.send(get(`${HISTORY}?after=${last}&wait=20`));
  await until(async () => await polls() === 2, 'two that wait');
  gone.socket.destroy();
  half.socket.end();
  await until(async () => await polls() === 0, 'both to be forgotten');
  assert.ok(cpuMs() - before_ < 1500);
});

test('HTTP/1.0 and Connection: close are kept to', async () => {
  const old = await RawHttp.ask(port, 'GET /livez HTTP/1.0\r\n\r\n');
  assert.ok(old.isEnded && old.status === 200);
  const kept = await RawHttp.open(port);
  kept.send('GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  await kept.until(() => kept.text.includes('alive"'), 'an answer');
  assert.match(kept.text, /connection: keep-alive/);
  kept.send('GET /livez HTTP/1.0\r\n\r\n');
  await kept.ended();
  assert.equal(kept.text.match(/alive"/g).length, 2);
  assert.ok((await RawHttp.ask(port, get('/livez', 'Connection: close\r\n'))).isEnded);
});

test('Connection: close is kept to at once where the database has answered', async () => {
  for (let i = 0; i < 8; i++) {
    const raw = await RawHttp.ask(port, get(HISTORY, 'Connection: close\r\n'), 3000);
    assert.deepEqual([raw.status, raw.isEnded], [200, true], `${i}`);
  }
});

test('HEAD is GET without a body', async () => {
  const raw = await RawHttp.ask(port, `HEAD ${HISTORY} HTTP/1.1\r\nHost: x\r\n${auth()}Connection: close\r\n\r\n`);
  assert.match(raw.text, /^HTTP\/1.1 200 OK\r\n[^]*content-length: \d{3,}[^]*\r\n\r\n$/);
});

test('a body with Expect: 100-continue is taken', async () => {
  const raw = await RawHttp.open(port), body = JSON.stringify(envelope('espera'));
  raw.send(`POST ${HISTORY} HTTP/1.1\r\nHost: x\r\n${auth()}Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`);
  await new Promise((next) => setTimeout(next, 50));
  raw.send(body);
  await raw.until(() => raw.text.includes('HTTP/1.1 201'), 'it to be stored');
  raw.socket.destroy();
});

test('a page ends at half a megabyte, and the cursor goes on; who does not take it is cut off', async () => {
  const token = world.token('client', 'gorda'), path = '/v1/gyms/g/rooms/gorda/messages';
  for (let i = 1; i <= 50; i++)
    assert.equal((await call('POST', path, {token, body: envelope(`${i} ${'🙂'.repeat(3990)}`)})).json.seq, i);
  const pages = [];
  for (let after = 0; after < 50; after = pages.at(-1).messages.at(-1).seq) {
    const {text, json} = await call('GET', `${path}?after=${after}&limit=200`, {token});
    assert.ok(Buffer.byteLength(text ?? JSON.stringify(json)) < 600_000);
    assert.equal(json.last_seq, 50);
    pages.push(json);
  }
  assert.deepEqual(pages.flatMap((page) => page.messages.map((m) => m.seq)), Array.from({length: 50}, (_, i) => i + 1));
  assert.ok(pages.length === 2, `${pages.length} pages`);
  const newest = (await call('GET', `${path}?limit=200`, {token})).json.messages.map((m) => m.seq);
  assert.deepEqual([newest.at(-1), newest.length], [50, pages[0].messages.length], 'the newest, and as many');

  const api = await world.moreApi({ANSWER_SEC: 1});
  await world.databaseIsUp(api);
  const raw = await RawHttp.open(api.port);
  raw.socket.pause();
  try {
    const asked = 120; // one after another, more than the sockets' buffers take
    raw.send(`GET ${path}?limit=6 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`.repeat(asked));
    const hex = (number) => number.toString(16).toUpperCase().padStart(4, '0');
    const serverSide = new RegExp(`:${hex(api.port)} \\w+:${hex(raw.socket.localPort)} 01 `); // 01: established
    assert.match(readFileSync('/proc/net/tcp', 'utf8'), serverSide);
    await until(() => !serverSide.test(readFileSync('/proc/net/tcp', 'utf8')), 'it to be given up', 25_000);
    raw.socket.resume();
    await raw.ended();
    assert.ok(raw.text.split('HTTP/1.1 200 OK').length < asked, 'not all of them came');
  } finally {
    raw.socket.destroy();
    await api.stop();
  }
});

test('large answers come whole, to slow readers too', async () => {
  const token = world.token('client', 'larga'), texts = [];
  for (let i = 0; i < 60; i++) {
    const message = envelope(`${i} ${'ñ'.repeat(3900)}`);
    texts.push(message.text);
    assert.equal((await call('POST', '/v1/gyms/g/rooms/larga/messages', {token, body: message})).status, 201);
  }
  const {json} = await call('GET', '/v1/gyms/g/rooms/larga/messages?limit=200', {token});
  assert.deepEqual(json.messages.map((m) => m.text), texts);
  const slow = await RawHttp.open(port);
  slow.socket.pause();
  slow.send(`GET /v1/gyms/g/rooms/larga/messages?limit=200 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n${get('/livez')}`);
  await new Promise((next) => setTimeout(next, 300));
  slow.socket.resume();
  await slow.until(() => slow.text.includes('alive'), 'both answers');
  const body = slow.text.slice(slow.text.indexOf('\r\n\r\n') + 4);
  assert.equal(JSON.parse(Buffer.from(body.slice(0, body.indexOf('HTTP/1.1')), 'latin1').toString()).messages.length, 60);
  slow.socket.destroy();
});

// ---- start and end ----

test('SIGTERM ends waits, finishes what is under way, and exits 0', async () => {
  const api = await world.moreApi();
  await world.databaseIsUp(api);
  const last = (await call('GET', HISTORY, {token: ana})).json.last_seq;
  const waiting = fetch(`${api.url}${HISTORY}?after=${last}&wait=25`, {headers: {authorization: `Bearer ${ana}`}});
  await until(async () => /long_polls\{worker="0"\} 1/.test(await (await fetch(`${api.url}/metrics`)).text()), 'a request that waits');
  const began = Date.now();
  const stopped = api.stop();
  const answer = await waiting;
  assert.deepEqual([answer.status, (await answer.json()).messages], [200, []]);
  await stopped;
  assert.ok(Date.now() - began < 5000);
});

test('a start that cannot work ends with one clear sentence', async () => {
  const fails = async (settings) => {
    try {
      const api = await Api.start(world.broker, settings);
      const {code} = await api.exited;
      return [code, api.output];
    } catch (error) {
      return [(await error.api.exited).code, error.message];
    }
  };
  assert.match((await fails({PORT: port}))[1], /port \d+: the port is in use/);
  assert.match((await fails({TOKEN_KEYS_FILE: '/nonexistent'}))[1], /TOKEN_KEYS_FILE|nonexistent/);
  assert.match((await fails({LISTEN: 'not.a.host.invalid'}))[1], /LISTEN/);
  assert.match((await fails({NO_SUCH: 1}))[1], /NO_SUCH/);
  world.postgres.psql(`CREATE DATABASE older; `);
  world.postgres.psql(`CREATE TABLE schema_migrations (version text); INSERT INTO schema_migrations VALUES ('0001'); GRANT SELECT ON schema_migrations TO public`, 'older');
  const [code, output] = await fails({API_DATABASE_URL: world.postgres.url('gymchat_api_login', 'older')});
  assert.match(output, /the database's schema is 0001, this program needs \d{4}: run/);
  assert.equal(code, 78);
});

test('the ready file says what the process is waiting for', async () => {
  const file = join(world.broker.dir, 'api.ready'), says = () => existsSync(file) && readFileSync(file, 'utf8');
  const api = await world.moreApi({READY_FILE: file, API_DATABASE_URL: 'postgresql://nobody@/none?host=/nonexistent'});
  const said = () => api.output.match(/ ready$/gm)?.length ?? 0;
  await until(() => says() === 'ready\n' && said() === 1, 'ready without a database');
  await world.broker.restart();
  await until(() => said() === 2 && says() === 'ready\n', 'ready again after the broker\'s restart');
  await api.stop();
  assert.equal(says(), 'waiting: stopping\n');
  await world.databaseIsUp(world.api);
});

test('workers share the port, and one that dies is started again', async () => {
  const api = await world.moreApi({WORKERS: 3});
  /** How many have both the broker and the database. */
  const alive = async () => {
    const text = await (await fetch(`${api.url}/metrics`, {headers: {connection: 'close'}})).text();
    return Math.min(...['broker', 'database'].map((what) => text.match(new RegExp(`gymchat_api_${what}_up\\{worker="\\d"\\} 1`, 'g'))?.length ?? 0));
  };
  await until(async () => await alive() === 3, 'three workers');
  const children = readFileSync(`/proc/${api.child.pid}/task/${api.child.pid}/children`, 'utf8').trim().split(' ').map(Number);
  assert.equal(children.length, 3);
  const answers = await Promise.all(Array.from({length: 30}, () => fetch(`${api.url}${HISTORY}`, {headers: {authorization: `Bearer ${ana}`}})));
  assert.ok(answers.every((a) => a.status === 200));
  process.kill(children[1], 'SIGKILL');
  await until(() => api.output.includes('worker 2 ended (signal 9)'), 'the loss to be noticed');
  await until(() => readFileSync(`/proc/${api.child.pid}/task/${api.child.pid}/children`, 'utf8').trim().split(' ').length === 3, 'a new worker');
  await until(async () => await alive().catch(() => 0) === 3, 'three workers again');
  await api.stop();
});

test('a lost database is found again, and nothing else stops', async () => {
  await world.postgres.stop('immediate');
  await until(async () => (await call('GET', '/readyz')).json.database === 'unavailable', 'the loss');
  assert.equal((await call('GET', HISTORY, {token: ana})).json.code, 'database_unavailable');
  assert.equal((await call('GET', '/v1/me', {token: ana})).json.archive, 'unavailable');
  await world.postgres.start();
  await until(async () => (await call('GET', HISTORY, {token: ana})).status === 200, 'history', 30_000);
  assert.equal((await call('GET', '/v1/me', {token: marta})).status, 200);
});
