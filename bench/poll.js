#!/usr/bin/env node
// poll.js - `./gymchat bench poll`: long polls. Some thousand requests wait, each on a room of its own; then a message a
// second goes to a random one of them over MQTT, through archiver and PostgreSQL, and wakes its request. Beside it the
// log notice of the same message at an MQTT subscriber: what a browser with a WebSocket sees. docs/benchmarks.md keeps
// the last results.
//   --waiting N (5,000)  --messages N, one a second (60)
import {randomUUID} from 'node:crypto';
import {Agent, get} from 'node:http';
import {parseArgs} from 'node:util';
import {Archiver} from '../tests/lib/archiver.js';
import {publish, subscribe, until} from '../tests/lib/broker.js';
import {GYM, Scene, cpuSeconds} from './lib/scene.js';

const {values: args} = parseArgs({options: {waiting: {type: 'string', default: '5000'}, messages: {type: 'string', default: '60'}}});
const WAITING = Number(args.waiting), MESSAGES = Number(args.messages), WAIT_MIN_SEC = 15, WAIT_MAX_SEC = 25, IDLE_MS = 8000, EACH = 10;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const say = (text) => process.stderr.write(`${text}\n`);

const scene = await Scene.start({rooms: WAITING, messages: WAITING * EACH});
const archiver = await new Archiver(scene, {LOG_LEVEL: 'warn', INSTANCE: 'bench'}).start().ready();
const agent = new Agent({keepAlive: true, maxSockets: Infinity});
const tokens = scene.headers('staff').map((header) => header.slice('authorization: '.length));
const last = Array(WAITING + 1).fill(EACH);
const sent = new Map(); // id: {at, woken_ms?, notice_ms?}
let asked = 0, failures = 0, isOver = false;

/** Times differ, so that not all come again at once. */
function wait(room) {
  asked++;
  const seconds = WAIT_MIN_SEC + room % (WAIT_MAX_SEC - WAIT_MIN_SEC + 1);
  get({port: scene.api.port, agent, path: `/v1/gyms/${GYM}/rooms/${room}/messages?after=${last[room]}&wait=${seconds}`,
    headers: {authorization: tokens[room % tokens.length]}}, (response) => {
    let text = '';
    response.on('data', (data) => { text += data; });
    response.on('end', () => {
      const now = performance.now();
      failures += response.statusCode === 200 ? 0 : 1;
      for (const message of JSON.parse(text).messages ?? []) {
        const entry = sent.get(message.id);
        if (entry)
          entry.woken_ms ??= now - entry.at;
        last[room] = message.seq;
      }
      if (!isOver)
        wait(room);
    });
  }).on('error', () => { failures += isOver ? 0 : 1; });
}

/** CPU of the API process over some time, in percent of one core. */
async function cpuOver(run) {
  const cpu = cpuSeconds(scene.api.child.pid), begin = performance.now();
  await run();
  return (cpuSeconds(scene.api.child.pid) - cpu) / (performance.now() - begin) * 1e5;
}

async function messages() {
  const staff = await scene.broker.connect({gym: GYM, role: 'staff', sub: 's0'});
  await subscribe(staff, `gym/${GYM}/room/+/log`);
  staff.on('message', (topic, payload) => {
    for (const {id} of JSON.parse(payload).stored ?? [])
      sent.get(id).notice_ms ??= performance.now() - sent.get(id).at;
  });
  for (let i = 0; i < MESSAGES; i++) {
    const id = randomUUID(), room = 1 + Math.floor(Math.random() * WAITING);
    sent.set(id, {at: performance.now()});
    await publish(staff, `gym/${GYM}/room/${room}/msg/staff/s0`, {id, text: 'hola', sent_at: new Date().toISOString()});
    await pause(1000);
  }
  await until(() => [...sent.values()].every((entry) => entry.woken_ms && entry.notice_ms), 'every message to wake its request', 30_000);
  staff.end(true);
}

const spread = (key) => {
  const all = [...sent.values()].map((entry) => entry[key]).sort((a, b) => a - b);
  return [0.5, 0.99, 1].map((part) => all[Math.min(all.length - 1, Math.floor(all.length * part))].toFixed(1)).join(', ');
};

const begin = performance.now();
const rss = scene.api.rss();
for (let room = 1; room <= WAITING; room++) {
  wait(room);
  if (room % 100 === 0)
    await pause(10);
}
const metric = async (name) => Number(new RegExp(`^${name}\\S* (\\d+)`, 'm').exec(await (await fetch(`${scene.api.url}/metrics`)).text())?.[1] ?? NaN);
await until(async () => await metric('gymchat_http_long_polls') >= WAITING, 'all requests to wait', 20_000);
await pause(1000);
say(`${WAITING} wait after ${((performance.now() - begin) / 1000).toFixed(1)} s`);
const kib = (scene.api.rss() - rss) / WAITING;
const left = begin + WAIT_MIN_SEC * 1000 - performance.now();
const idle = await cpuOver(() => pause(Math.max(1000, Math.min(IDLE_MS, left))));
const before = asked;
const busy = await cpuOver(messages);
console.log(`\n${WAITING} requests wait, each on its own room; ${MESSAGES} messages, one a second\n`);
console.log('| | |\n|---|---|');
console.log(`| CPU while all wait and nothing happens | ${idle.toFixed(1)} % |`);
console.log(`| CPU with a message a second and ${((asked - before) / MESSAGES).toFixed(0)} requests a second that come again after their ${WAIT_MIN_SEC} to ${WAIT_MAX_SEC} s | ${busy.toFixed(1)} % |`);
console.log(`| a message published to its request answered: p50, p99, max ms | ${spread('woken_ms')} |`);
console.log(`| a message published to its log notice at an MQTT subscriber: p50, p99, max ms | ${spread('notice_ms')} |`);
console.log(`| memory a waiting request in the API process | ${kib.toFixed(1)} KiB |`);
console.log(`| failures | ${failures} |`);
isOver = true;
agent.destroy();
await archiver.remove();
await scene.stop();
process.exit(0);
