#!/usr/bin/env node
// history.js - `./gymchat bench history`: 50 messages of a random room through gymchat-api over HTTP, beside the very same
// statement in pgbench (prepared, as many clients) and beside what one would write instead (bench/peers/api.js), in turns
// on one machine. Then the inbox and the search. Generators share the cores with what they measure, and every rate is the
// median of its rounds. docs/benchmarks.md keeps the last results.
//   --messages N (1,000,000)  --rooms N (10,000)  --clients N (16)  --seconds N (5)  --rounds N (3)
//   --only history,inbox,search   some of the parts
//   --growth N   inbox and search again with N times as many rooms and messages
import {parseArgs} from 'node:util';
import {GYM, Scene, ask, cpuSeconds, endedCpuSeconds, median, pgbench, startPeer, treeCpuSeconds} from './lib/scene.js';

const {values: args} = parseArgs({options: {
  messages: {type: 'string', default: '1000000'},
  rooms: {type: 'string', default: '10000'},
  clients: {type: 'string', default: '16'},
  seconds: {type: 'string', default: '5'},
  rounds: {type: 'string', default: '3'},
  only: {type: 'string', default: 'history,inbox,search'},
  growth: {type: 'string', default: '1'},
}});
const CLIENTS = Number(args.clients), SECONDS = Number(args.seconds), ROUNDS = Number(args.rounds);
const PAGE = `/v1/gyms/${GYM}/rooms/%/messages?limit=50`;
const LAST = '9223372036854775807';
const parts = args.only.split(',');
const ms = (us) => (us / 1000).toFixed(us >= 100_000 ? 0 : 1);
const say = (text) => process.stderr.write(`${text}\n`);

/** CPU µs a request: of the server's process, of PostgreSQL, of the generator. */
async function withCpu(scene, side, run) {
  const now = () => [side.pid ? cpuSeconds(side.pid) : 0, treeCpuSeconds(scene.postgres.pid), endedCpuSeconds()];
  const before = now();
  const result = await run();
  const requests = result.asked ?? result.rate * SECONDS;
  const [own, postgres, generator] = now().map((seconds, i) => (seconds - before[i]) / requests * 1e6);
  return {...result, own, postgres, generator, all: own + postgres + generator};
}

/** What runs in turns; each gives {rate, p50_us?, p99_us?} of a closed loop, and CPU times. */
async function makeSides(scene) {
  const headers = scene.headers('staff');
  await fetch(`${scene.api.url}${PAGE.replace('%', '1')}`, {headers: {authorization: headers[0].slice('authorization: '.length)}});
  const statement = await scene.statement('%page AS MATERIALIZED%');
  const load = {path: PAGE, most: scene.rooms, headers, clients: CLIENTS, seconds: SECONDS};
  const sides = {
    'pgbench, the same statement': {run: async () => ({rate: await pgbench(scene, statement, [GYM, {random: scene.rooms}, LAST, 50], {clients: CLIENTS, seconds: SECONDS})})},
    'gymchat-api': {port: scene.api.port, pid: scene.api.child.pid},
  };
  for (const mode of ['fastify', 'raw']) {
    for (const isFull of [true, false]) {
      const peer = await startPeer(scene, mode, {isFull});
      sides[`${mode === 'raw' ? 'node:http + json_agg' : 'fastify + pg'}${isFull ? '' : ', without names and marks'}`] = peer;
    }
  }
  for (const side of Object.values(sides)) {
    const closed = side.run ?? (async () => {
      const result = await ask(side.port, load);
      return {...result, rate: result.per_second};
    });
    side.run = () => withCpu(scene, side, closed);
    side.half = async (rate) => ask(side.port, {...load, rate: Math.max(1, Math.round(rate / 2))});
  }
  return sides;
}

async function history(scene) {
  const sides = await makeSides(scene);
  for (let round = 1; round <= ROUNDS; round++) {
    for (const [name, side] of Object.entries(sides)) {
      const result = await side.run();
      (side.results ??= []).push(result);
      say(`${name}: ${JSON.stringify(result)}`);
    }
  }
  const of = (side, key) => median(side.results.map((result) => result[key]));
  const base = sides['pgbench, the same statement'], ours = sides['gymchat-api'];
  console.log(`\n${scene.messages} messages, ${scene.rooms} rooms, ${CLIENTS} clients, ${ROUNDS} rounds of ${SECONDS} s\n`);
  console.log('| 50 messages of a random room | requests/s | p50, p99 ms then | p50, p99 ms at half of it | CPU µs a request: process + PostgreSQL + generator | gymchat-api by requests/s | by CPU |\n|---|---|---|---|---|---|---|');
  for (const [name, side] of Object.entries(sides)) {
    // Ratios within a round, so that what else the machine does falls on both sides.
    const times = (ratio) => (side === ours ? '' : `${median(side.results.map(ratio)).toFixed(2)} x`);
    const half = side === base ? undefined : await side.half(of(side, 'rate'));
    const cells = [name, of(side, 'rate').toFixed(0), half ? `${ms(of(side, 'p50_us'))}, ${ms(of(side, 'p99_us'))}` : '',
      half ? `${ms(half.p50_us)}, ${ms(half.p99_us)}` : '', ['own', 'postgres', 'generator'].map((key) => of(side, key).toFixed(0)).join(' + '),
      times(({rate}, i) => ours.results[i].rate / rate), times(({all}, i) => all / ours.results[i].all)];
    console.log(`| ${cells.join(' | ')} |`);
  }
  for (const side of Object.values(sides))
    await side.stop?.();
}

/** One asker at a time, then eight: what one staff waits, and what a busy desk does. */
async function times(scene, title, paths) {
  for (const [name, path] of Object.entries(paths)) {
    const results = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const load = {path, most: scene.rooms, headers: scene.headers('staff'), seconds: SECONDS};
      results.push({one: await ask(scene.api.port, {...load, clients: 1}), many: await ask(scene.api.port, {...load, clients: 8})});
    }
    const of = (who, key) => median(results.map((result) => result[who][key]));
    console.log(`| ${title}: ${name} | ${scene.rooms} rooms, ${scene.messages} messages | ${ms(of('one', 'p50_us'))}, ${ms(of('one', 'p99_us'))} | ${of('many', 'per_second')} | ${ms(of('many', 'p50_us'))}, ${ms(of('many', 'p99_us'))} |`);
  }
}

async function lists(scene) {
  if (parts.includes('inbox')) {
    const rooms = `/v1/gyms/${GYM}/rooms?limit=50`;
    await times(scene, 'inbox', {'who waits longest first': `${rooms}`, 'latest first': `${rooms}&order=latest`, 'with a word': `${rooms}&status=open&q=%`,
      'of one staff': `${rooms}&assignee=s7`});
  }
  if (parts.includes('search')) {
    const search = `/v1/gyms/${GYM}/search?limit=20&q=`;
    await times(scene, 'search', {'a frequent word': `${search}hola`, 'two words': `${search}reserva%20piscina`, 'a rare word': `${search}matricula`, 'a prefix': `${search}tri`});
  }
}

async function withScene(size, run) {
  say(`filling ${size.messages} messages in ${size.rooms} rooms`);
  const scene = await Scene.start({...size, hasWords: parts.includes('search')});
  try {
    await run(scene);
  } finally {
    await scene.stop();
  }
}

const size = {rooms: Number(args.rooms), messages: Number(args.messages)};
const hasLists = parts.includes('inbox') || parts.includes('search');
await withScene(size, async (scene) => {
  if (parts.includes('history'))
    await history(scene);
  if (hasLists)
    console.log('\n| 50 rooms, or 20 found messages | in | one asker: p50, p99 ms | eight: requests/s | p50, p99 ms |\n|---|---|---|---|---|');
  await lists(scene);
});
const growth = Number(args.growth);
if (growth > 1 && hasLists)
  await withScene({rooms: size.rooms * growth, messages: size.messages * growth}, lists);
process.exit(0);
