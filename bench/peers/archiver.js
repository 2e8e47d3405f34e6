// archiver.js - what one would write instead of gymchat's archiver, to be measured beside it:
//   node archiver.js batch    one multi-row INSERT every 100 ms
//   node archiver.js single   one INSERT (and commit) a message, over a pool of 10 connections
// Subscribed at QoS 1 with a persistent session, the PUBACK as MQTT.js sends it: when the message arrives. With
// NOTICES=1 it publishes what gymchat publishes: per batch and room one log notice naming id and seq (here the row's
// identity: peers keep no seq).
// Environment: DATABASE_URL, MQTT_PORT, MQTT_USERNAME, MQTT_PASSWORD, NOTICES.
import mqtt from 'mqtt';
import pg from 'pg';

const mode = process.argv[2];
const notices = process.env.NOTICES === '1';
const pool = new pg.Pool({connectionString: process.env.DATABASE_URL, max: mode === 'single' ? 10 : 2});
const insertHead = 'INSERT INTO peer_messages (gym, room, msg_id, sender_role, sender, body, sent_at) VALUES ';
const insertTail = ' ON CONFLICT (gym, room, msg_id) DO NOTHING RETURNING id, room, msg_id, sender_role, sender, stored_at';

await pool.query(`CREATE TABLE IF NOT EXISTS peer_messages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, gym text NOT NULL, room text NOT NULL, msg_id uuid NOT NULL,
  sender_role text NOT NULL, sender text NOT NULL, body text NOT NULL, sent_at timestamptz NOT NULL,
  stored_at timestamptz NOT NULL DEFAULT clock_timestamp(), UNIQUE (gym, room, msg_id))`);
await pool.query('CREATE INDEX IF NOT EXISTS peer_messages_room ON peer_messages (gym, room, id)');

const options = {username: process.env.MQTT_USERNAME, password: process.env.MQTT_PASSWORD, protocolVersion: 5};
const url = `mqtt://127.0.0.1:${process.env.MQTT_PORT}`;
const input = mqtt.connect(url, {...options, clientId: `${options.username}.peer-${mode}`, clean: false,
  properties: {sessionExpiryInterval: 3600, receiveMaximum: 1000}});
const output = notices ? mqtt.connect(url, {...options, clientId: `${options.username}.peer-${mode}-out`}) : undefined;

function rowOf(topic, payload) {
  const [, gym, , room, , role, sender] = topic.split('/');
  const message = JSON.parse(payload);
  return [gym, room, message.id, role, sender, message.text, message.sent_at];
}

function tell(gym, stored) {
  const rooms = new Map();
  for (const row of stored) {
    const entry = {id: row.msg_id, seq: Number(row.id), role: row.sender_role, sender: row.sender, stored_at: row.stored_at};
    if (rooms.has(row.room))
      rooms.get(row.room).push(entry);
    else
      rooms.set(row.room, [entry]);
  }
  for (const [room, entries] of rooms)
    output.publish(`gym/${gym}/room/${room}/log`, JSON.stringify({last_seq: entries.at(-1).seq, stored: entries}), {qos: 0});
}

async function store(rows) {
  const places = rows.map((_, i) => `($${i * 7 + 1},$${i * 7 + 2},$${i * 7 + 3},$${i * 7 + 4},$${i * 7 + 5},$${i * 7 + 6},$${i * 7 + 7})`);
  const {rows: stored} = await pool.query(insertHead + places.join(',') + insertTail, rows.flat());
  if (notices)
    tell(rows[0][0], stored);
}

if (mode === 'batch') {
  let waiting = [];
  let busy = false;
  input.on('message', (topic, payload) => waiting.push(rowOf(topic, payload)));
  setInterval(async () => {
    if (busy)
      return;
    busy = true;
    while (waiting.length > 0) {
      const rows = waiting.slice(0, 5000);	// 65,535 parameters a statement
      waiting = waiting.slice(5000);
      await store(rows);
    }
    busy = false;
  }, 100);
} else {
  input.on('message', (topic, payload) => store([rowOf(topic, payload)]));
}

input.on('connect', async () => {
  await input.subscribeAsync('gym/+/room/+/msg/+/+', {qos: 1});
  console.log('subscribed');
});
