// desk-world.js - a whole instance with the staff inbox's page, for tests of the desk: a gym with three members and two
// canned answers, whoever says something without a page, and where the focus of a dashboard is.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {isDeepStrictEqual} from 'node:util';
import {until} from './broker.js';
import {Person, startBrowser} from './browser.js';
import {startStack} from './stack.js';

export const CANNED = [
  {key: 'horario', title: 'Horario', text: 'Hola {nombre}: abrimos de 7:00 a 22:00.'},
  {key: 'congelar', title: 'Congelar la membresía', text: 'Puedes congelarla dos meses al año.'},
];
const MEMBERS = [['ana', 'Ana García'], ['leo', 'Leo Martín'], ['eva', 'Eva Sanz']];
const CRM = {role: 'service', sub: 'crm'};

export class DeskWorld {
  static async start() {
    const world = new DeskWorld();
    try {
      world.stack = await startStack();
      world.browser = await startBrowser();
      await world.call('PUT', '', CRM, {name: 'Gimnasio Olimpo', time_zone: 'Europe/Madrid', locale: 'es'});
      await world.call('PUT', '/canned', {role: 'staff', sub: 'marta'}, {canned: CANNED});
      for (const [room, name] of MEMBERS)
        await world.call('POST', '/rooms', CRM, {room, people: [{role: 'client', who: room, name}]});
      return world;
    } catch (error) {
      await world.stop().catch(() => {});
      throw error;
    }
  }

  people = [];
  #tokens = new Map();

  get url() {
    return this.stack.url;
  }

  async stop() {
    await this.browser?.close();
    await this.stack?.stop();
  }

  /** Closes the people of a test; nobody's page did what its policy forbids, or threw. */
  async sendHome() {
    for (const person of this.people.splice(0)) {
      assert.deepEqual(person.refused, [], 'the content policy refused nothing');
      assert.deepEqual(person.errors, [], 'nothing was left uncaught');
      await person.close();
    }
  }

  // --- without a page -------------------------------------------------------------------------------------------------

  /** A token as the demo pages get theirs; the CRM's from the command. */
  token({role, sub, name}) {
    const key = `${role}/${sub}`;
    if (!this.#tokens.has(key)) {
      const minted = async () => {
        const query = new URLSearchParams({sub, ...(name && {name})});
        return (await (await fetch(`${this.url}/demo/token/${role}?${query}`, {method: 'POST'})).json()).token;
      };
      this.#tokens.set(key, role === 'service' ? this.stack.token({role, sub}) : minted());
    }
    return this.#tokens.get(key);
  }

  async call(method, path, claims, body) {
    const answer = await fetch(`${this.url}/v1/gyms/demo${path}`, {
      method, headers: {authorization: `Bearer ${await this.token(claims)}`, 'content-type': 'application/json'}, body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${text}`);
    return JSON.parse(text);
  }

  /** Somebody without a page says something; resolves when it is stored. */
  says(room, text, {role = 'client', sub = room, kind = 'text', to = 'messages'} = {}) {
    return this.call('POST', `/rooms/${room}/${to}`, {role, sub},
      {id: randomUUID(), kind, text, sent_at: new Date().toISOString()});
  }

  /** Waits until the search finds these words: messages are indexed behind the commit. */
  isIndexed(words) {
    return until(async () => (await this.call('GET', `/search?q=${words}`, {role: 'staff', sub: 'marta'})).results.length > 0,
      `${words} to be found`, 60_000);
  }

  // --- pages ----------------------------------------------------------------------------------------------------------

  async person(options) {
    const made = await Person.start(this.browser, this.url, {viewport: {width: 1400, height: 860}, ...options});
    this.people.push(made);
    return made;
  }

  /** The desk of one of the staff, with the list loaded and the live link up: it hears all that is said from now on. */
  async desk(sub, name, {query = '', ...options} = {}) {
    const tab = await (await this.person(options)).open(`/demo/staff?sub=${sub}&name=${encodeURIComponent(name)}${query}`);
    await tab.page.locator('gym-inbox [role=tabpanel][aria-busy=false]').waitFor();
    await isLive(tab);
    return tab;
  }

  async client(sub, name) {
    return (await this.person()).open(`/demo/client?sub=${sub}&name=${encodeURIComponent(name)}`);
  }
}

export const isLive = (tab) => until(() => tab.page.evaluate(() =>
  document.querySelector('gym-inbox').session?.feed?.status.phase === 'live'), 'the desk to be connected', 60_000);
/** Waits until the desk's page has drawn what it knows: it does so once a frame, not at once. */
export const isDrawn = (tab) => tab.page.evaluate(() => document.querySelector('gym-inbox').settled());

export const row = (tab, room) => tab.page.locator(`button.row[data-room="${room}"]`);
/** The keys of the rooms in the list, top to bottom. */
export const rooms = (tab) => tab.page.locator('button.row').evaluateAll((rows) => rows.map((it) => it.dataset.room));
/** Waits until these rooms, and no others, are in the list, in this order. */
export async function roomsAre(tab, wanted, why = 'the list') {
  let last;
  await until(async () => isDeepStrictEqual(last = await rooms(tab), wanted), why)
    .catch((error) => assert.deepEqual(last, wanted, error.message));
}
/** Waits for these words in the message that says what was done. */
export const status = (tab, words) => tab.page.locator('.toast').getByText(words).waitFor();
/** Waits for a tab's count. */
export const tabCount = (tab, name, n) => tab.page.locator(`[data-tab=${name}] .n`).filter({hasText: new RegExp(`^${n}$`)}).waitFor();

/** What has the focus, through the shadow roots: the innermost element's room, id or name. */
export const focus = (tab) => tab.page.evaluate(() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at?.dataset.room || at?.id || at?.localName;
});
export const focusIs = (tab, wanted) => until(async () => (await focus(tab)) === wanted, `the focus on ${wanted}`);

/** Chromium without a head shows every page: the page is told that it is hidden, or not. */
export const setHidden = (tab, hidden) => tab.page.evaluate((state) => {
  Object.defineProperty(document, 'visibilityState', {configurable: true, get: () => state});
  document.dispatchEvent(new Event('visibilitychange'));
}, hidden ? 'hidden' : 'visible');
