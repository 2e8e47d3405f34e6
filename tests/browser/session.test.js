// The session of a page: tokens that end while it is open, a login that is gone, a page that wakes up.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {until} from '../lib/broker.js';
import {Person, startBrowser} from '../lib/browser.js';
import {isLive} from '../lib/chat-page.js';
import {startStack} from '../lib/stack.js';

let stack, browser;

before(async () => {
  stack = await startStack();
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await stack?.stop();
});

/** A client's tab whose tokens come from us. session: life in seconds, undefined: no session any more; counts what is
 * asked and how often it connects. */
async function clientWith(sub, session) {
  const person = await Person.start(browser, stack.url);
  Object.assign(session, {asked: 0, links: 0});
  person.context.on('page', (page) => page.on('websocket', () => session.links++));
  await person.context.route('**/demo/token/client*', (route) => {
    session.asked++;
    session.firstEnds ??= Date.now() + session.life * 1000;
    if (session.life === undefined) return route.fulfill({status: 401, json: {code: 'signed_out'}});
    return route.fulfill({json: {token: stack.token({role: 'client', sub, ttl: session.life})}});
  });
  return person.open('/demo/client');
}

const strip = (tab) => tab.page.locator('connection-strip .strip');

// each waits most of its time for a token to end, or for a line to be found dead
describe('session', {concurrency: 4}, () => {
  it('a token that ends in mid-session is replaced before, and nobody notices', async () => {
    const session = {life: 20};
    const tab = await clientWith('corto', session);
    await isLive(tab.page); // how long the first connection takes is another matter
    let seen = 0;
    await tab.page.exposeFunction('stripSeen', () => seen++);
    await tab.page.evaluate(() => setInterval(() => {
      const panel = document.querySelector('gym-chat').shadowRoot.querySelector('gym-chat-panel');
      if (panel?.shadowRoot.querySelector('connection-strip')?.shadowRoot.querySelector('.strip')) globalThis.stripSeen();
    }, 50));
    await tab.write('al principio');
    await tab.sees('al principio', ['stored', 'delivered']);
    await until(() => session.links >= 3 && Date.now() > session.firstEnds, 'two tokens to be replaced, the first to end', 60_000);
    await tab.write('más tarde que el primer token');
    await tab.sees('más tarde que el primer token', ['stored', 'delivered']);
    assert.equal(seen, 0, 'the strip was never shown');
    await tab.person.close();
  });

  it('a session that has ended is said in words; what was written waits and goes out after signing in', async () => {
    const session = {life: 6};
    const tab = await clientWith('fuera', session);
    await tab.write('dentro');
    await tab.sees('dentro', ['stored', 'delivered']);
    session.life = undefined;
    await strip(tab).getByText('Inicia sesión de nuevo').waitFor({timeout: 40_000});
    await tab.write('escrito fuera');
    await tab.sees('escrito fuera', 'queued');
    await tab.screenshot('session-expired');
    session.life = 600;
    await tab.page.getByText('Reintentar ahora').click();
    await tab.sees('escrito fuera', ['stored', 'delivered'], 30_000);
    await strip(tab).waitFor({state: 'detached'});
    await tab.person.close();
  });

  it('without a session from the start the page says so', async () => {
    const tab = await clientWith('nadie', {life: undefined});
    await tab.page.getByText('Inicia sesión de nuevo para ver tus mensajes.').waitFor();
    await tab.person.close();
  });

  it('a line that went silent is noticed when the page becomes active, and what was missed is fetched', async () => {
    const person = await Person.start(browser, stack.url);
    const world = {deaf: false, sockets: 0};
    await person.context.routeWebSocket(/\/mqtt/, (page) => {
      const server = page.connectToServer();
      const mine = ++world.sockets;
      page.onMessage((message) => { if (!world.deaf || mine > 1) server.send(message); });
      server.onMessage((message) => { if (!world.deaf || mine > 1) page.send(message); });
    });
    const tab = await person.open('/demo/client?sub=dormida');
    const staff = await (await Person.start(browser, stack.url)).open('/demo/staff');
    await tab.write('buenas noches');
    await tab.sees('buenas noches', ['stored', 'delivered']);
    await staff.openRoom('dormida');
    await staff.sees('buenas noches');
    world.deaf = true; // half-open: neither side hears of it
    await staff.write('¿sigues ahí?');
    await staff.sees('¿sigues ahí?', ['stored', 'delivered', 'read']);
    assert.equal(await tab.count('¿sigues ahí?'), 0);
    await tab.page.evaluate(() => dispatchEvent(new Event('pageshow')));
    await tab.sees('¿sigues ahí?');
    assert.ok(world.sockets >= 2);
    await staff.sees('¿sigues ahí?', 'read');
    await Promise.all([person.close(), staff.person.close()]);
  });
});
