// /metrics keeps Prometheus' conventions (what promtool check metrics asks for, and a little more), names no gym, room or
// person, and has the figures of archiver and broker beside the API's own.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {ApiWorld, envelope} from '../lib/api-world.js';
import {until} from '../lib/broker.js';

const LABELS = {worker: /^\d+$/, method: /^([A-Z]+)?$/, route: /^(\/[a-z0-9{}./-]*)?$/, code: /^[2-5]xx$/, le: /^(\+Inf|[\d.e-]+)$/, instance: /^[A-Za-z0-9_-]+$/, version: /^[\w.-]+$/};
const WATCHED = ['gymchat_archiver_lag_seconds', 'gymchat_archiver_queued_messages', 'gymchat_archiver_dead_letters_total', 'gymchat_digest_behind_messages',
  'gymchat_broker_stored_messages', 'gymchat_broker_publishes_dropped_total', 'gymchat_broker_clients_connected', 'gymchat_edge_clients'];
let world, families;

before(async () => {
  world = await ApiWorld.start();
  const ana = world.token('client', 'ana-persona');
  const send = await world.call('POST', '/v1/gyms/g/rooms/ana-persona/messages', {token: ana, body: envelope('hola')});
  assert.equal(send.status, 201);
  await world.call('GET', '/v1/gyms/g/rooms/ana-persona/messages', {token: ana});
  await world.call('GET', '/assets/none.js');
  await until(async () => {	// archiver and broker tell theirs one by one
    families = await read();
    return WATCHED.every((name) => families.has(name)) && families.get('gymchat_archiver_up').samples[0].value === 1;
  }, `all of ${WATCHED}`);
});

after(() => world?.stop());

/** name → {help, type, samples: [{name, labels, value}]}, with what the text format itself demands. */
async function read() {
  const {text, headers} = await world.call('GET', '/metrics');
  assert.match(headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
  assert.ok(text.endsWith('\n'));
  const all = new Map();
  let family;
  for (const line of text.trimEnd().split('\n')) {
    const [, word, name, rest] = line.match(/^# (HELP|TYPE) (\S+) (.+)$/) ?? [];
    if (word === 'HELP') {
      assert.ok(!all.has(name), `${name} comes twice`);
      all.set(name, family = {name, help: rest, samples: []});
    } else if (word === 'TYPE') {
      assert.equal(name, family.name);
      family.type = rest;
    } else {
      const [, sample, labels = '', value] = line.match(/^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (\S+)$/) ?? assert.fail(line);
      assert.ok(sample === family.name || (family.type === 'histogram' && sample.startsWith(`${family.name}_`)), `${line} among ${family.name}`);
      const pairs = [...labels.matchAll(/(\w+)="([^"\\]*)"(?:,|$)/g)];
      assert.equal(pairs.map(([pair]) => pair).join(''), labels, line);
      family.samples.push({name: sample, labels: Object.fromEntries(pairs.map(([, key, text_]) => [key, text_])), value: Number(value)});
      assert.ok(Number.isFinite(Number(value)), line);
    }
  }
  return new Map([...all].filter(([, {samples}]) => samples.length > 0));
}

test('names, types and units are as Prometheus wants them', () => {
  assert.ok(families.size > 30);
  for (const {name, type, help, samples} of families.values()) {
    assert.match(name, /^(gymchat|process)_[a-z]+(_[a-z]+)*$/);
    assert.ok(['counter', 'gauge', 'histogram'].includes(type), `${name} is a ${type}`);
    assert.equal(name.endsWith('_total'), type === 'counter', `${name}: ${type}`);
    assert.doesNotMatch(name, /_(count|sum|bucket|ms|us|milliseconds|minutes|kib|kb|mib|percent|gauge|counter)(_|$)/, name);
    assert.match(help, /^[A-Z].*\.$/, `${name} has no sentence: ${help}`);
    assert.equal(new Set(samples.map((s) => JSON.stringify([s.name, s.labels]))).size, samples.length, `${name} has a sample twice`);
    for (const {labels, value} of samples) {
      for (const [label, text] of Object.entries(labels))
        assert.match(text, LABELS[label] ?? assert.fail(`${name} has the label ${label}`), `${name}{${label}}`);
      assert.ok(type !== 'counter' || value >= 0);
    }
  }
});

test('a histogram\'s buckets rise to its count', () => {
  const {name, samples} = families.get('gymchat_http_request_duration_seconds');
  const of = (suffix) => samples.filter((s) => s.name === `${name}_${suffix}`);
  const buckets = of('bucket'), [count] = of('count'), [sum] = of('sum');
  const bounds = buckets.map(({labels}) => Number(labels.le.replace('+Inf', 'Infinity')));
  assert.deepEqual(bounds, [...bounds].sort((a, b) => a - b));
  assert.equal(bounds.at(-1), Infinity);
  buckets.reduce((last, {value}) => (assert.ok(value >= last), value), 0);
  assert.equal(buckets.at(-1).value, count.value);
  assert.ok(count.value >= 2 && sum.value > 0);
});

test('lag, dead letters, queues and who is up are in one place, and no room or person', () => {
  const value = (name) => families.get(name)?.samples[0].value;
  assert.equal(value('gymchat_archiver_up'), 1);
  assert.equal(value('gymchat_api_database_up'), 1);
  assert.equal(value('gymchat_archiver_dead_letters_total'), 0);
  for (const name of WATCHED)
    assert.ok(value(name) >= 0, name);
  assert.doesNotMatch(JSON.stringify([...families.values()]), /ana-persona/);
});
