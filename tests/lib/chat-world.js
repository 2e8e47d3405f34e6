// chat-world.js - pages on a private PostgreSQL, broker, archiver and API, each of which a test can stop and start, and
// a page of a CRM on an origin of its own that embeds <gym-chat> as docs/embedding.md says.
import {createServer} from 'node:http';
import {randomUUID} from 'node:crypto';
import {ApiWorld} from './api-world.js';
import {publish, ROOT, until} from './broker.js';
import {Person, startBrowser} from './browser.js';

export const GYM = 'g';
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
export const OPEN_ALWAYS = Object.fromEntries(DAYS.map((day) => [day, [['00:00', '24:00']]]));

// The gym is where it is noon now, and has no summer time: no test meets a midnight, whenever it runs.
const NOON_AHEAD_H = 12 - new Date().getUTCHours();
export const NOON_ZONE = `Etc/GMT${NOON_AHEAD_H > 0 ? '-' : '+'}${Math.abs(NOON_AHEAD_H)}`; // POSIX signs: west is +
/** The gym's day of the week, as its hours name it. */
export const dayOf = (inDays) => DAYS[new Date(Date.now() + (NOON_AHEAD_H + 24 * inDays) * 3_600_000).getUTCDay()];

export class ChatWorld {
  static async start({settings = {}, gym = {}} = {}) {
    const world = new ChatWorld();
    try {
      await world.#listen();
      world.parts = await ApiWorld.start({settings: {
        DEMO: 'on', DEMO_GYM: GYM, WEB_DIR: `${ROOT}/web/dist`, ORIGINS: world.hostUrl, ...settings,
      }});
      world.url = world.parts.api.url;
      world.browser = await startBrowser();
      await world.setGym({name: 'Gimnasio Olimpo', time_zone: NOON_ZONE, locale: 'es', hours: OPEN_ALWAYS, ...gym});
      return world;
    } catch (error) {
      await world.stop().catch(() => {});
      throw error;
    }
  }

  people = [];

  /** The CRM's port is taken before the API is told of it: nobody else gets it meanwhile. */
  async #listen() {
    this.host = createServer((request, response) => this.answer(request, response));
    await new Promise((done) => this.host.listen(0, '127.0.0.1', done));
  }

  get hostUrl() { return `http://127.0.0.1:${this.host.address().port}`; }
  get broker() { return this.parts.broker; }
  get archiver() { return this.parts.archiver; }

  token(role, sub, more) {
    return this.parts.token(role, sub, more);
  }

  async ask(method, path, body, token = this.token('service', 'crm')) {
    const answer = await fetch(`${this.url}/v1/gyms/${GYM}${path}`, {
      method, headers: {authorization: `Bearer ${token}`, 'content-type': 'application/json'},
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok)
      throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  setGym(gym) {
    return this.ask('PUT', '', gym);
  }

  /** A browser profile; what its pages may not do, or throw, is counted by finish(). */
  async person(options, url = this.url) {
    const made = await Person.start(this.browser, url, options);
    this.people.push(made);
    return made;
  }

  async client(sub, {name = sub, query = '', ...options} = {}) {
    return (await this.person(options)).open(`/demo/client?sub=${sub}&name=${encodeURIComponent(name)}${query}`);
  }

  async desk(sub = 'marta', name = 'Marta', options = {}) {
    return (await this.person(options)).open(`/demo/staff?sub=${sub}&name=${name}`);
  }

  /** Messages as from another device, over MQTT; resolves when the last one is stored. Returns their ids. */
  async say(room, texts, {role = 'staff', sub = 'marta', name = 'Marta', more = {}} = {}) {
    const line = await this.broker.connect({role, sub, name, ...(role === 'client' && {rooms: [room]})});
    const ids = texts.map(() => randomUUID());
    await Promise.all(texts.map((text, i) => publish(line, `gym/${GYM}/room/${room}/msg/${role}/${sub}`,
      {id: ids[i], text, sent_at: new Date().toISOString(), ...more})));
    await until(async () => (await this.newest(room)).some((m) => m.id === ids.at(-1)), `message ${texts.length} of ${room} to be stored`);
    await line.endAsync();
    return ids;
  }

  /** Something that only the programs themselves may say, such as a rejection. */
  async system(topic, payload) {
    const line = await this.broker.connect({gym: '_system', role: 'service', sub: 'api'});
    await publish(line, `gym/${GYM}/${topic}`, payload);
    await line.endAsync();
  }

  /** The desk has got so far; `ms` ago. */
  mark(room, delivered, read = delivered, {sub = 'marta', ago = 0} = {}) {
    const at = new Date(Date.now() - ago).toISOString();
    return this.ask('PUT', `/rooms/${room}/receipt`, {delivered, read, at}, this.token('staff', sub));
  }

  async newest(room, limit = 200) {
    const token = this.token('client', room); // for whom a room that nobody wrote to yet is empty
    return (await this.ask('GET', `/rooms/${room}/messages?limit=${limit}`, undefined, token)).messages;
  }

  sql(text) {
    return this.parts.postgres.psql(text);
  }

  /** The texts of a room as they are archived. */
  archived(room) {
    return this.sql(`SELECT body FROM messages m JOIN rooms r ON r.id = m.room_id WHERE r.key = '${room}' ORDER BY seq`).split('\n');
  }

  /** The CRM's answers: `html` between head and body of its page, tokens of `session.sub` (undefined: nobody is logged in). */
  serveHost(session, html) {
    const page = `<!doctype html><html lang="es"><head><meta charset="utf-8"><title>Portal del socio</title>
      <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
      <link rel="icon" href="data:,"><script type="module" src="${this.url}/gym-chat.js"></script></head>${html}</html>`;
    const policy = `default-src 'none'; script-src ${this.url}; style-src 'self'; img-src 'self' data:; ` +
      `connect-src 'self' ${this.url} ${this.url.replace('http', 'ws')}; frame-src ${this.url}; base-uri 'none'; form-action 'none'`;
    session.asked = 0;
    this.answer = (request, response) => {
      if (request.method === 'POST') {
        session.asked++;
        const status = session.sub ? 200 : 401;
        response.writeHead(status, {'content-type': 'application/json', 'cache-control': 'no-store'});
        return response.end(JSON.stringify(session.sub ? {token: this.token('client', session.sub, {name: session.name})} : {}));
      }
      response.writeHead(200, {'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy});
      return response.end(page);
    };
  }

  async #stopHost() {
    this.host?.closeAllConnections();
    await new Promise((done) => (this.host ? this.host.close(done) : done()));
  }

  /** What the policies refused and what pages threw; a test asserts that there is nothing. */
  findings() {
    return this.people.flatMap((person) => [...person.refused, ...person.errors]);
  }

  async stop() {
    await this.browser?.close();
    await this.#stopHost();
    await this.parts?.stop();
  }
}
