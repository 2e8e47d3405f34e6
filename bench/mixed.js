#!/usr/bin/env node
// mixed.js - `./gymchat bench mixed`: do the requests of the HTTP API hurt the messages that flow through /mqtt of the same
// process? Pairs talk over the edge, alone and while gymchat-ask asks for history as fast as it gets it; beside it the
// same pairs over a second API process that nobody asks for anything else (what a process of its own would be for the
// edge), and over the broker's TCP listener, which shows what is the machine's share: generator, PostgreSQL and API share
// its cores. docs/benchmarks.md keeps the last results.
//   --pairs N (200)  --rate N a second (500)  --seconds N (8)  --rounds N (3)  --rooms N (10,000)  --messages N (500,000)
//   --workers 1     numbers of API processes, e.g. 1,2
import {spawn} from 'node:child_process';
import {parseArgs} from 'node:util';
import {createInterface} from 'node:readline';
import {Api} from '../tests/lib/api.js';
import {GYM, Scene, ask, bin, median} from './lib/scene.js';

const {values: args} = parseArgs({options: {
  pairs: {type: 'string', default: '200'},
  rate: {type: 'string', default: '500'},
  seconds: {type: 'string', default: '8'},
  rounds: {type: 'string', default: '3'},
  rooms: {type: 'string', default: '10000'},
  messages: {type: 'string', default: '500000'},
  workers: {type: 'string', default: '1'},
}});
const SECONDS = Number(args.seconds);
const scene = await Scene.start({rooms: Number(args.rooms), messages: Number(args.messages)});
const history = (more) => ask(scene.api.port, {path: `/v1/gyms/${GYM}/rooms/%/messages?limit=50`, most: scene.rooms, headers: scene.headers('staff'),
  clients: 16, seconds: SECONDS, ...more});

/** Delivery times of the pairs. during: what else happens meanwhile. */
async function talk(url, during) {
  const child = spawn(bin('gymchat-load'), Object.entries({url, keys: scene.broker.tokenKeysFile, pairs: args.pairs, rate: args.rate, seconds: SECONDS})
    .flatMap(([key, value]) => [`--${key}`, String(value)]), {stdio: ['pipe', 'pipe', 'inherit']});
  child.stdin.on('error', () => {});
  const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
  await lines.next();
  child.stdin.write('\n');
  const [{value}, other] = await Promise.all([lines.next(), during?.()]);
  child.stdin.end();
  child.kill();
  return {...JSON.parse(value), history: other?.per_second};
}

async function measure(workers, rows) {
  await scene.restartApi({WORKERS: workers});
  const other = await Api.start(scene.broker, {LIMITS: 'off', API_DATABASE_URL: scene.postgres.url('gymchat_api_login')});
  const urls = {'/mqtt': scene.api.mqttUrl, '/mqtt of a process of its own': other.mqttUrl, 'broker, TCP': `tcp://127.0.0.1:${scene.broker.port}`};
  const half = Math.round((await history({})).per_second / 2);
  const loads = {alone: undefined, 'history at half': () => history({rate: half}), 'history at saturation': () => history({})};
  for (let round = 1; round <= Number(args.rounds); round++) {
    for (const [where, url] of Object.entries(urls)) {
      for (const [load, during] of Object.entries(loads)) {
        const result = await talk(url, during);
        process.stderr.write(`${workers} ${where} ${load}: ${JSON.stringify(result)}\n`);
        (rows[`${workers} | ${where} | ${load}`] ??= []).push(result);
      }
    }
  }
  await other.stop();
}

const rows = {};
for (const workers of args.workers.split(','))
  await measure(workers, rows);
console.log(`\n${args.pairs} pairs, ${args.rate} messages/s; medians of ${args.rounds} rounds\n`);
console.log('| API processes | pairs over | meanwhile | p50 ms | p99 ms | not delivered | history requests/s |\n|---|---|---|---|---|---|---|');
for (const [name, results] of Object.entries(rows)) {
  const of = (key) => median(results.map((result) => result[key] ?? 0));
  console.log(`| ${name} | ${(of('p50_us') / 1000).toFixed(2)} | ${(of('p99_us') / 1000).toFixed(1)} | ${median(results.map(({sent, received}) => sent - received))} | ${of('history') || ''} |`);
}
await scene.stop();
process.exit(0);
