#!/usr/bin/env node
// edge.js - `./gymchat bench edge`: the WebSocket edge beside the broker's TCP listener and Mosquitto's own WebSocket
// listener, in one run on one machine: same broker (plugin on, limits off), same clients, same load. Open loop, and the
// generator shares the cores with what it measures. Prints one table; docs/benchmarks.md keeps the last results.
//   --idle N (8,000)  --pairs N (200)  --rate N a second (500)  --seconds N (10)  --rounds N (3)
//   --only tcp,edge,own   some of the sides
import {spawn} from 'node:child_process';
import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {parseArgs} from 'node:util';
import {Api} from '../tests/lib/api.js';
import {BUILD, Broker, until} from '../tests/lib/broker.js';
import {freePort} from '../tests/lib/ports.js';

const {values: args} = parseArgs({options: {
  idle: {type: 'string', default: '8000'},
  pairs: {type: 'string', default: '200'},
  rate: {type: 'string', default: '500'},
  seconds: {type: 'string', default: '10'},
  rounds: {type: 'string', default: '3'},
  only: {type: 'string', default: 'tcp,edge,own'},
}});
const IDLE = Number(args.idle), PAIRS = Number(args.pairs), SPREAD_MS = 2000;
const sides = args.only.split(',');

const rssKiB = (pid) => Number(/^Rss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]);
const files = (pid) => readdirSync(`/proc/${pid}/fd`).length;
const cpuSeconds = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

/** gymchat-load: one object a stage, and it waits for a line before the next. */
class Load {
  constructor(url, options) {
    const argv = Object.entries({url, keys: broker.tokenKeysFile, ...options}).flatMap(([key, value]) => [`--${key}`, String(value)]);
    this.child = spawn(join(BUILD, 'bin/gymchat-load'), argv, {stdio: ['pipe', 'pipe', 'inherit']});
    this.child.stdin.on('error', () => {});
    this.lines = createInterface({input: this.child.stdout})[Symbol.asyncIterator]();
    this.gone = new Promise((done) => this.child.once('exit', done));
  }

  /** The result of the next stage; null when it gave up. */
  async stage() {
    const {value} = await this.lines.next();
    return value ? JSON.parse(value) : null;
  }

  goOn() { this.child.stdin.write('\n'); }

  async end() {
    this.child.stdin.end();
    this.child.kill();
    await this.gone;
    await until(() => files(broker.child.pid) < 100, 'the broker to be empty', 60_000);
  }
}

const ownPort = await freePort();
const broker = await Broker.start({
  settings: {LIMITS: 'off'},
  conf: `\nlistener ${ownPort} 127.0.0.1\nprotocol websockets\nsocket_domain ipv4\n`,
});
const api = await Api.start(broker, {LIMITS: 'off'});
const urls = {tcp: `tcp://127.0.0.1:${broker.port}`, edge: `ws://127.0.0.1:${api.port}/mqtt`, own: `ws://127.0.0.1:${ownPort}/mqtt`};
const results = Object.fromEntries(sides.map((side) => [side, {}]));
const note = (side, key, value) => (results[side][key] ??= []).push(value);
const say = (text) => process.stderr.write(`${text}\n`);

/** All idle clients, then talk between the pairs; memory before and after. */
async function crowd(side, {storm = false} = {}) {
  const edgeBefore = rssKiB(api.child.pid);
  const load = new Load(urls[side], {
    idle: IDLE, pairs: PAIRS, rate: args.rate, seconds: args.seconds, ...(storm && {'spread-ms': SPREAD_MS}),
  });
  const connected = await load.stage();
  say(`${side}: ${connected.clients} clients after ${connected.ms} ms`);
  note(side, 'connected', connected.clients);
  note(side, 'connect_s', connected.ms / 1000);
  if (connected.clients < IDLE + 2 * PAIRS)
    return load.end();
  if (side === 'edge' && !results.edge.kib)
    note(side, 'kib', (rssKiB(api.child.pid) - edgeBefore) / connected.clients);
  const cpu = cpuSeconds(api.child.pid);
  load.goOn();
  const talk = await load.stage();
  say(`${side}: ${JSON.stringify(talk)}`);
  note(side, 'p50', talk.p50_us / 1000);
  note(side, 'p99', talk.p99_us / 1000);
  note(side, 'lost', talk.sent - talk.received);
  if (side === 'edge')
    note(side, 'cpu', (cpuSeconds(api.child.pid) - cpu) / Number(args.seconds) * 100);
  if (storm)
    await restart(side, load);
  await load.end();
}

/** The broker goes and comes back; every client comes back after a random part of SPREAD_MS. */
async function restart(side, load) {
  load.goOn();
  const began = Date.now();
  await broker.restart();
  const away = Date.now() - began;
  const back = await load.stage();
  say(`${side}: broker away for ${away} ms; ${JSON.stringify(back)}`);
  note(side, 'away_s', away / 1000);
  note(side, 'back_s', back.all_back_ms / 1000);
}

/** 16 KiB messages between a few pairs, nobody else there. */
async function large(side) {
  const load = new Load(urls[side], {pairs: 20, rate: 50, seconds: args.seconds, payload: 16384});
  await load.stage();
  load.goOn();
  const talk = await load.stage();
  say(`${side}: 16 KiB: ${JSON.stringify(talk)}`);
  note(side, 'large_p50', talk.p50_us / 1000);
  note(side, 'large_p99', talk.p99_us / 1000);
  await load.end();
}

const median = (list) => list && [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

function table() {
  const value = (side, key) => median(results[side]?.[key]);
  const show = (n) => (n === undefined ? '-' : n >= 100 ? n.toFixed(0) : n.toFixed(2));
  const rows = [
    ['clients connected', 'connected'], [`all ${IDLE + 2 * PAIRS} connected, s`, 'connect_s'],
    [`${args.rate} messages/s, p50 ms`, 'p50'], [`${args.rate} messages/s, p99 ms`, 'p99'], ['messages not delivered', 'lost'],
    ['16 KiB messages, p50 ms', 'large_p50'], ['16 KiB messages, p99 ms', 'large_p99'],
    ['memory a client in the API process, KiB', 'kib'], ['CPU of the API process, %', 'cpu'],
    ['broker away in a restart, s', 'away_s'], ['all clients back after it, s', 'back_s'],
  ];
  console.log(`\n${IDLE} idle clients, ${PAIRS} pairs; medians of ${args.rounds} rounds\n`);
  console.log('| | broker, TCP | edge, WebSocket | edge / TCP | Mosquitto, WebSocket |\n|---|---|---|---|---|');
  for (const [title, key] of rows) {
    const [tcp, edge, own] = ['tcp', 'edge', 'own'].map((side) => value(side, key));
    const ratio = tcp && edge && /p50|p99/.test(key) ? (edge / tcp).toFixed(2) : '';
    console.log(`| ${title} | ${show(tcp)} | ${show(edge)} | ${ratio} | ${show(own)} |`);
  }
}

try {
  for (let round = 1; round <= Number(args.rounds); round++)
    for (const side of sides.filter((s) => s !== 'own'))
      await crowd(side, {storm: round === Number(args.rounds)});
  for (const side of sides)
    await large(side);
  if (sides.includes('own'))
    await crowd('own');
  table();
} finally {
  await api.stop();
  await broker.stop();
}
