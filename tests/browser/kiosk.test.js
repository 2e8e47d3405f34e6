// The kiosk's page on a whole instance: numbers and codes, without a connection, help, and what is left when nobody is there.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {after, before, describe, it, test} from 'node:test';
import {Person, startBrowser} from '../lib/browser.js';
import {until} from '../lib/broker.js';
import {isForgotten, leftovers} from '../lib/leftovers.js';
import {startStack} from '../lib/stack.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const HANG_MS = 600_000; // ends a test that hangs: the steps have their own limits
const SIZES = {totem: [1080, 1920], wide: [1920, 1080], tablet: [1024, 768], phone: [390, 844], upright: [768, 1024], low: [1024, 600]};

// every two of size, theme and language meet, in each state and with [Aa]
const LOOKS = [
  ['idle', 'totem', 'light', 'es'], ['idle', 'wide', 'dark', 'en'], ['idle', 'tablet', 'light', 'en'], ['idle', 'phone', 'dark', 'es'],
  ['idle', 'upright', 'light', 'es'], ['idle', 'low', 'dark', 'en'],
  ['typed', 'totem', 'dark', 'en'], ['typed', 'tablet', 'dark', 'es'],
  ['large', 'totem', 'light', 'en'], ['large', 'wide', 'dark', 'es'], ['large', 'tablet', 'light', 'es'], ['large', 'phone', 'dark', 'en'],
  ['welcome', 'totem', 'dark', 'es'], ['welcome', 'wide', 'light', 'en'], ['welcome', 'tablet', 'dark', 'en'], ['welcome', 'phone', 'light', 'es'],
  ['welcome-large', 'tablet', 'light', 'es'], ['welcome-large', 'phone', 'dark', 'en'],
  ['unreadable', 'wide', 'dark', 'es'], ['unreadable', 'phone', 'light', 'en'],
  ['kept', 'totem', 'light', 'es'], ['kept', 'phone', 'dark', 'en'],
  ['help', 'totem', 'dark', 'en'], ['help', 'phone', 'light', 'es'],
  ['help-large', 'tablet', 'dark', 'es'], ['help-large', 'wide', 'light', 'en'],
  ['answer', 'totem', 'light', 'en'], ['answer', 'wide', 'light', 'es'], ['answer', 'tablet', 'dark', 'en'], ['answer', 'phone', 'dark', 'es'],
  ['asking', 'tablet', 'light', 'es'], ['asking', 'phone', 'light', 'en'],
];

let stack, browser, service;
const people = [];

before(async () => {
  stack = await startStack();
  browser = await startBrowser();
  service = stack.token({role: 'service', sub: 'crm'});
  await crm('PUT', '', {name: 'Gimnasio Olimpo', time_zone: 'Europe/Madrid', locale: 'es'});
  for (const [room, name] of [['1042', 'Ana García'], ['1077', 'Leonardo Martín'], ['1088', 'Eva Sanz']])
    await crm('POST', '/rooms', {room, people: [{role: 'client', who: room, name}]});
});

after(async () => {
  await browser?.close();
  await stack?.stop();
});

async function crm(method, path, body) {
  const answer = await fetch(`${stack.url}/v1/gyms/demo${path}`, {
    method, headers: {authorization: `Bearer ${service}`, 'content-type': 'application/json'}, body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, text);
  return JSON.parse(text);
}

/** Rows of a room as the archive has them: [kind, sender, sent_at in ms, text]. */
function archived(room) {
  const rows = stack.psql(`SELECT m.kind, m.sender, round(extract(epoch FROM m.sent_at) * 1000), m.body
    FROM messages m JOIN rooms r ON r.id = m.room_id WHERE r.key = '${room}' ORDER BY m.seq`);
  return rows.split('\n').filter(Boolean).map((row) => row.split('|')).map(([kind, sender, at, text]) => ({kind, sender, at: Number(at), text}));
}

/** What the page's loudspeaker and lock were asked for; every number and every outcome that was ever drawn, and from when
 * to when each outcome was there. */
function watchDevices() {
  globalThis.seen = {tones: 0, locks: 0, drawn: [], outcomes: [], stays: [], onVerdict: () => {}};
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...args) {
    seen.tones++;
    return start.apply(this, args);
  };
  navigator.wakeLock.request = async () => (seen.locks++, {release: async () => {}});
  addEventListener('DOMContentLoaded', () => {
    const root = document.querySelector('gym-kiosk').shadowRoot;
    let last, stay;
    new MutationObserver(() => {
      seen.drawn.push(root.querySelector('.digits')?.textContent ?? '');
      const over = root.querySelector('.over');
      const outcome = over && {verdict: over.dataset.verdict, words: over.textContent.trim().replace(/\s+/g, ' ')};
      if (outcome && JSON.stringify(outcome) !== last) seen.outcomes.push(outcome);
      last = JSON.stringify(outcome);
      if (outcome?.verdict === stay?.verdict) return;
      if (stay) stay.to = performance.now();
      stay = outcome && {verdict: outcome.verdict, from: performance.now()};
      if (stay) seen.stays.push(stay);
      seen.onVerdict(stay?.verdict);
    }).observe(root, {subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ['data-verdict']});
  });
}

class Kiosk {
  static async open(sub, {options, query = '', offline = false} = {}) {
    const kiosk = new Kiosk();
    kiosk.sub = sub;
    kiosk.person = await Person.start(browser, stack.url, options);
    people.push(kiosk.person);
    kiosk.isCut = offline;
    kiosk.sockets = new Set();
    const {context} = kiosk.person;
    await context.addInitScript(watchDevices);
    // chat and API can be cut off; the page's own files still come
    await context.route('**/v1/**', (route) => (kiosk.isCut ? route.abort() : route.continue()));
    await context.routeWebSocket(/\/mqtt/, (socket) => {
      if (kiosk.isCut) return socket.close();
      kiosk.sockets.add(socket);
      socket.connectToServer();
      return undefined;
    });
    kiosk.tab = await kiosk.person.open(`/demo/kiosk?sub=${sub}${query}`);
    kiosk.page = kiosk.tab.page;
    kiosk.root = kiosk.page.locator('gym-kiosk');
    await kiosk.tab.keeps();
    if (!offline) await kiosk.isLinked();
    return kiosk;
  }

  isLinked() {
    return this.root.locator('.link:not([data-down])').waitFor({timeout: 60_000});
  }

  async cut() {
    this.isCut = true;
    for (const socket of this.sockets) await socket.close();
    await this.root.locator('.link').getByText('Sin conexión').waitFor();
  }

  async restore() {
    this.isCut = false;
    // an attempt that began before fails, and the page would pause after it
    await until(() => this.page.evaluate(() => {
      dispatchEvent(new Event('online'));
      return document.querySelector('gym-kiosk').session.feed.status.phase === 'live';
    }), 'the kiosk to be connected again', 60_000);
    await this.isLinked();
  }

  /** On the pad, as a finger does. */
  async tap(number) {
    for (const digit of number) await this.root.getByRole('button', {name: digit, exact: true}).click();
    await this.root.locator('.ok').click();
  }

  /** A reader: a key every 2 ms, as the keys' own times tell. Not through the browser's own input, which a busy machine
   * stretches into typing. upon: as soon as this verdict is drawn. */
  async scan(text, {upon} = {}) {
    const isPressed = await this.page.evaluate(async ([code, verdict]) => {
      if (verdict) await new Promise((done) => { seen.onVerdict = (drawn) => drawn === verdict && done(); });
      const target = document.querySelector('gym-kiosk').shadowRoot.activeElement ?? document.body;
      const keys = [...code, 'Enter'];
      const from = performance.now() - keys.length * 2;
      return keys.map((key, i) => {
        const event = new KeyboardEvent('keydown', {key, bubbles: true, composed: true, cancelable: true});
        Object.defineProperty(event, 'timeStamp', {value: from + i * 2});
        return target.dispatchEvent(event);
      });
    }, [text, upon]);
    assert.ok(isPressed.every((pressed) => pressed === false), 'no key of a code presses a button');
  }

  /** Waits for the next result, however short it stays; what came before it is forgotten. */
  async shows(verdict, words) {
    let all;
    const found = await until(async () => {
      all = await this.page.evaluate(() => seen.outcomes);
      return all.find((outcome) => outcome.verdict === verdict);
    }, `"${verdict}"`, 20_000).catch((error) => assert.fail(`${error.message}; the screen showed ${JSON.stringify(all)}`));
    await this.page.evaluate(() => { seen.outcomes = []; });
    if (words) assert.match(found.words, words);
  }

  /** For how long the page showed a verdict; waits until it is gone. */
  async stayed(verdict) {
    const {from, to} = await until(() => this.page.evaluate((it) =>
      seen.stays.find((stay) => stay.verdict === it && stay.to !== undefined), verdict), `"${verdict}" to be gone`);
    return to - from;
  }

  /** A tap on the result, if it is still there. */
  async dismiss() {
    await this.root.evaluate((element) => element.shadowRoot.querySelector('.over')?.click());
    await this.root.locator('.over').waitFor({state: 'detached'});
  }

  async waits(n) {
    const foot = this.root.locator('footer');
    await foot.getByText(`Entradas en espera: ${n}`, {exact: true}).waitFor({timeout: 60_000})
      .catch(async (error) => assert.fail(`${error.message}: it says ${await foot.innerText()}`));
  }

  /** What is written for after a reload: a slow disk is behind what the screen counts. */
  onDisk() {
    return this.page.evaluate(async (name) => {
      const db = await new Promise((done) => { indexedDB.open(name).onsuccess = (event) => done(event.target.result); });
      const count = await new Promise((done) => {
        db.transaction('entries').objectStore('entries').count().onsuccess = (event) => done(event.target.result);
      });
      db.close();
      return count;
    }, `gymchat-outbox.demo.kiosk.${this.sub}`);
  }

  shot(name) {
    return this.tab.screenshot(`kiosk-${name}`);
  }
}

describe('kiosk', {concurrency: 4}, () => {
  it('the search for what is left finds a word wherever it is, and none in what is random', {timeout: HANG_MS}, async () => {
    const {page} = await Kiosk.open('rastro');
    await page.evaluate(async () => {
      const element = document.querySelector('gym-kiosk');
      element.shadowRoot.querySelector('.screen').title = 'm 1042';
      document.title = 'm 1042';
      document.cookie = 'member=1042';
      history.replaceState(null, '', '#1042');
      sessionStorage.member = '1042';
      const db = await new Promise((done) => {
        const opening = indexedDB.open('planted');
        opening.onupgradeneeded = () => opening.result.createObjectStore('all');
        opening.onsuccess = () => done(opening.result);
      });
      db.transaction('all', 'readwrite').objectStore('all').put({room: '1042'}, 1);
      db.close();
      const text = (claims) => btoa(JSON.stringify(claims)).replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_');
      element.planted = {
        inner: new Map([['a', new Set(['1042'])]]), token: `${text({alg: 'HS256'})}.${text({sub: '1042', exp: 1})}.x`,
        random: ['0190a042-7001-7abc-8abc-107701997001', 'lit$107001277$', 'ab7001cd', 'demo.kiosk.x.ab7001cd-1', '{"online":true,"conn":"ab7001cdefgh"}', '2026-11-23T09:15:02.017001Z',
          `${text({alg: 'HS256'})}.${text({sub: 'x', iat: 1770010000, exp: 1770013600})}.xIvo7001_Ivo`],
      };
    });
    assert.deepEqual(await leftovers(page, '1042'), ['DOM', 'title', 'address', 'storage', 'cookies', 'IndexedDB planted',
      'gym-kiosk.planted.inner[1][0]', 'gym-kiosk.planted.token']);
    for (const word of ['7001', 'Ivo']) assert.deepEqual(await leftovers(page, word), [], word);
  });

  it('who leaves in the middle leaves nothing: it asks, gives more time, and starts again', {timeout: HANG_MS}, async () => {
    const kiosk = await Kiosk.open('ocioso');
    const still = kiosk.root.locator('.still');
    await kiosk.root.getByRole('button', {name: 'Idioma EN'}).click();
    await kiosk.root.getByRole('button', {name: 'Large text, Aa'}).click();
    for (const digit of '90817263') await kiosk.root.getByRole('button', {name: digit, exact: true}).click();
    assert.notDeepEqual(await leftovers(kiosk.page, '90817263'), [], 'it is there');
    await still.getByText('Are you still there?').waitFor();
    await still.getByText(/^\d+ s$/).waitFor();
    await still.getByRole('button', {name: 'More time'}).click();
    await still.waitFor({state: 'detached'});
    assert.equal(await kiosk.root.locator('.digits > span').first().textContent(), '90817263', 'still there');
    await still.waitFor();
    await kiosk.shot('asking-large-en'); // here, where it does not matter how long it takes
    await kiosk.root.getByText('Acerca tu código QR al lector').waitFor();
    await isForgotten(kiosk.page, '90817263');
    assert.equal(await kiosk.root.locator('.bigger').getAttribute('aria-pressed'), 'false');
    assert.equal(await still.count(), 0);
  });

  it('every screen: no finding of axe, 7:1, 24 px, 64 px, nothing cut off', {timeout: HANG_MS}, async () => {
    const kiosk = await Kiosk.open('vitrina');
    const found = [];
    for (const look of LOOKS) found.push(...await inspect(kiosk, look));
    await kiosk.page.emulateMedia({forcedColors: 'active', reducedMotion: 'reduce'});
    for (const state of ['idle', 'welcome', 'denied']) found.push(...await inspect(kiosk, [state, 'tablet', 'light', 'es'], 'forced'));
    assert.deepEqual(found, []);
  });

  it('a number on the pad: the first name for four seconds, then nothing of it anywhere', {timeout: HANG_MS}, async () => {
    const kiosk = await Kiosk.open('entrada');
    const before = Date.now();
    await kiosk.tap('1042');
    await kiosk.shows('welcome', /Te damos la bienvenida, Ana(?! García)/);
    const shownAt = Date.now();
    await kiosk.shot('welcome');
    const stayed = await kiosk.stayed('welcome');
    assert.ok(stayed > 3500, `stays long enough to read: ${stayed} ms`);
    assert.equal(await kiosk.root.locator('.over').count(), 0);
    const [entry, ...more] = archived('1042');
    assert.deepEqual([entry.kind, entry.sender, more.length], ['checkin', 'entrada', 0]);
    assert.ok(entry.at >= before && entry.at <= shownAt);
    for (const word of ['1042', 'Ana']) await isForgotten(kiosk.page, word);

    await kiosk.tap('5150'); // nobody knows a name
    await kiosk.shows('done', /Registrado/);
    await kiosk.dismiss();
    const {tones, locks} = await kiosk.page.evaluate(() => seen);
    assert.ok(tones >= 4 && locks >= 1, `${tones} tones, ${locks} locks`);
    await kiosk.page.evaluate(() => { document.querySelector('gym-kiosk').muted = true; });
    await kiosk.tap('5151');
    await kiosk.shows('done');
    assert.equal(await kiosk.page.evaluate(() => seen.tones), tones, 'sounds can be off');
  });

  it('a scanned code is taken whole, at any moment, once, and is never drawn', {timeout: HANG_MS}, async () => {
    const kiosk = await Kiosk.open('lector');
    await kiosk.root.getByRole('button', {name: 'Idioma EN'}).focus(); // Enter must not press it
    await Promise.all([kiosk.scan('1077', {upon: 'welcome'}), kiosk.scan('1077')]); // held to the reader
    await kiosk.shows('welcome', /Te damos la bienvenida, Leonardo/);
    await kiosk.scan('6001'); // the next person does not wait
    await kiosk.shows('done');
    await kiosk.scan('https://gym.example/m/1077');
    await kiosk.shows('unreadable', /No reconocemos este código/);
    await kiosk.page.evaluate(() => { document.querySelector('gym-kiosk').scanPattern = '^https://gym\\.example/m/([0-9]+)$'; });
    await kiosk.scan('https://gym.example/m/6002');
    await kiosk.shows('done');
    assert.deepEqual(['1077', '6001', '6002'].map((room) => archived(room).length), [1, 1, 1]);
    assert.equal(Number(stack.psql("SELECT count(*) FROM messages WHERE sender = 'lector'")), 3);
    const drawn = (await kiosk.page.evaluate(() => seen.drawn)).filter((text) => /[1-9]/.test(text));
    assert.deepEqual(drawn, [], 'a code never stands in the field');
    assert.ok(await kiosk.root.getByText('Idioma', {exact: true}).count() === 0 && await kiosk.root.locator('.screen[lang=es]').count() === 1);
  });

  it('a keyboard alone suffices, and a number typed by hand is one', {timeout: HANG_MS}, async () => {
    const kiosk = await Kiosk.open('teclado');
    const {keyboard} = kiosk.page;
    await keyboard.type('69x', {delay: 130});
    await keyboard.press('Backspace');
    await keyboard.type('7', {delay: 130});
    await kiosk.root.locator('.digits').getByText('697').waitFor();
    await keyboard.press('Enter');
    await kiosk.shows('done');
    await keyboard.press('Enter');
    await kiosk.root.locator('.over').waitFor({state: 'detached'});
    assert.equal(archived('697').length, 1);
    const focused = () => kiosk.page.evaluate(() => document.querySelector('gym-kiosk').shadowRoot.activeElement?.className);
    for (let i = 0; i < 30 && (await focused()) !== 'help'; i++) await keyboard.press('Tab');
    await keyboard.press('Enter');
    await kiosk.root.getByText('Hemos avisado a recepción').waitFor();
    assert.equal(await focused(), 'close-help');
    await keyboard.press('Enter');
    await kiosk.root.locator('.pad').waitFor();
    assert.equal(await focused(), 'help', 'focus goes back');
    await until(() => archived('kiosk-teclado').length === 2, 'the desk to be told that it is over');
    assert.deepEqual(archived('kiosk-teclado').map((m) => [m.kind, m.text]),
      [['help', 'Alguien pide ayuda en la entrada.'], ['text', 'Ya no hace falta: la persona de la entrada lo ha resuelto.']]);
  });

  it('without a connection: kept with its own time over a reload, sent once and in order', {timeout: HANG_MS}, async () => {
    const kiosk = await Kiosk.open('torno');
    await kiosk.cut();
    const made = [];
    for (const member of ['7001', '7002', '7001']) {
      const from = Date.now();
      await kiosk.tap(member);
      await kiosk.shows('offline', /Registrado sin conexión/);
      made.push({member, from, to: Date.now()});
      if (made.length === 1) await kiosk.shot('offline');
      await kiosk.dismiss();
    }
    await kiosk.waits(3);
    await kiosk.root.locator('.help').click();
    await kiosk.root.getByText('Ahora no podemos avisar').waitFor();
    await kiosk.shot('help-offline');
    await kiosk.root.locator('.close-help').click();
    await until(async () => (await kiosk.onDisk()) === 3, 'all three to be written');
    await kiosk.tab.reload();
    await kiosk.tab.keeps();
    await kiosk.waits(3);
    const kept = await kiosk.page.evaluate(() => document.querySelector('gym-kiosk').session.outbox.list().map((e) => ({...e, envelope: Object.keys(e.envelope)})));
    for (const entry of kept) assert.deepEqual([Object.keys(entry).sort(), entry.envelope.sort()],
      [['envelope', 'id', 'n', 'room', 'state', 'to'], ['id', 'kind', 'sent_at', 'text']], 'opaque ids and times only');
    assert.equal(archived('7001').length + archived('7002').length, 0);
    await kiosk.restore();
    await kiosk.waits(0);
    const [first, second] = archived('7001');
    for (const [row, n] of [[first, 0], [archived('7002')[0], 1], [second, 2]])
      assert.ok(row.at >= made[n].from && row.at <= made[n].to, `${row.at} is when entry ${n} was made`);
    assert.deepEqual([archived('7001').length, archived('7002').length], [2, 1], 'each once');
    assert.deepEqual(archived('kiosk-torno'), [], 'a call for help is not kept for later');
    await isForgotten(kiosk.page, '7001');
  });

  it('five hundred wait at most, and a full screen says so', {timeout: HANG_MS}, async () => {
    const kiosk = await Kiosk.open('lleno', {offline: true});
    await kiosk.waits(0);
    await kiosk.page.evaluate(async () => {
      const db = await new Promise((done) => { indexedDB.open('gymchat-outbox.demo.kiosk.lleno').onsuccess = (event) => done(event.target.result); });
      const entries = db.transaction('entries', 'readwrite').objectStore('entries');
      for (let n = 1; n < 500; n++) {
        const id = crypto.randomUUID();
        entries.put({id, room: `9${n}`, to: 'msg', n, state: 'queued', envelope: {id, kind: 'checkin', text: 'x', sent_at: new Date().toISOString()}});
      }
      await new Promise((done) => { entries.transaction.oncomplete = done; });
      db.close();
    });
    await kiosk.tab.reload();
    await kiosk.tab.keeps();
    await kiosk.waits(499);
    await kiosk.tap('8001');
    await kiosk.shows('offline');
    await kiosk.dismiss();
    await kiosk.root.locator('footer').getByText('Entradas en espera: 500, no caben más').waitFor();
    await kiosk.tap('8002');
    await kiosk.shows('full', /^Pasa por recepción, por favor .*no puede guardar más entradas/);
    await kiosk.shot('full');
    await kiosk.person.close();
  });

  it('help: the desk is called, its answer is on the screen, and goes with the person; a dead kiosk is seen', {timeout: HANG_MS}, async () => {
    const kiosk = await Kiosk.open('ayuda');
    const desk = await Person.start(browser, stack.url);
    people.push(desk);
    const marta = await desk.open('/demo/staff');
    const row = marta.page.locator('button.row[data-room="kiosk-ayuda"]');
    await kiosk.root.locator('.help').click();
    await kiosk.root.getByText('Hemos avisado a recepción').waitFor();
    await kiosk.shot('help-told');
    await row.getByText('Alguien pide ayuda en la entrada.').waitFor();
    await marta.openRoom('kiosk-ayuda');
    await marta.write('Ya voy, un minuto.');
    await kiosk.root.locator('.answer').getByText('Ya voy, un minuto.').waitFor();
    await kiosk.shot('help-answer');
    await kiosk.cut(); // what is answered meanwhile is asked for
    await marta.write('Estoy en la puerta.');
    await marta.sees('Estoy en la puerta.', ['stored', 'delivered']);
    await kiosk.restore();
    await kiosk.root.locator('.answer').getByText('Estoy en la puerta.').waitFor();
    await kiosk.root.getByRole('button', {name: 'Volver al inicio'}).click();
    await kiosk.root.locator('.pad').waitFor();
    await marta.write('¿Todo bien?');
    await marta.sees('¿Todo bien?', ['stored', 'delivered']);
    assert.equal(await kiosk.root.locator('.answer').count(), 0, 'an answer is for whoever asked');
    for (const words of ['Ya voy', 'en la puerta', 'Todo bien']) await isForgotten(kiosk.page, words);

    await row.getByText('en línea').waitFor();
    await kiosk.page.close(); // without a word: the broker sends its will
    await row.getByText('sin conexión').waitFor();
  });

  it('a no is said in neutral words, and a screen without a session says whom to ask', {timeout: HANG_MS}, async () => {
    const kiosk = await Kiosk.open('no');
    // the same id with another body, before the kiosk's own arrives
    await kiosk.page.evaluate(([url, token]) => {
      const {outbox} = document.querySelector('gym-kiosk').session;
      const add = outbox.add.bind(outbox);
      outbox.add = async (room, envelope) => {
        await fetch(`${url}/v1/gyms/demo/rooms/${room}/messages`, {
          method: 'POST', headers: {authorization: `Bearer ${token}`, 'content-type': 'application/json'},
          body: JSON.stringify({...envelope, text: 'otra cosa'}),
        });
        return add(room, envelope);
      };
    }, [stack.url, service]);
    await kiosk.tap('6600');
    await kiosk.shows('denied', /^Pasa por recepción, por favor Toca para seguir$/);
    await kiosk.shot('denied');
    await kiosk.dismiss();
    await kiosk.waits(0);

    await kiosk.person.context.route('**/demo/token/**', (route) => route.fulfill({status: 403, body: ''}));
    await kiosk.tab.reload();
    await kiosk.root.getByText('Esta pantalla no está disponible').waitFor();
    await kiosk.root.locator('.link').getByText('Pantalla sin sesión').waitFor();
    await kiosk.shot('closed');
    assert.deepEqual(await findings(kiosk.page), []);
    await kiosk.scan('6601');
    await kiosk.shows('closed', /Pasa por recepción, por favor/);
    assert.equal(archived('6601').length, 0);
  });

  it('where WebSockets are blocked it registers all the same, and help is answered', {timeout: HANG_MS}, async () => {
    const kiosk = await Kiosk.open('sonda', {offline: true});
    await kiosk.person.context.addInitScript(() => {
      globalThis.WebSocket = class extends EventTarget {
        constructor() {
          super();
          setTimeout(() => ['error', 'close'].forEach((type) => this.dispatchEvent(new Event(type))), 20);
        }
        close() {}
        send() {}
      };
    });
    kiosk.isCut = false;
    await kiosk.tab.reload();
    await kiosk.isLinked();
    await kiosk.tap('1088');
    await kiosk.shows('done', /Registrado/);
    await kiosk.dismiss();
    await kiosk.root.locator('.help').click();
    await kiosk.root.getByText('Hemos avisado a recepción').waitFor();
    await crm('POST', '/rooms/kiosk-sonda/messages', {id: randomUUID(), kind: 'text', text: 'del CRM', sent_at: new Date().toISOString()});
    const staff = stack.token({role: 'staff', sub: 'marta'});
    const answer = await fetch(`${stack.url}/v1/gyms/demo/rooms/kiosk-sonda/messages`, {
      method: 'POST', headers: {authorization: `Bearer ${staff}`, 'content-type': 'application/json'},
      body: JSON.stringify({id: randomUUID(), kind: 'text', text: 'Te veo por la cámara', sent_at: new Date().toISOString()}),
    });
    assert.ok(answer.ok, await answer.text());
    await kiosk.root.locator('.answer').getByText('Te veo por la cámara').waitFor({timeout: 30_000});
    assert.equal(await kiosk.root.locator('.answer').count(), 1);
  });
});

/** Puts the page into a state and holds it there, takes its picture, and returns what is wrong with it. */
async function inspect(kiosk, [state, size, theme, language], suffix = '') {
  const [width, height] = SIZES[size];
  const name = [state, size, theme, language, suffix].filter(Boolean).join('-');
  await kiosk.page.setViewportSize({width, height});
  await kiosk.page.evaluate(async ([screen, look, locale]) => {
    const element = document.querySelector('gym-kiosk');
    const {kiosk: it} = element;
    const now = Date.now() + 600_000; // nothing runs out while we look
    element.theme = look;
    it.reset();
    it.options = {locale, large: screen.endsWith('large')};
    if (screen === 'typed' || screen === 'asking') [...'104277'].forEach((digit) => it.type(digit, now));
    if (screen.startsWith('welcome')) it.show('welcome', now, 'Maximiliano');
    if (screen === 'unreadable' || screen === 'kept' || screen === 'denied') it.show(screen, now);
    if (screen.startsWith('help') || screen === 'answer') it.askForHelp(true, now);
    if (screen.startsWith('help')) it.helpPhase('told');
    if (screen === 'answer') ['Ya voy, un minuto.', 'Mientras tanto, prueba con el torno de la derecha; el de la izquierda está en reparación.'].forEach((text) => it.answer(text, now));
    it.touch(screen === 'asking' ? Date.now() - 12_000 : now);
    it.asking = screen === 'asking' ? () => 8 : () => undefined;
    it.tick = () => 'same';
    element.requestUpdate();
    await element.updateComplete;
  }, [state, theme, language]);
  await kiosk.shot(name);
  return (await findings(kiosk.page)).map((problem) => `${name}: ${problem}`);
}

/** What axe says of a page as it is, and what it does not measure: sizes, and what is cut off. */
async function findings(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const result = await axe.run(document, {rules: {'color-contrast-enhanced': {enabled: true}}, resultTypes: ['violations']});
    const root = document.querySelector('gym-kiosk').shadowRoot;
    const bad = [];
    const isShown = (element) => element.checkVisibility() && !element.closest('[inert]');
    for (const button of root.querySelectorAll('button')) {
      const {width, height} = button.getBoundingClientRect();
      if (isShown(button) && (width < 63.9 || height < 63.9)) bad.push(`${button.className || button.textContent}: ${width} x ${height}`);
    }
    for (const element of root.querySelectorAll('*')) {
      const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
      if (!own || !isShown(element) || element.closest('.hidden')) continue;
      const style = getComputedStyle(element);
      if (parseFloat(style.fontSize) < 24) bad.push(`${element.localName}.${element.className}: ${style.fontSize}`);
      if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0) bad.push(`${element.localName}.${element.className}: "${element.textContent}" is cut off`);
    }
    const screen = root.querySelector('.over') ?? root.querySelector('.screen');
    if (screen.scrollWidth > screen.clientWidth) bad.push(`scrolls sideways: ${screen.scrollWidth}`);
    if (screen.scrollHeight > screen.clientHeight + 1 && innerWidth > 640) bad.push(`does not fit: ${screen.scrollHeight}`);
    const said = (node) => `${node.target} ${node.any.map((any) => any.message)}`;
    return [...bad, ...result.violations.map((violation) => `${violation.id}: ${violation.nodes.map(said).join(' | ')}`)];
  });
}

test('the Content-Security-Policy had nothing to refuse, and no page threw', () => {
  assert.ok(people.length >= 10);
  assert.deepEqual(people.flatMap((p) => p.refused), []);
  assert.deepEqual(people.flatMap((p) => p.errors), []);
});
