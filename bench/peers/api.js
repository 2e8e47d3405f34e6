// api.js - what one would write instead of gymchat-api for the history of a room, to be measured beside it:
//   node api.js fastify   fastify and pg: schemas for input and output, so that it serialises as fast as it can
//   node api.js raw       bare node:http; PostgreSQL builds the JSON (json_agg), node only passes it on
// GET /v1/gyms/{gym}/rooms/{room}/messages?before=&limit=, over gymchat's own tables, one named statement, a pool of 10.
// No token is looked at. FULL=1 answers per message what gymchat answers (name, delivered_at, read_at); without it only
// what stands in the table of the messages.
// Environment: DATABASE_URL, PORT, FULL.
import {createServer} from 'node:http';
import Fastify from 'fastify';
import pg from 'pg';

const MOST = '9223372036854775807';
const isFull = process.env.FULL === '1';
const port = Number(process.env.PORT);
const pool = new pg.Pool({connectionString: process.env.DATABASE_URL, max: 10});
pg.types.setTypeParser(20, Number); // bigint: a seq stays far below 2^53

const firstOf = (mark) => `(SELECT f.at FROM receipts f WHERE f.gym_id = m.gym_id AND f.room_id = m.room_id
  AND f.role = CASE m.sender_role WHEN 'client' THEN 'staff' WHEN 'staff' THEN 'client' END
  AND f.first_${mark} AND f.${mark} >= m.seq ORDER BY f.${mark} LIMIT 1)`;
const full = isFull ? `, p.name, ${firstOf('delivered')} AS delivered_at, ${firstOf('read')} AS read_at` : '';
const names = isFull ? ' LEFT JOIN participants p ON p.gym_id = m.gym_id AND p.role = m.sender_role AND p.who = m.sender' : '';
// LATERAL: joined plainly, PostgreSQL 15 reads and sorts the whole room.
const page = `SELECT m.id, m.seq, m.sender_role AS role, m.sender, m.kind, m.body AS text, m.reply_to, m.sent_at, m.stored_at${full}
  FROM gyms g JOIN rooms r ON r.gym_id = g.id, LATERAL (SELECT * FROM messages m
    WHERE m.gym_id = r.gym_id AND m.room_id = r.id AND m.seq < $3 ORDER BY m.seq DESC LIMIT $4) m ${names}
  WHERE g.key = $1 AND r.key = $2`;

function serveWithFastify() {
  const text = {type: 'string'};
  const maybe = {type: 'string', nullable: true};
  const message = {
    type: 'object',
    properties: {id: text, seq: {type: 'integer'}, role: text, sender: text, name: maybe, kind: text, text, reply_to: maybe,
      sent_at: text, stored_at: text, delivered_at: maybe, read_at: maybe},
  };
  const app = Fastify({logger: false});
  app.get('/v1/gyms/:gym/rooms/:room/messages', {
    schema: {
      params: {type: 'object', properties: {gym: text, room: text}},
      querystring: {type: 'object', properties: {before: {type: 'string', pattern: '^\\d{1,18}$'}, limit: {type: 'integer', minimum: 1, maximum: 200, default: 50}}},
      response: {200: {type: 'object', properties: {messages: {type: 'array', items: message}}}},
    },
  }, async ({params, query}) => {
    const {rows} = await pool.query({name: 'page', text: page, values: [params.gym, params.room, query.before ?? MOST, query.limit]});
    return {messages: rows.reverse()};
  });
  app.listen({port, host: '127.0.0.1'});
}

function serveRaw() {
  const route = /^\/v1\/gyms\/([\w-]+)\/rooms\/([\w-]+)\/messages(?:\?(.*))?$/;
  const text = `SELECT coalesce(json_agg(m ORDER BY m.seq), '[]')::text AS json FROM (${page}) m`;
  createServer(async (request, response) => {
    const found = request.method === 'GET' && route.exec(request.url);
    if (!found)
      return response.writeHead(404).end();
    const query = new URLSearchParams(found[3]);
    const before = /^\d{1,18}$/.test(query.get('before') ?? '') ? query.get('before') : MOST;
    const limit = /^\d{1,3}$/.test(query.get('limit') ?? '') ? Math.min(200, Number(query.get('limit'))) : 50;
    try {
      const {rows} = await pool.query({name: 'page', text, values: [found[1], found[2], before, limit]});
      const body = Buffer.from(`{"messages":${rows[0].json}}`);
      response.writeHead(200, {'content-type': 'application/json', 'content-length': body.length}).end(body);
    } catch {
      response.writeHead(500).end();
    }
  }).listen(port, '127.0.0.1');
}

if (process.argv[2] === 'fastify')
  serveWithFastify();
else
  serveRaw();
