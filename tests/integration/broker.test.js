// Who may connect, publish and subscribe: the auth plugin in a real Mosquitto with the shipped configuration.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {after, before, describe, test} from 'node:test';
import {Broker, connectClient, publish, signToken, subscribe, until} from '../lib/broker.js';
import {listeningOn} from '../lib/ports.js';

const ANA = {role: 'client', sub: 'ana'};
const MARTA = {role: 'staff', sub: 'marta'};
const DOOR = {role: 'kiosk', sub: 'door'};
const CRM = {role: 'service', sub: 'crm'};
const ARCHIVER = {gym: '_system', role: 'service', sub: 'archiver'};
const API = {gym: '_system', role: 'service', sub: 'api'};

const toOf = ({gym = 'g', role, sub}) => `gym/${gym}/to/${role}/${sub}`;

let broker;
before(async () => { broker = await Broker.start({settings: {LIMITS: 'off'}}); });
after(() => broker?.stop());

describe('connecting', {timeout: 60_000}, () => {
  const login = () => broker.login(ANA);
  const refused = (options, code = 5) => assert.rejects(connectClient(broker.url, options), (error) => error.code === code);

  test('a good token, over TCP and over the Unix socket', async () => {
    const tcp = await broker.connect(ANA);
    const unix = await connectClient(broker.socket, broker.login(ANA, {tail: 'unix'}));
    await Promise.all([tcp.endAsync(), unix.endAsync()]);
  });

  test('an expired token', () => refused(broker.login(ANA, {ttl: -1})));
  test('a token of another key', () => refused({...login(), password: signToken({gym: 'g', ...ANA}, 'x'.repeat(43))}));
  test('a token for nobody yet', () => refused({...login(), password: broker.token({...ANA, nbf: Date.now() / 1000 + 300 | 0})}));
  test('no token', () => refused({...login(), password: undefined}));
  test('something else as token', () => refused({...login(), password: 'secret'}));
  test('no username', () => refused({clientId: 'g.client.ana.t'}));
  test('another audience', () => refused({...login(), password: broker.token({...ANA, aud: 'other'})}));

  test('a tampered token', () => {
    const [header, , signature] = broker.token(ANA).split('.');
    const [, body] = broker.token({...ANA, rooms: ['bob']}).split('.');
    return refused({...login(), password: `${header}.${body}.${signature}`});
  });
  test('a token without a signature', () => {
    const [, body] = broker.token(ANA).split('.');
    const header = Buffer.from('{"typ":"JWT","alg":"none"}').toString('base64url');
    return refused({...login(), password: `${header}.${body}.`});
  });
  test('a username that is not the token’s: another gym, role or person', async () => {
    for (const username of ['h.client.ana', 'g.staff.ana', 'g.client.bob', 'g.client.ana.x', 'ana'])
      await refused({...login(), username, clientId: `${username}.t`});
  });
  test('a client id that does not begin with the username', async () => {
    for (const clientId of ['g.client.bob.t', 'g.client.ana', 'g.client.ana.', 'g.client.anab.t', 'g.client.ana.a b', 'x'])
      await refused({...login(), clientId});
    await refused({...login(), clientId: ''}, 2);
  });
  test('a gym’s key does not make a program, nor the system’s key a member', async () => {
    const fake = signToken({...ARCHIVER}, broker.key);
    await refused({...broker.login(ARCHIVER), password: fake});
    await refused({...login(), password: signToken({gym: 'g', ...ANA}, broker.systemKey)});
    await (await broker.connect(ARCHIVER)).endAsync();
  });
  test('MQTT 5 gets the reason', () => refused({...login(), password: 'secret', protocolVersion: 5}, 135));
  test('the log says who and why, and no token', () => {
    assert.match(broker.log(), /refused connection g\.client\.ana\.t: token: expired \d+ s ago/);
    assert.match(broker.log(), /refused connection x: client id must be g\.client\.ana\./);
    assert.doesNotMatch(broker.log(), /eyJ/);
  });
});

describe('subscribing', {timeout: 60_000}, () => {
  const table = [
    [ANA, ['gym/g/room/ana/#', 'gym/g/room/ana/log', 'gym/g/presence/staff/+', toOf(ANA)],
      ['#', '+/+/#', 'gym/#', 'gym/g/#', 'gym/+/room/ana/#', 'gym/g/room/+/log', 'gym/g/room/bob/#', 'gym/h/room/ana/#',
        'gym/g/presence/#', 'gym/g/presence/client/+', 'gym/g/desk/#', 'gym/g/desk/ana/log', 'gym/g/to/client/+',
        toOf(MARTA), '$SYS/#', '$SYS/broker/uptime', '$share/x/gym/g/room/ana/#', '$CONTROL/#', 'gymchat/state/#']],
    [MARTA, ['gym/g/room/+/#', 'gym/g/room/ana/msg/+/+', 'gym/g/desk/#', 'gym/g/presence/#', toOf(MARTA)],
      ['#', 'gym/#', 'gym/g/#', 'gym/+/room/+/#', 'gym/h/room/+/#', 'gym/g/to/#', toOf(ANA), 'gym/g/announce/#', '$SYS/#',
        '$share/x/gym/g/room/+/#', '$CONTROL/#', 'gymchat/state/#']],
    [DOOR, ['gym/g/room/kiosk-door/#', toOf(DOOR)],
      ['#', 'gym/g/room/ana/#', 'gym/g/room/+/#', 'gym/g/room/kiosk-gate/#', 'gym/g/room/door/#', 'gym/g/presence/staff/+',
        'gym/g/desk/#', toOf(ANA), '$SYS/#', '$share/x/gym/g/room/kiosk-door/#']],
    [CRM, ['gym/g/room/+/#', 'gym/g/desk/#', 'gym/g/presence/#', toOf(CRM)],
      ['#', 'gym/+/room/+/#', 'gym/h/room/+/#', 'gym/g/to/#', '$SYS/#', '$CONTROL/#']],
    [ARCHIVER, ['gym/+/room/+/msg/+/+', 'gym/+/room/+/receipt/+/+', 'gym/+/presence/+/+', 'gym/+/desk/+/note/+/+'],
      ['#', 'gym/+/room/+/log', 'gym/+/room/+/#', 'gym/+/to/+/+', '$SYS/#', '$CONTROL/#', '$share/x/gym/+/room/+/msg/+/+',
        'gymchat/state/#']],
    [API, ['gym/+/room/+/log', 'gym/+/desk/+/log', 'gymchat/state/#', '$SYS/#'],
      ['#', 'gym/+/room/+/#', 'gym/+/room/+/msg/+/+', 'gym/+/to/+/+', '$CONTROL/#', 'gymchat/#']],
  ];
  for (const [who, granted, denied] of table) {
    test(`${who.gym ?? 'g'} ${who.role} ${who.sub}`, async () => {
      const client = await broker.connect(who);
      const codes = await subscribe(client, ...granted, ...denied);
      assert.deepEqual(codes.slice(0, granted.length).map((code, i) => `${granted[i]} ${code}`), granted.map((f) => `${f} 1`));
      assert.deepEqual(codes.slice(granted.length).map((code, i) => `${denied[i]} ${code}`), denied.map((f) => `${f} 128`));
      await client.endAsync();
    });
  }
});

describe('publishing', {timeout: 60_000}, () => {
  // [who, topics that arrive, topics that are refused with an answer]
  const table = [
    [ANA, ['room/ana/msg/client/ana', 'room/ana/receipt/client/ana', 'room/ana/typing/client/ana', 'presence/client/ana'],
      ['room/ana/msg/client/bob', 'room/ana/msg/staff/ana', 'room/bob/msg/client/ana', 'room/kiosk-door/msg/client/ana',
        'room/ana/log', 'to/client/ana', 'to/staff/marta', 'presence/client/bob', 'presence/staff/ana',
        'desk/ana/note/staff/ana', 'desk/ana/log', 'announce/staff/ana', 'room/ana', 'room/ana/msg/client/ana/x']],
    [MARTA, ['room/ana/msg/staff/marta', 'room/new-room/msg/staff/marta', 'room/kiosk-door/msg/staff/marta',
      'room/ana/receipt/staff/marta', 'room/ana/typing/staff/marta', 'presence/staff/marta', 'desk/ana/note/staff/marta',
      'desk/ana/here/staff/marta'],
    ['room/ana/msg/staff/luis', 'room/ana/msg/client/ana', 'room/a.b/msg/staff/marta', 'room/ana/log', 'desk/ana/log',
      'desk/ana/note/staff/luis', 'announce/staff/marta', 'presence/staff/luis', 'to/client/ana']],
    [DOOR, ['room/ana/msg/kiosk/door', 'room/kiosk-door/msg/kiosk/door', 'presence/kiosk/door'],
      ['room/ana/msg/kiosk/gate', 'room/kiosk-gate/msg/kiosk/door', 'room/ana/receipt/kiosk/door',
        'room/ana/typing/kiosk/door', 'room/kiosk-door/log', 'presence/kiosk/gate', 'to/kiosk/door']],
    [CRM, ['room/ana/msg/service/crm', 'presence/service/crm'],
      ['room/ana/msg/staff/crm', 'room/ana/msg/client/ana', 'desk/ana/note/staff/crm', 'room/ana/log', 'to/client/ana']],
  ];
  for (const [who, allowed, forbidden] of table) {
    test(`${who.role} ${who.sub}`, async () => {
      const witness = await broker.connect({role: 'staff', sub: 'eva'});
      const client = await broker.connect(who);
      await subscribe(witness, 'gym/g/room/+/#', 'gym/g/desk/#', 'gym/g/presence/#');
      await subscribe(client, toOf(who));
      for (const topic of forbidden) {
        const id = randomUUID();
        await publish(client, `gym/g/${topic}`, {id, text: topic});
        const {rejected: [answer, ...more]} = (await client.inbox.take(toOf(who))).json;
        assert.deepEqual(more, []);
        assert.equal(answer.id, id);
        assert.equal(answer.code, 'forbidden', topic);
        assert.equal(answer.room, /^(?:room|desk)\/([\w-]+)(?:\/|$)/.exec(topic)?.[1] ?? null);
      }
      for (const topic of allowed) {
        await publish(client, `gym/g/${topic}`, {id: randomUUID()});
        await witness.inbox.take(`gym/g/${topic}`);
      }
      assert.deepEqual(witness.inbox.messages, [], 'nothing refused was delivered');
      assert.deepEqual(client.inbox.messages, [], 'nothing allowed was answered');
      await Promise.all([witness.endAsync(), client.endAsync()]);
    });
  }

  test('another gym is out of reach for everybody', async () => {
    const witness = await broker.connect({...MARTA, gym: 'h'});
    await subscribe(witness, 'gym/h/room/+/#', 'gym/h/presence/#', 'gym/h/desk/#');
    for (const who of [ANA, MARTA, DOOR, CRM]) {
      const client = await broker.connect(who);
      await subscribe(client, toOf(who));
      await publish(client, `gym/h/room/ana/msg/${who.role}/${who.sub}`, {id: randomUUID()});
      assert.equal((await client.inbox.take(toOf(who))).json.rejected[0].code, 'forbidden');
      await client.endAsync();
    }
    await publish(witness, 'gym/h/room/last/msg/staff/marta', '{}');
    await witness.inbox.take('gym/h/room/last/msg/staff/marta');
    assert.deepEqual(witness.inbox.messages, []);
    await witness.endAsync();
  });

  test('the programs write notices and answers, and read what is theirs', async () => {
    const [archiver, api, ana, marta] = await Promise.all([ARCHIVER, API, ANA, MARTA].map((who) => broker.connect(who)));
    await subscribe(archiver, 'gym/+/room/+/msg/+/+', 'gym/+/desk/+/note/+/+');
    await subscribe(api, 'gym/+/room/+/log', 'gym/+/desk/+/log', 'gymchat/state/#', '$SYS/#');
    await subscribe(ana, 'gym/g/room/ana/#', toOf(ANA));
    await subscribe(marta, 'gym/g/desk/#');
    await publish(archiver, 'gym/g/room/ana/log', '{"last_seq":1}', {qos: 0});
    await publish(archiver, 'gym/g/desk/ana/log', '{"note_last_seq":1}', {qos: 0});
    await publish(archiver, toOf(ANA), '{"rejected":[]}', {qos: 0});
    await publish(archiver, 'gymchat/state/archiver/main', '{}', {qos: 0});
    for (const inbox of [ana.inbox, api.inbox])
      await inbox.take('gym/g/room/ana/log');
    for (const inbox of [marta.inbox, api.inbox])
      await inbox.take('gym/g/desk/ana/log');
    await ana.inbox.take(toOf(ANA));
    await api.inbox.take('gymchat/state/archiver/main');
    await api.inbox.take('$SYS/broker/version'); // retained: the one thing that is
    await publish(api, 'gym/g/room/ana/msg/client/ana', {id: randomUUID()});
    for (const inbox of [ana.inbox, archiver.inbox])
      await inbox.take('gym/g/room/ana/msg/client/ana');
    await Promise.all([archiver, api, ana, marta].map((client) => client.endAsync()));
  });

  test('retained and QoS 2 are refused with an answer, and the connection stays', async () => {
    const ana = await broker.connect(ANA);
    await subscribe(ana, toOf(ANA), 'gym/g/room/ana/#');
    const topic = 'gym/g/room/ana/msg/client/ana';
    await publish(ana, topic, {id: randomUUID()}, {retain: true});
    assert.match((await ana.inbox.take(toOf(ANA))).json.rejected[0].detail, /retained/);
    await publish(ana, topic, '', {retain: true});
    assert.match((await ana.inbox.take(toOf(ANA))).json.rejected[0].detail, /retained/);
    await publish(ana, topic, {id: randomUUID()}, {qos: 2}); // PUBREC, PUBREL, PUBCOMP all the same
    assert.match((await ana.inbox.take(toOf(ANA))).json.rejected[0].detail, /QoS 2/);
    await publish(ana, topic, {text: 'last'});
    assert.equal((await ana.inbox.take(topic)).json.text, 'last');
    const late = await broker.connect(ANA);
    await subscribe(late, 'gym/g/room/ana/#', 'gym/g/presence/staff/+'); // the second SUBACK comes after what is retained
    assert.deepEqual([...late.inbox.messages, ...ana.inbox.messages], []);
    await Promise.all([ana.endAsync(), late.endAsync()]);
  });

  test('MQTT 5 hears it in the PUBACK and the SUBACK as well', async () => {
    const ana = await broker.connect(ANA, {protocolVersion: 5});
    await assert.rejects(publish(ana, 'gym/g/room/bob/msg/client/ana', '{}'), (error) => error.code === 135);
    assert.deepEqual(await subscribe(ana, 'gym/g/room/bob/#'), [135]);
    assert.equal(ana.connected, true);
    await ana.endAsync();
  });

  test('what is too large for a message goes through to be answered; beyond 64 KiB the connection ends', async () => {
    const [ana, archiver] = await Promise.all([broker.connect(ANA), broker.connect(ARCHIVER)]);
    await subscribe(archiver, 'gym/+/room/+/msg/+/+');
    const topic = 'gym/g/room/ana/msg/client/ana';
    for (const size of [20_000, 65_536]) {
      await publish(ana, topic, 'x'.repeat(size));
      assert.equal((await archiver.inbox.take(topic)).text.length, size);
    }
    ana.publish(topic, 'x'.repeat(67_000), {qos: 1});
    await ana.ended;
    await archiver.endAsync();
  });
});

describe('mosquitto_pub and mosquitto_sub', {timeout: 60_000}, () => {
  const children = [];
  after(() => children.forEach((child) => child.kill()));

  const run = (tool, who, args) => {
    const {username, password, clientId} = broker.login(who, {tail: `${tool}-${randomUUID()}`});
    const child = spawn('stdbuf', ['-oL', tool, '-h', '127.0.0.1', '-p', broker.port, '-u', username, '-P', password,
      '-i', clientId, ...args]);
    children.push(child);
    const done = {out: '', err: '', child};
    child.stdout.on('data', (data) => { done.out += data; });
    child.stderr.on('data', (data) => { done.err += data; });
    done.exit = new Promise((ended) => child.on('close', (code) => ended(code)));
    return done;
  };

  test('a message from one to the other', async () => {
    const sub = run('mosquitto_sub', MARTA, ['-t', 'gym/g/room/+/#', '-q', '1', '-C', '1', '-v', '-d']);
    await until(() => sub.out.includes('Subscribed'), 'SUBACK');
    const topic = 'gym/g/room/ana/msg/kiosk/door';
    assert.equal(await run('mosquitto_pub', DOOR, ['-t', topic, '-q', '1', '-m', '{"text":"Ana ha entrado"}']).exit, 0);
    assert.equal(await sub.exit, 0);
    assert.match(sub.out, /gym\/g\/room\/ana\/msg\/kiosk\/door \{"text":"Ana ha entrado"\}/);
  });

  test('a refused filter and a refused login end mosquitto_sub', async () => {
    const filter = run('mosquitto_sub', ANA, ['-t', 'gym/g/room/bob/#', '-q', '1', '-C', '1']);
    await filter.exit;
    assert.match(filter.err, /denied/i);
    const login = run('mosquitto_pub', ANA, ['-t', 'x', '-m', 'x', '-P', 'nothing']);
    assert.equal(await login.exit, 5);
  });

  test('a device that listens on to/ hears why its publish was refused', async () => {
    const sub = run('mosquitto_sub', DOOR, ['-t', toOf(DOOR), '-C', '1', '-d']);
    await until(() => sub.out.includes('Subscribed'), 'SUBACK');
    const id = randomUUID();
    const topic = 'gym/g/room/ana/msg/kiosk/gate';
    assert.equal(await run('mosquitto_pub', DOOR, ['-t', topic, '-q', '1', '-m', JSON.stringify({id})]).exit, 0);
    assert.equal(await sub.exit, 0);
    assert.match(sub.out, new RegExp(`\\{"rejected":\\[\\{"id":"${id}","room":"ana","code":"forbidden"`));
  });
});

test('it listens on the loopback address alone', () => assert.deepEqual(listeningOn(broker.port), ['127.0.0.1']));
