// What <gym-chat> says about a message is true: queued, stored, refused, too fast, the archive behind, no storage; and what the
// page around it is told, and what is left after the log-out.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {until} from '../lib/broker.js';
import {isLive, Net, parts} from '../lib/chat-page.js';
import {ChatWorld} from '../lib/chat-world.js';

const TOO_LARGE = '\u0001'.repeat(4000); // 4,000 characters, 24,000 bytes of JSON

let world;

before(async () => {
  world = await ChatWorld.start();
});

after(() => world?.stop());

async function open(sub, {before: prepare = () => {}, ...options} = {}) {
  const person = await world.person(options);
  const net = await Net.under(person);
  await prepare(person.context);
  const tab = await person.open(`/demo/client?sub=${sub}&name=Ana`);
  await isLive(tab.page);
  return Object.assign(tab, parts(tab.page), {net, sub});
}

const action = (tab, text, name) => tab.row(text).getByRole('button', {name});

/** Everything that the browser keeps for this origin, by name: {databases, keys, caches}. */
const kept = (page) => page.evaluate(async () => ({
  databases: (await indexedDB.databases()).map(({name}) => name).sort(),
  keys: Object.keys(localStorage).concat(Object.keys(sessionStorage)).sort(),
  caches: 'caches' in globalThis ? await caches.keys() : [],
}));

/** Resolves when the outbox on this device is empty: a reload brings nothing back. */
const isEmptied = (page, sub) => until(() => page.evaluate((name) => new Promise((done, failed) => {
  const opening = indexedDB.open(name);
  opening.onerror = () => failed(opening.error);
  opening.onsuccess = () => {
    const db = opening.result;
    const counting = db.transaction('entries').objectStore('entries').count();
    counting.onerror = () => failed(counting.error);
    counting.onsuccess = () => { db.close(); done(counting.result === 0); };
  };
}), `gymchat-outbox.g.client.${sub}`), 'the outbox to be empty');

describe('states', {concurrency: 3}, () => {
  it('refused by the archive: why, in words; changed it is a new message, or given up it is gone', {timeout: 120_000}, async () => {
    const tab = await open('grande');
    await tab.write(TOO_LARGE);
    await tab.page.getByText('Este mensaje es demasiado largo.').waitFor();
    const {id} = (await tab.messages()).at(-1);
    await tab.field.fill('algo a medias');
    await tab.page.getByRole('button', {name: 'Editar'}).click();
    assert.match(await tab.field.inputValue(), /^algo a medias\n\u0001{4000}$/, 'nothing that was typed is lost');
    await tab.write('más corto');
    const sent = await tab.sees('más corto', ['stored', 'delivered']);
    assert.notEqual(sent.id, id, 'a new id');

    await tab.write(TOO_LARGE);
    await tab.page.getByRole('button', {name: 'Descartar'}).waitFor();
    await tab.reload();
    await tab.page.getByText('Este mensaje es demasiado largo.').waitFor();
    await tab.page.getByRole('button', {name: 'Descartar'}).click();
    await until(async () => (await tab.messages()).length === 1, 'it to be gone');
    await isEmptied(tab.page, 'grande');
    await tab.reload();
    await tab.sees('más corto', ['stored', 'delivered']);
    assert.equal((await tab.messages()).length, 1);
    assert.deepEqual(world.archived('grande'), ['más corto']);
    await tab.page.close();
  });

  it('refused by the broker: a room that is not mine', {timeout: 120_000}, async () => {
    const tab = await open('intrusa', {before: (context) => context.route('**/demo/token/client*', (route) =>
      route.fulfill({json: {token: world.token('client', 'intrusa', {rooms: ['intrusa']})}}))});
    await tab.page.evaluate(() => document.querySelector('gym-chat').shadowRoot.querySelector('gym-chat-panel').session
      .outbox.add('ajena', {id: '0193a5a0-0000-7000-8000-00000000abcd', kind: 'text', text: 'x', sent_at: new Date().toISOString()}));
    const code = () => tab.page.evaluate(() => document.querySelector('gym-chat').shadowRoot.querySelector('gym-chat-panel').session.outbox.list()[0]?.code);
    await until(async () => await code() === 'forbidden', 'the plugin to say so');
    assert.equal(world.sql("SELECT count(*) FROM rooms WHERE key = 'ajena'"), '0');
    await tab.page.close();
  });

  it('too fast: it says so, waits, and goes out by itself, in order', {timeout: 120_000}, async () => {
    const tab = await open('prisa');
    tab.net.archive = 'unheard';
    await tab.write('primero');
    const id = await tab.row('primero').getAttribute('data-id');
    const told = tab.page.getByText('Vas muy rápido. Se enviará en unos segundos.').waitFor(); // it stays for 3 s
    await Promise.all([told,
      world.system('to/client/prisa', {rejected: [{id, room: 'prisa', code: 'rate_limited', detail: 'x', retry_after_ms: 3000}]})]);
    await tab.write('segundo');
    await tab.sees('primero', 'queued');
    tab.net.archive = 'heard';
    for (const text of ['primero', 'segundo']) await tab.sees(text, ['stored', 'delivered'], 30_000);
    await tab.page.getByText('Vas muy rápido').waitFor({state: 'detached'});
    assert.deepEqual(world.archived('prisa'), ['primero', 'segundo']);
    await tab.page.close();
  });

  for (const [name, storage, words] of [
    ['QuotaExceededError', 'full', 'Este dispositivo no tiene espacio: no cierres la página con mensajes en espera.'],
    ['InvalidStateError', 'none', 'Este navegador no guarda datos: no cierres la página con mensajes en espera.']]) {
    it(`storage ${storage}: says so once, and everything works on`, {timeout: 120_000}, async () => {
      const room = `disco-${storage}`;
      const tab = await open(room, {before: (context) => context.addInitScript(([error, isFull]) => {
        const fail = () => { throw new DOMException('no', error); };
        if (isFull) IDBObjectStore.prototype.put = fail;
        else IDBFactory.prototype.open = fail;
        Storage.prototype.setItem = fail;
        globalThis.errors = [];
        addEventListener('gymchat-error', (event) => globalThis.errors.push(event.detail));
      }, [name, storage === 'full'])});
      await tab.write('sin disco');
      await tab.sees('sin disco', ['stored', 'delivered']);
      await tab.strip.getByText(words).waitFor();
      assert.deepEqual(await tab.page.evaluate(() => globalThis.errors), [{code: 'storage', reason: storage}]);
      await tab.page.getByRole('button', {name: 'Entendido'}).click();
      await tab.strip.waitFor({state: 'detached'});
      await tab.net.cut();
      await tab.write('sin red ni disco');
      await tab.strip.getByText('Sin conexión. No cierres esta página: tus mensajes se enviarán al volver.').waitFor({timeout: 40_000});
      await tab.net.restore(tab.page);
      await tab.sees('sin red ni disco', ['stored', 'delivered'], 30_000);
      await world.say(room, ['te leo']);
      await tab.sees('te leo');
      assert.deepEqual(world.archived(room), ['sin disco', 'sin red ni disco', 'te leo']);
      await tab.page.close();
    });
  }

  it('the host: properties, methods, events, parts and colours', {timeout: 120_000}, async () => {
    world.serveHost({sub: 'socia', name: 'Ana'}, `<body><main><h1>Portal</h1></main>
      <gym-chat lang="en" theme="dark"></gym-chat></body>`);
    const {page} = await (await world.person({}, world.hostUrl)).open('/');
    const chat = parts(page);
    const token = world.token('client', 'socia', {name: 'Ana'});
    await page.evaluate((text) => {
      globalThis.heard = [];
      const element = document.querySelector('gym-chat');
      for (const name of ['ready', 'unread', 'state', 'error', 'close']) {
        element.addEventListener(`gymchat-${name}`, (event) => globalThis.heard.push([name, event.detail]));
      }
      document.documentElement.style.setProperty('--gym-accent', '#ffe14d'); // light: text on it has to be dark
      element.getToken = async () => text;
      element.prefill('I lost my card');
    }, token);
    await until(async () => await chat.field.inputValue() === 'I lost my card', 'the words');
    await chat.field.press('Enter');
    await page.getByText('Sent', {exact: true}).waitFor();
    await page.evaluate(() => document.querySelector('gym-chat').close());
    await world.say('socia', ['Ven a recepción']);
    await chat.badge.getByText('1').waitFor();
    assert.equal(await chat.launcher.getAttribute('aria-label'), 'Open chat, 1 unread message');
    const heard = await page.evaluate(() => globalThis.heard);
    const of = (name) => heard.filter(([what]) => what === name).map(([, detail]) => detail);
    assert.deepEqual(of('ready'), [{room: 'socia'}]);
    assert.deepEqual(of('state').map(({state}) => state), ['connecting', 'live']);
    assert.deepEqual(of('unread').map(({count}) => count), [0, 1]);
    assert.deepEqual(of('error'), []);
    await chat.launcher.click();
    const look = await page.evaluate(() => {
      const element = document.querySelector('gym-chat');
      const inner = element.shadowRoot.querySelector('gym-chat-panel');
      const header = getComputedStyle(inner.shadowRoot.querySelector('header'));
      const sheet = new CSSStyleSheet();
      sheet.replaceSync('gym-chat::part(bubble) { letter-spacing: 3px } gym-chat::part(field) { letter-spacing: 4px } gym-chat::part(title) { letter-spacing: 5px }');
      document.adoptedStyleSheets = [sheet];
      const spaced = (root, selector) => getComputedStyle(root.querySelector(selector)).letterSpacing;
      const [list, composer] = ['message-list', 'message-composer'].map((name) => inner.shadowRoot.querySelector(name).shadowRoot);
      return {ground: header.backgroundColor, ink: header.color,
        parts: [spaced(list, '.bubble'), spaced(composer, '.field'), spaced(inner.shadowRoot, 'h2')]};
    });
    assert.deepEqual([look.ground, look.ink], ['rgb(255, 225, 77)', 'rgb(17, 20, 24)'], 'dark text on a light accent');
    assert.deepEqual(look.parts, ['3px', '4px', '5px'], 'parts of inner elements are within reach');
    await page.evaluate(() => { document.querySelector('gym-chat').lang = 'es'; });
    await page.getByRole('textbox', {name: 'Escribe tu mensaje'}).waitFor();
    assert.deepEqual(await page.evaluate(() => {
      const made = new DOMParser().parseFromString('<gym-chat></gym-chat>', 'text/html').querySelector('gym-chat');
      const getToken = async () => '';
      made.getToken = getToken;
      document.body.append(made); // becomes the element only here
      return [Object.hasOwn(made, 'getToken'), made.getToken === getToken];
    }), [false, true], 'a property that was set before the module came');
    await page.close();
  });

  it('a history that does not come is said, asked for again on request and by itself; messages go and come meanwhile', {timeout: 120_000}, async () => {
    const room = 'historia';
    await world.say(room, ['de antes']);
    let isDown = true;
    let asked = 0;
    const tab = await open(room, {before: (context) => context.route('**/messages?*', (route) => asked++ >= 0 &&
      (isDown ? route.fulfill({status: 500, body: ''}) : route.fallback()))});
    await tab.page.getByText('No pudimos cargar el historial.').waitFor();
    const before = asked;
    await tab.page.getByRole('button', {name: 'Reintentar', exact: true}).click();
    await until(() => asked > before, 'it to be asked for');
    await tab.write('¿hay alguien?');
    await tab.sees('¿hay alguien?', ['stored', 'delivered']); // before the answer, and so above it
    await tab.page.getByText('No pudimos cargar el historial.').waitFor({state: 'detached'});
    await world.say(room, ['sí, aquí estoy']);
    await tab.sees('sí, aquí estoy');
    isDown = false;
    await until(async () => (await tab.messages()).map((m) => m.text).join() === 'de antes,¿hay alguien?,sí, aquí estoy', 'the history', 40_000);
    await tab.page.close();
  });

  it('log-out: nothing of the person is left, in no tab, also what waited', {timeout: 120_000}, async () => {
    const tab = await open('adios');
    const other = await tab.person.open('/demo/client?sub=adios&name=Ana');
    await isLive(other.page);
    await tab.write('hola');
    await tab.sees('hola', ['stored', 'delivered']);
    await tab.net.cut();
    await tab.write('en espera');
    await tab.field.fill('a medias');
    await until(async () => (await kept(tab.page)).databases.length === 2, 'both databases');
    assert.ok((await kept(tab.page)).keys.some((key) => key.startsWith('gymchat-draft.')));
    await tab.page.evaluate(() => document.querySelector('gym-chat').logout());
    await tab.launcher.waitFor();
    assert.deepEqual(await kept(tab.page), {databases: [], keys: [], caches: []});
    await other.page.getByText('Inicia sesión de nuevo para ver tus mensajes.').waitFor();
    assert.equal(await tab.count('hola'), 0);
    assert.doesNotMatch(await other.page.evaluate(() => document.querySelector('gym-chat').shadowRoot.querySelector('gym-chat-panel').shadowRoot.textContent), /hola|en espera/);
    await tab.person.close();
  });
});

describe('the archive is down', () => {
  it('people talk on; queued is not called sent, the strip says why, and later all is stored in order', {timeout: 120_000}, async () => {
    const ana = await open('parada');
    const desk = await world.desk();
    await ana.write('antes');
    await ana.sees('antes', ['stored', 'delivered']);
    await desk.openRoom('parada');
    await desk.sees('antes');
    world.archiver.signal('SIGSTOP');
    await ana.write('¿me leen?');
    await desk.sees('¿me leen?', undefined, 20_000);
    await desk.write('sí, te leo');
    await ana.sees('sí, te leo');
    const waiting = await ana.sees('¿me leen?', 'queued');
    assert.equal(waiting.words, 'En espera');
    await ana.strip.getByText('Tus mensajes llegan; el historial puede tardar.').waitFor({timeout: 20_000});
    const fresh = await open('parada'); // a page opened meanwhile talks as well
    await fresh.write('y yo desde otra página');
    await desk.sees('y yo desde otra página', undefined, 20_000);
    world.archiver.signal('SIGCONT');
    for (const text of ['¿me leen?', 'y yo desde otra página']) await ana.sees(text, ['stored', 'delivered', 'read'], 60_000);
    await ana.strip.waitFor({state: 'detached', timeout: 30_000});
    const order = world.archived('parada');
    assert.deepEqual([...order].sort(), ['antes', 'sí, te leo', 'y yo desde otra página', '¿me leen?'].sort());
    for (const tab of [ana, fresh, desk])
      await until(async () => (await tab.messages()).map((m) => m.text).join() === order.join(), 'the archive\'s order', 30_000);
    for (const tab of [ana, fresh, desk]) await tab.page.close();
  });
});

it('the policies had nothing to refuse, and no page threw', () => assert.deepEqual(world.findings(), []));
