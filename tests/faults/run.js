#!/usr/bin/env node
// run.js - the fault harness: `./gymchat test faults --seed N --rounds N`.
// A round: seeded senders talk in many rooms while a seeded schedule breaks things; then quiet; then the archive is
// held against what the senders saw (checker.js). One line a round, a table at the end, exit 1 unless all is zero.
import {randomUUID} from 'node:crypto';
import {appendFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {check, MUST_BE_ZERO, sum} from './checker.js';
import {startCluster} from './cluster.js';
import {makeSchedule} from './schedule.js';
import {Sender, whatWasSent} from './sender.js';

const MARKER_ROOM = 'marker';

const {values: args} = parseArgs({options: {
  seed: {type: 'string', default: '1'},
  rounds: {type: 'string', default: '5'},
  messages: {type: 'string'},
  only: {type: 'string'},
  sabotage: {type: 'string'},	// mode of gymchat-archiver-sabotage: the checker must find what it breaks
  until: {type: 'string'},	// ends with the first round that finds this
  report: {type: 'string'},	// a file that gets one JSON line a round
  patience: {type: 'string', default: '150'},	// seconds of quiet at most; a third of it without any progress
}});
const QUIET_MOST_MS = Number(args.patience) * 1000;
const STUCK_MS = QUIET_MOST_MS / 3;

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** Runs until `done()`; false when nothing has moved (`progress()`) for STUCK_MS, or QUIET_MOST_MS are over. */
async function until(done, progress) {
  const begin = performance.now();
  let last = {value: undefined, at: begin};
  while (!(await done())) {
    const now = performance.now();
    const value = await progress();
    if (value !== last.value)
      last = {value, at: now};
    if (now - begin > QUIET_MOST_MS || now - last.at > STUCK_MS)
      return false;
    await wait(100);
  }
  return true;
}

const unsettled = (senders) => senders.reduce((n, s) => n + s.unsettled, 0);

/**
 * One last message through broker and archiver. The archiver's session is one queue: when this one is stored, everything
 * that the broker still held before it is stored too, also what senders without an outbox wait for.
 */
async function passMarker(cluster, world) {
  const schedule = {seed: world.schedule.seed, senders: [{role: 'staff', sub: 'marker', rooms: [MARKER_ROOM], plain: false}]};
  const marker = new Sender({...world, schedule}, 0).start();
  marker.due({n: 0, sender: 0, room: MARKER_ROOM, id: randomUUID(), what: 'message'});
  const ticking = setInterval(() => marker.tick(), 50);
  await until(async () => marker.unsettled === 0, () => cluster.progress());
  clearInterval(ticking);
  marker.stop();
}

async function playRound(cluster, schedule) {
  const gym = `f${schedule.seed}`;
  let order = 0;
  const world = {schedule, gym, port: cluster.mqttPort, token: (role, sub, rooms) => cluster.token({gym, role, sub, rooms}), order: () => ++order};
  const senders = schedule.senders.map((_, i) => new Sender(world, i).start());
  const ticking = setInterval(() => senders.forEach((s) => s.tick()), 50);
  const faults = schedule.faults.map((fault) => ({...fault}));
  const begin = performance.now();
  let next = 0;
  const striking = [];
  while (next < schedule.sends.length || faults.length > 0) {
    const now = performance.now() - begin;
    for (; next < schedule.sends.length && schedule.sends[next].atMs <= now; next++)
      senders[schedule.sends[next].sender].due(schedule.sends[next]);
    while (faults.length > 0 && faults[0].atMs <= now)
      striking.push(cluster.strike(faults.shift()));
    await wait(5);
  }
  await Promise.all(striking);
  await cluster.heal();
  await until(async () => senders.every((s) => s.unsettled === 0), async () => `${unsettled(senders)} ${await cluster.progress()}`);
  await passMarker(cluster, world);
  clearInterval(ticking);
  senders.forEach((s) => s.stop());
  const {sent, extra} = whatWasSent(senders, schedule);
  return {gym, seen: {sent, extra, brokerMayLose: cluster.brokerWasHurt()}};
}

async function oneRound(cluster, seed) {
  const schedule = makeSchedule(seed, {
    ...(args.messages && {messages: Number(args.messages)}),
    ...(args.only && {only: args.only.split(',')}),
  });
  const begin = performance.now();
  await cluster.beginRound();
  const {gym, seen} = await playRound(cluster, schedule);
  const {rows, rooms, dead} = await cluster.read(gym);
  const ours = ({room}) => room !== MARKER_ROOM;
  const told = await cluster.readThroughApi(gym, rooms.filter(ours).map((r) => r.room));
  const report = check(seen, rows.filter(ours), rooms.filter(ours), dead, told);
  const faults = schedule.faults.map((f) => f.kind);
  return {seed, faults, sent: seen.sent.size, extra: seen.extra.length, seconds: (performance.now() - begin) / 1000, ...report};
}

function printRound(round) {
  const bad = MUST_BE_ZERO.filter((kind) => round.counts[kind] > 0).map((kind) => `${kind} ${round.counts[kind]}`);
  console.log(`seed ${round.seed}: ${round.sent} sent, ${round.counts.stored} stored, ${round.counts.recovered} recovered, `
    + `${round.seconds.toFixed(1)} s, ${round.faults.join(' ') || 'calm'}: ${bad.length ? `FOUND ${bad.join(', ')}` : 'ok'}`);
  for (const finding of bad.length ? round.findings.slice(0, 8) : [])
    console.log(`    ${finding}`);
}

function printTable(rounds) {
  const struck = {};
  for (const {faults} of rounds) {
    for (const kind of faults)
      struck[kind] = (struck[kind] ?? 0) + 1;
  }
  const total = sum(rounds);
  const sent = rounds.reduce((n, r) => n + r.sent + r.extra, 0);
  console.log(`\n${rounds.length} rounds, seeds ${rounds[0].seed} to ${rounds.at(-1).seed}, ${sent} sent, ${total.stored} stored, ${total.recovered} recovered`);
  console.log(`faults: ${Object.entries(struck).sort().map(([kind, n]) => `${kind} ${n}`).join(', ')}`);
  console.log(MUST_BE_ZERO.map((kind) => `${kind} ${total[kind]}`).join(', '));
  return MUST_BE_ZERO.every((kind) => total[kind] === 0);
}

const cluster = await startCluster({sabotage: args.sabotage});
const rounds = [];
let clean = false;
try {
  for (let i = 0; i < Number(args.rounds); i++) {
    const round = await oneRound(cluster, Number(args.seed) + i);
    rounds.push(round);
    printRound(round);
    if (args.report)
      appendFileSync(args.report, `${JSON.stringify(round)}\n`);
    if (round.counts[args.until] > 0)
      break;
  }
  clean = printTable(rounds);
} finally {
  await cluster.stop();
}
process.exitCode = clean ? 0 : 1;
