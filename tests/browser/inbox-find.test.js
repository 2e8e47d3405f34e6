// Finding one's way at the desk: search, filters in the address, the keyboard alone, ten thousand rooms.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {after, afterEach, before, test} from 'node:test';
import {until} from '../lib/broker.js';
import {DeskWorld, focus, focusIs, isDrawn, row, rooms, roomsAre, status} from '../lib/desk-world.js';

let world;
before(async () => {
  world = await DeskWorld.start();
  await world.says('pena', 'Quisiera apuntarme a natación sincronizada'); // indexed behind the commit, hence said first and looked for last
});
after(() => world?.stop());
afterEach(() => world.sendHome());

test('by keyboard alone; AltGr types; all can be turned off', async () => {
  const marta = await world.desk('marta', 'Marta López');
  const {page} = marta;
  await row(marta, 'leo').waitFor();
  const [first, second] = await rooms(marta);
  const keys = async (...names) => {
    for (const name of names) await page.keyboard.press(name);
  };
  await keys('j', 'j', 'k');
  await focusIs(marta, first);
  await keys('Enter');
  await focusIs(marta, 'textarea');
  assert.equal(await row(marta, first).getAttribute('aria-current'), 'true');
  await page.keyboard.type('jk?/ n');
  await page.keyboard.down('AltGraph');
  await page.keyboard.insertText('@');
  await page.keyboard.up('AltGraph');
  assert.equal(await marta.composer.inputValue(), 'jk?/ n@', 'letters are letters while somebody writes');
  await marta.composer.fill('');
  await keys('Escape');
  await focusIs(marta, first);
  await keys('n');
  await focusIs(marta, 'textarea');
  assert.equal(await page.locator('desk-composer').getAttribute('mode'), 'note');
  await keys('Escape', 'r');
  assert.equal(await page.locator('desk-composer').getAttribute('mode'), 'reply');
  await keys('F6', 'F6'); // card, rail
  await until(() => page.evaluate(() => document.activeElement.shadowRoot.activeElement?.closest('[data-region]')?.dataset.region === 'rail'), 'the rail');
  await keys('Shift+F6', 'Shift+F6');
  await focusIs(marta, 'textarea');
  await keys('Escape', 'a');
  await page.getByRole('menuitemradio', {name: 'Asignarme'}).waitFor();
  await keys('Enter');
  await status(marta, 'Asignada a ti');
  await keys('e');
  await status(marta, 'Conversación resuelta');
  await keys('e');
  await status(marta, 'Conversación abierta de nuevo');
  await keys('s');
  await page.getByRole('menuitem', {name: 'Una hora'}).waitFor();
  await keys('Escape', '/');
  await focusIs(marta, 'search');
  await keys('Escape');
  await keys('Control+k');
  await page.getByRole('combobox', {name: 'Busca una conversación o una acción'}).waitFor();
  await page.keyboard.type(second.slice(0, 3));
  await keys('Enter');
  await focusIs(marta, 'textarea');
  await keys('Escape', 'u');
  await status(marta, 'Marcada como no leída');
  assert.equal(await page.locator('button.row[aria-current=true]').count(), 0, 'and away from it');
  await keys('?');
  await page.getByRole('dialog', {name: 'Atajos de teclado'}).waitFor();
  await page.locator('desk-dialog').getByRole('switch').uncheck();
  await keys('Escape');
  await page.locator('desk-dialog').waitFor({state: 'detached'}); // it takes the focus back to where it was
  const at = await focus(marta);
  await keys('j', '/', 'Control+k', 'F6');
  await isDrawn(marta);
  assert.equal(await focus(marta), at, 'all of them are off');
  assert.equal(await page.getByRole('dialog').count(), 0);
  await marta.reload();
  await row(marta, first).waitFor();
  await keys('?');
  await isDrawn(marta);
  assert.equal(await page.getByRole('dialog').count(), 0, 'and stay off');
});

/** From the first row to the last, one step a frame, as with a hand on the scroll bar: the durations of long tasks (ms),
 * the most rows that were drawn, and how often none was in sight. */
function sweep(tab) {
  return tab.page.locator('room-list').evaluate(async (list) => {
    const scroller = list.shadowRoot.querySelector('.scroll');
    const found = [];
    const seen = {drawn: 0, blank: 0};
    const watch = new PerformanceObserver((entries) => found.push(...entries.getEntries().map((it) => it.duration)));
    watch.observe({type: 'longtask'});
    for (let i = 0; i <= 100; i++) {
      scroller.scrollTop = (scroller.scrollHeight - scroller.clientHeight) * (i / 100);
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      const {top, bottom} = scroller.getBoundingClientRect();
      const rows = [...list.shadowRoot.querySelectorAll('.row')].map((it) => it.getBoundingClientRect());
      seen.drawn = Math.max(seen.drawn, rows.length);
      if (!rows.some((it) => it.bottom > top && it.top < bottom)) seen.blank++;
    }
    found.push(...watch.takeRecords().map((it) => it.duration));
    watch.disconnect();
    return {tasks: found, ...seen};
  });
}

test('ten thousand rooms: drawn in part, each telling its place, smooth to the end', async (t) => {
  const someone = await world.person();
  const now = Date.now();
  const all = Array.from({length: 10_000}, (_, i) => ({
    room: `m${i}`, title: `Socio ${i}`, kind: 'support', status: 'open', assignee: null, labels: [], last_seq: 1, unread: 0, read: 1,
    waiting_since: null, last_message_at: new Date(now - i * 1000).toISOString(), created_at: new Date(now - 1e9).toISOString(),
    people: [], last_message: {id: randomUUID(), seq: 1, role: 'client', sender: `m${i}`, kind: 'text', text: `Hola ${i}`,
      sent_at: new Date(now - i * 1000).toISOString(), stored_at: new Date(now - i * 1000).toISOString()},
  }));
  await someone.context.route(/\/v1\/gyms\/demo\/rooms\?/, (route) => {
    const query = new URL(route.request().url()).searchParams;
    const from = Number(query.get('cursor') ?? 0);
    const limit = 1000; // more than the real API gives, so that the test is about the page
    route.fulfill({json: {rooms: all.slice(from, from + limit), next: from + limit < all.length ? String(from + limit) : null,
      counts: {mine: 0, unassigned: all.length, all: all.length, waiting: 0, unread: 0}}});
  });
  const tab = await someone.open('/demo/staff?sub=marta&name=Marta');
  await row(tab, 'm0').waitFor();
  const shape = () => tab.page.locator('room-list').evaluate((list) => {
    const items = [...list.shadowRoot.querySelectorAll('li')];
    return {
      drawn: items.length, size: items[0].getAttribute('aria-setsize'), from: Number(items[0].getAttribute('aria-posinset')),
      to: Number(items.at(-1).getAttribute('aria-posinset')), role: list.shadowRoot.querySelector('ul').getAttribute('role'),
    };
  });
  assert.equal((await shape()).size, '10000', 'as many as the server counted');
  await until(async () => {
    await tab.page.locator('room-list').evaluate((list) => {
      const scroller = list.shadowRoot.querySelector('.scroll');
      scroller.scrollTop = scroller.scrollHeight;
    });
    return (await shape()).to === 10_000;
  }, 'the last room', 120_000);
  const end = await shape();
  assert.ok(end.drawn < 60, `${end.drawn} rows in the page`);
  assert.equal(end.role, 'list');
  await tab.page.locator('room-list').evaluate((list) => list.shadowRoot.querySelector('.row:last-of-type').focus());
  await tab.page.keyboard.press('Home');
  await focusIs(tab, 'm0');
  await tab.page.keyboard.press('End');
  await focusIs(tab, 'm9999');
  await tab.screenshot('inbox-ten-thousand');

  const {tasks, drawn, blank} = await sweep(tab);
  t.diagnostic(`a sweep in 100 steps: ${tasks.length} tasks over 50 ms, the longest ${Math.max(0, ...tasks).toFixed(0)} ms`); // other processes count in it
  assert.ok(drawn < 60, `${drawn} rows in the page`);
  assert.equal(blank, 0, 'steps that ended without a row in sight');

  // a busy minute on top: the page's own work for each message
  const session = await someone.context.newCDPSession(tab.page);
  await session.send('Performance.enable', {timeDomain: 'threadTicks'}); // on the processor, however long it waits for one
  const work = async () => (await session.send('Performance.getMetrics')).metrics.find((m) => m.name === 'ScriptDuration').value;
  const before = await work();
  for (let i = 0; i < 40; i++) all[i] = {...all[i], last_message: {...all[i].last_message, text: `De nuevo ${i}`}};
  await Promise.all(Array.from({length: 40}, (_, i) => world.says(`m${i}`, `De nuevo ${i}`)));
  await tab.page.evaluate(async () => {
    const {state} = document.querySelector('gym-inbox').inbox;
    const isNews = (_, i) => state.get(`m${i}`).preview.text === `De nuevo ${i}`;
    while (!Array.from({length: 40}, isNews).every(Boolean)) await new Promise((next) => setTimeout(next, 100));
  });
  const each = (await work() - before) / 40;
  t.diagnostic(`${(each * 1000).toFixed(1)} ms of script a message`);
  assert.ok(each < 0.05, `${(each * 1000).toFixed(0)} ms of script a message`);
});

test('search: names at once, words in messages from the archive; filters and the room stand in the address', async () => {
  await world.call('PATCH', '/rooms/pena', {role: 'staff', sub: 'luis'}, {assignee: 'marta'});
  const marta = await world.desk('marta', 'Marta López');
  const found = marta.page.locator('.hits button');
  await world.isIndexed('sincroniz');
  await marta.page.locator('#search').fill('sincroniz');
  await found.first().waitFor();
  assert.match(await found.first().innerText(), /natación sincronizada/);
  assert.match(await found.first().locator('mark').innerText(), /^sincroniz/);
  await marta.screenshot('inbox-search');
  await found.first().click();
  await marta.sees('Quisiera apuntarme a natación sincronizada');
  assert.deepEqual(Object.fromEntries(new URL(marta.page.url()).searchParams),
    {sub: 'marta', name: 'Marta López', q: 'sincroniz', room: 'pena'});
  await marta.page.locator('#search').fill('PEÑA');
  await row(marta, 'pena').waitFor();
  await marta.page.getByRole('button', {name: 'Borrar la búsqueda'}).click();
  await marta.page.getByRole('tab', {name: /Míos/}).click();
  await roomsAre(marta, ['pena'], 'my rooms');
  assert.equal(new URL(marta.page.url()).searchParams.get('tab'), 'mine');
  await marta.reload();
  assert.equal(await marta.page.getByRole('tab', {name: /Míos/}).getAttribute('aria-selected'), 'true');
  await marta.page.getByRole('button', {name: 'Pospuestas'}).click();
  await marta.page.getByText('Nada con este filtro').waitFor();
  await marta.page.goBack();
  await marta.page.getByRole('heading', {name: 'Abiertas'}).waitFor();
  assert.equal(await marta.page.getByRole('tab', {name: /Míos/}).getAttribute('aria-selected'), 'true', 'one step back, not out of the page');
  await marta.page.goForward();
  await marta.page.getByText('Nada con este filtro').waitFor();
  await marta.page.getByRole('button', {name: 'Quitar filtros'}).click();
  await row(marta, 'leo').waitFor();
  assert.deepEqual([...new URL(marta.page.url()).searchParams.keys()], ['sub', 'name', 'room']);
});
