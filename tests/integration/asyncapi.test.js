// docs/asyncapi.yaml against the running broker and archiver: whatever crosses a topic has that channel's payload, the
// descriptions' own examples are stored, and every channel that the archiver writes has been seen.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {join as joinPath} from 'node:path';
import {after, before, test} from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import {parse} from 'yaml';
import {World} from '../lib/archiver.js';
import {publish, ROOT, subscribe, until} from '../lib/broker.js';

const description = parse(readFileSync(joinPath(ROOT, 'docs/asyncapi.yaml'), 'utf8'), {merge: true});
const ajv = new Ajv2020({strict: false, allErrors: true});
addFormats(ajv);
ajv.addSchema({components: description.components}, 'asyncapi');	// the whole has an "id" that is no schema's

const channels = Object.entries(description.channels).map(([name, {address, messages}]) => ({
  name,
  pattern: new RegExp(`^${address.replace(/\{\w+\}/g, '[^/]+')}$`),
  check: ajv.compile({$ref: `asyncapi#/components/messages/${Object.values(messages)[0].$ref.split('/').at(-1)}/payload`}),
}));

let world;
const RUBBISH = 'no JSON';
const seen = new Set();
const wrong = [];

function hold({topic, text}) {
  if (text === RUBBISH)
    return;
  const channel = channels.find(({pattern}) => pattern.test(topic));
  if (channel === undefined)
    wrong.push(`${topic} is no channel of the description`);
  else if (!channel.check(JSON.parse(text)))
    wrong.push(`${topic}: ${ajv.errorsText(channel.check.errors)} in ${text}`);
  else
    seen.add(channel.name);
}

/** Everything that its filters bring is held against the description. */
async function listen(claims, filters) {
  const client = await world.client(claims.role, claims.sub, claims);
  client.on('message', (topic, payload) => hold({topic, text: payload.toString()}));
  const granted = await subscribe(client, ...filters);
  assert.ok(granted.every((qos) => qos < 128), `${filters}: ${granted}`);
  return client;
}

before(async () => {
  world = await World.start();
  await world.archiver();
});

after(() => world?.stop());

const envelope = (text, more) => ({id: randomUUID(), text, sent_at: new Date().toISOString(), ...more});

test('what people, kiosks and the archiver publish is what the description says', async () => {
  const desk = await listen({role: 'staff', sub: 'marta'}, ['gym/g/room/+/#', 'gym/g/desk/#', 'gym/g/presence/#', 'gym/g/to/staff/marta']);
  const ana = await listen({role: 'client', sub: 'ana'}, ['gym/g/to/client/ana']);
  const kiosk = await listen({role: 'kiosk', sub: 'door'}, ['gym/g/to/kiosk/door']);
  await listen({gym: '_system', role: 'service', sub: 'api'}, ['gymchat/state/#']);

  const examples = Object.values(description.components.messages).flatMap(({examples = []}) => examples);
  assert.ok(examples.length > 0);
  for (const {payload} of examples)
    await publish(ana, 'gym/g/room/ana/msg/client/ana', payload);
  await publish(ana, 'gym/g/room/ana/typing/client/ana', {typing: true}, {qos: 0});
  await publish(ana, 'gym/g/presence/client/ana', {online: true, conn: 'tab1'}, {qos: 0});
  await publish(ana, 'gym/g/room/ana/msg/client/ana', RUBBISH);
  await publish(ana, 'gym/g/room/leo/msg/client/ana', envelope('not my room'));
  await publish(kiosk, 'gym/g/room/ana/msg/kiosk/door', envelope('Entrada', {kind: 'checkin'}));
  await publish(desk, 'gym/g/room/ana/receipt/staff/marta', {delivered: 1, read: 1, at: new Date().toISOString()});
  await publish(desk, 'gym/g/desk/ana/note/staff/marta', envelope('llamar mañana'));
  await publish(desk, 'gym/g/desk/ana/here/staff/marta', {viewing: true, replying: false}, {qos: 0});

  const expected = ['message', 'typing', 'presence', 'roomLog', 'to', 'receipt', 'note', 'here', 'deskLog', 'state'];
  await until(() => wrong.length > 0 || expected.every((name) => seen.has(name)), `all of ${expected}`, 15_000).catch((error) => {
    throw new Error(`${error.message}; seen only ${[...seen]}`);
  });
  assert.deepEqual(wrong, []);
  assert.deepEqual(expected.sort(), channels.map(({name}) => name).sort(), 'every channel of the description is tried here');
});
