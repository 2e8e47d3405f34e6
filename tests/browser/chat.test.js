// <gym-chat> as a client uses it: the closed button, the header, the first words, replies, a long history.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {until} from '../lib/broker.js';
import {hasFocus, isLive, isRead, Net, parts} from '../lib/chat-page.js';
import {ChatWorld, dayOf, GYM, NOON_ZONE} from '../lib/chat-world.js';

let world;

before(async () => {
  world = await ChatWorld.start();
});

after(() => world?.stop());

/** A tab of a client of their own, connected. */
async function open(sub, {query = '', before: prepare = () => {}, ...options} = {}) {
  const person = await world.person(options);
  const net = await Net.under(person);
  await prepare(person.context);
  const tab = await person.open(`/demo/client?sub=${sub}&name=Ana${query}`);
  await isLive(tab.page);
  return Object.assign(tab, parts(tab.page), {net, sub});
}

const many = (n, word) => Array.from({length: n}, (_, i) => `${word} ${i + 1}`);
const asClient = (sub) => ({role: 'client', sub, name: 'Ana'});

/** /v1/me with other facts about the gym. */
const facts = (gym, more = {}) => (context) => context.route('**/v1/me', async (route) => {
  const answer = await route.fetch();
  const me = await answer.json();
  await route.fulfill({response: answer, json: {...me, gym: {...me.gym, ...gym}, ...more}});
});

/** How far the top of a row is below the top of the list. */
const topOf = (tab, text) => tab.row(text).evaluate((row) =>
  row.getBoundingClientRect().top - row.closest('.scroll').getBoundingClientRect().top);

/** Resolves when the keyboard is on this message. */
const isOn = (page, text) => page.locator('message-list li:focus .bubble').filter({hasText: text}).waitFor();

/** The part of the closed chat that has the focus. */
const partInFocus = (page) => page.evaluate(() => document.querySelector('gym-chat').shadowRoot.activeElement?.part.value);

describe('chat', {concurrency: 3}, () => {
  it('closed: counts what is unread, shows none of it, loads no panel; opened, closed, the focus comes back', {timeout: 120_000}, async () => {
    await world.say('cerrada', ['secreto uno', 'secreto dos', 'secreto tres']);
    world.serveHost({sub: 'cerrada'}, `<body><main><h1>Portal</h1><button id="other">Otra cosa</button></main>
      <gym-chat token-url="/chat/token" page-count></gym-chat></body>`);
    const person = await world.person({}, world.hostUrl);
    await person.context.addInitScript(() => {
      globalThis.heard = [];
      globalThis.appBadge = [];
      navigator.setAppBadge = async (n) => void globalThis.appBadge.push(n);
      addEventListener('gymchat-unread', (event) => globalThis.heard.push(event.detail.count));
    });
    const asked = [];
    person.context.on('request', (request) => asked.push(request.url()));
    const tab = await person.open('/');
    const {page} = tab;
    const chat = parts(page);
    await chat.badge.getByText('3').waitFor();
    assert.equal(await chat.launcher.getAttribute('aria-label'), 'Abrir chat, 3 mensajes sin leer');
    assert.deepEqual(await page.evaluate(() => [globalThis.heard, globalThis.appBadge.at(-1), document.title]), [[3], 3, '(3) Portal del socio']);
    assert.doesNotMatch(await page.evaluate(() => document.querySelector('gym-chat').shadowRoot.innerHTML), /secreto/);
    assert.deepEqual(asked.filter((url) => /panel|mqtt/.test(url)), [], 'nothing of the panel yet');
    assert.equal(await page.evaluate(() => document.querySelector('gym-chat').matches(':focus-within')), false);

    let come;
    const held = new Promise((done) => { come = done; });
    await page.route(/\/panel\./, async (route) => { await held; await route.continue(); });
    await chat.launcher.press('Enter');
    await chat.launcher.waitFor({state: 'hidden'});
    await page.keyboard.press('Escape'); // the panel is still on its way
    assert.equal(await partInFocus(page), 'launcher');
    come();
    await chat.panel.waitFor({state: 'attached'});
    assert.equal(await chat.panel.isVisible(), false, 'it does not open after that');

    await chat.launcher.click();
    await tab.sees('secreto tres');
    await hasFocus(page);
    await until(async () => (await page.title()) === 'Portal del socio', 'what was read to leave the title');
    await page.keyboard.press('Escape');
    await chat.panel.waitFor({state: 'hidden'});
    assert.equal(await partInFocus(page), 'launcher');
    await chat.badge.waitFor({state: 'hidden'});

    await page.locator('#other').focus();
    await page.evaluate(() => document.querySelector('gym-chat').open());
    await page.keyboard.press('Escape'); // at once: wherever the focus is by now
    await chat.panel.waitFor({state: 'hidden'});
    await world.say('cerrada', ['secreto cuatro']); // the panel is there and hears it at once
    await chat.badge.getByText('1').waitFor();
    assert.equal(await page.title(), '(1) Portal del socio');
    await page.close();
  });

  it('header: name, somebody there, a measured answer, hours of the gym; what is not known is not said', {timeout: 120_000}, async () => {
    const says = (tab, title, facts) => until(async () => await tab.header.locator('h2').innerText() === title &&
      (await tab.header.locator('.fact').allInnerTexts()).join(' ').trim() === facts, `the header to say "${title}" and "${facts}"`);
    const known = await open('cabecera', {before: facts({hours: {[dayOf(1)]: [['07:00', '22:00']]}, time_zone: NOON_ZONE},
      {response_time: {median_s: 300, p90_s: 900, n: 40}})});
    await says(known, 'Soporte Gimnasio Olimpo', 'Respuesta promedio: 5 min Respondemos mañana desde las 7:00');
    const tab = await open('cabecera', {before: facts({hours: {}, name: 'Gimnasio Apolo'}, {response_time: null})});
    await says(tab, 'Soporte Gimnasio Apolo', '');
    const staff = await world.desk();
    await tab.header.getByText('En línea').waitFor();
    await staff.person.close();
    await tab.header.getByText('En línea').waitFor({state: 'detached'});
    await Promise.all([tab.page.close(), known.page.close()]);
  });

  it('empty: a chip only puts words there, a draft outlives the page, what was typed is never overwritten', {timeout: 120_000}, async () => {
    const tab = await open('primera');
    const {page} = tab;
    await page.getByRole('button', {name: 'Horarios'}).click();
    assert.equal(await tab.field.inputValue(), '¿Cuáles son los horarios?');
    await page.getByRole('button', {name: 'Reservar clase'}).click();
    assert.equal(await tab.field.inputValue(), 'Quiero reservar una clase.', 'the second chip takes the place of the first');
    await tab.field.press('End');
    await tab.field.pressSequentially(' De yoga.');
    await page.reload();
    await until(async () => await tab.field.inputValue() === 'Quiero reservar una clase. De yoga.', 'the draft');
    await page.evaluate(() => document.querySelector('gym-chat').prefill('¿Y el sábado?'));
    await until(async () => await tab.field.inputValue() === 'Quiero reservar una clase. De yoga.\n¿Y el sábado?', 'both');
    assert.deepEqual(await world.newest('primera'), [], 'nothing was sent');
    await isLive(page);
    await tab.field.press('Enter');
    await tab.sees('Quiero reservar una clase. De yoga.\n¿Y el sábado?', ['stored', 'delivered']);
    await page.reload();
    await tab.sees('Quiero reservar una clase. De yoga.\n¿Y el sábado?', ['stored', 'delivered']);
    assert.equal(await tab.field.inputValue(), '', 'what was sent is no draft');
    await page.close();
  });

  it('a reply carries its quote, which leads to its message on the page, further up, or nowhere in words', {timeout: 120_000}, async () => {
    const room = 'citas';
    const [first] = await world.say(room, ['¿Te sirve el martes?'], asClient(room));
    await world.say(room, many(69, 'Relleno'), asClient(room));
    await world.say(room, ['Te reservé plaza'], {more: {reply_to: first}});
    await world.say(room, ['Sobre lo de ayer'], {more: {reply_to: '00000000-0000-4000-8000-000000000000'}});
    const tab = await open(room);
    const {page} = tab;
    const quoteIn = (text) => tab.row(text).locator('.quote');

    await tab.row('Te reservé plaza').hover();
    await tab.row('Te reservé plaza').getByRole('button', {name: 'Responder'}).click();
    assert.match(await tab.quoted.innerText(), /^En respuesta a .+\s+Te reservé plaza$/);
    await tab.write('¡Genial!');
    await tab.row('¡Genial!').locator('.quote').getByText('Te reservé plaza').waitFor();
    assert.equal(await tab.quoted.count(), 0);
    await until(async () => (await world.newest(room)).at(-1).text === '¡Genial!', 'the answer to be stored');
    const rows = await world.newest(room);
    assert.equal(rows.at(-1).reply_to, rows.at(-3).id);

    await page.evaluate(() => { document.querySelector('gym-chat').shadowRoot.querySelector('gym-chat-panel').shadowRoot.querySelector('message-list').shadowRoot.querySelector('.scroll').scrollTop = 1000; });
    await quoteIn('¡Genial!').evaluate((quote) => quote.click());
    await isOn(page, 'Te reservé plaza');
    assert.match(await page.locator('message-list li:focus .bubble').innerText(), /^Ver el mensaje anterior\s+Te reservé plaza$/);

    assert.equal(await tab.count('¿Te sirve el martes?'), 0, 'not on the page yet');
    await page.locator('message-list li:focus .quote').click();
    await page.locator('message-list li:focus').getByText('¿Te sirve el martes?').waitFor();

    await tab.jump.click();
    await quoteIn('Sobre lo de ayer').click();
    await quoteIn('Sobre lo de ayer').getByText('Ese mensaje ya no está.').waitFor();
    await page.close();
  });

  it('addresses become links that give nothing away; whatever else looks like one stays text', {timeout: 120_000}, async () => {
    const room = 'enlaces';
    await world.say(room, ['Mira https://gimnasio.example/clases?x=1&y=<b>, es nuevo', 'javascript:alert(1)', '<img src=x onerror=alert(1)>']);
    const tab = await open(room);
    await tab.sees('<img src=x onerror=alert(1)>');
    const links = await tab.page.locator('message-list .bubble a').evaluateAll((all) =>
      all.map((a) => [a.getAttribute('href'), a.target, a.rel]));
    assert.deepEqual(links, [['https://gimnasio.example/clases?x=1&y=', '_blank', 'noopener noreferrer nofollow']]);
    await tab.sees('javascript:alert(1)');
    await tab.page.close();
  });

  it('older pages come without a jump, to the first message and no further', {timeout: 120_000}, async () => {
    const room = 'larga';
    await world.say(room, many(130, 'Línea'), asClient(room));
    const tab = await open(room);
    await tab.sees('Línea 130');
    assert.equal((await tab.messages()).length, 50);
    for (const [from, anchor] of [[81, 'Línea 83'], [31, 'Línea 33']]) {
      await tab.row(`Línea ${from}`).waitFor({state: 'attached'});
      let place;
      await tab.net.pausing('before=', async () => {
        await tab.list.evaluate((list) => { list.scrollTop = 150; });
        await tab.page.locator('message-list .older').getByText('Cargando…').waitFor();
        place = await topOf(tab, anchor);
      });
      await until(async () => (await tab.messages())[0].text === `Línea ${Math.max(1, from - 50)}`, 'the page before');
      await until(async () => Math.abs(await topOf(tab, anchor) - place) <= 2, `${anchor} to stay at ${place}`, 10_000);
    }
    assert.equal((await tab.messages()).length, 130);
    await tab.page.locator('message-list .older').waitFor({state: 'detached'});
    await tab.page.close();
  });

  it('further up, what is new is counted on a button and moves nothing; one\'s own message goes to the end', {timeout: 120_000}, async () => {
    const room = 'arriba';
    await world.say(room, many(45, 'Antes'), asClient(room));
    const tab = await open(room);
    await tab.sees('Antes 45');
    await tab.list.evaluate((list) => { list.scrollTop = list.scrollHeight / 2; });
    await tab.jump.waitFor();
    const anchor = 'Antes 25';
    const place = await topOf(tab, anchor);
    await world.say(room, ['una', 'dos', 'tres']);
    await tab.jump.getByText('3 nuevos').waitFor();
    assert.ok(Math.abs(await topOf(tab, anchor) - place) <= 2);
    await tab.jump.click();
    await tab.jump.waitFor({state: 'detached'});
    const fromEnd = () => tab.list.evaluate((list) => list.scrollHeight - list.scrollTop - list.clientHeight);
    await until(async () => await fromEnd() < 1, 'the end');
    await tab.list.evaluate((list) => { list.scrollTop -= 70; });
    await world.mark(room, 48); // the list is drawn again
    await tab.row('Antes 45').getByText(/^Leído/).waitFor();
    assert.ok(Math.abs(await fromEnd() - 70) <= 1, `a look at what stands just above is not cut short: ${await fromEnd()}`);
    await tab.list.evaluate((list) => { list.scrollTop = 0; });
    await tab.jump.waitFor();
    await tab.write('la mía');
    await tab.jump.waitFor({state: 'detached'});
    await tab.row('la mía').waitFor();
    await tab.page.close();
  });

  it('what came while the chat was closed stands below a divider until it is closed again', {timeout: 120_000}, async () => {
    const room = 'divisor';
    await world.say(room, ['leído']);
    const tab = await open(room);
    const {page} = tab;
    await isRead(page);
    await hasFocus(page);
    const divider = page.locator('message-list li.unread');
    await page.keyboard.press('Escape');
    await world.say(room, ['nuevo uno', 'nuevo dos']);
    await tab.badge.getByText('2').waitFor();
    await tab.launcher.click();
    await divider.getByText('2 mensajes nuevos').waitFor();
    await world.say(room, ['visto llegar']);
    await tab.sees('visto llegar');
    assert.equal(await divider.innerText(), '2 mensajes nuevos', 'kept, and not counting what was seen coming');
    const order = await page.locator('message-list ol > li').evaluateAll((all) => all.map((li) => li.className === 'message' ? li.querySelector('.bubble').textContent : li.className));
    assert.deepEqual(order, ['day', 'leído', 'unread', 'nuevo uno', 'nuevo dos', 'visto llegar']);
    await isRead(page);
    await hasFocus(page);
    await page.keyboard.press('Escape');
    await tab.launcher.click();
    await divider.waitFor({state: 'detached'});
    await page.close();
  });

  it('somebody writes: three dots and a name, gone when they stop; days have their heading', {timeout: 120_000}, async () => {
    const room = 'dias';
    await world.say(room, ['de ayer']);
    world.sql(`UPDATE messages SET stored_at = stored_at - interval '1 day' WHERE body = 'de ayer'`);
    await world.say(room, ['de hoy']);
    const tab = await open(room);
    await tab.sees('de hoy');
    assert.deepEqual(await tab.page.locator('message-list li.day').allInnerTexts(), ['Ayer', 'Hoy']);
    const line = await world.broker.connect({role: 'staff', sub: 'marta', name: 'Marta'});
    line.publish(`gym/${GYM}/room/${room}/typing/staff/marta`, '{"typing":true}');
    await tab.page.locator('message-list .typing').getByText('está escribiendo…').waitFor();
    line.publish(`gym/${GYM}/room/${room}/typing/staff/marta`, '{"typing":false}');
    await tab.page.locator('message-list .typing').waitFor({state: 'detached'});
    await line.endAsync();
    await tab.page.close();
  });

  it('4,000 characters and no more, counted as people count', {timeout: 120_000}, async () => {
    const tab = await open('limite');
    await tab.field.fill('😀'.repeat(3600));
    await tab.page.locator('message-composer .count').getByText('Quedan 400 caracteres').waitFor();
    await tab.field.fill('x'.repeat(4001));
    await tab.page.locator('message-composer .count').getByText('Sobra 1 carácter').waitFor();
    assert.ok(await tab.send.isDisabled());
    await tab.field.press('Enter');
    assert.equal((await tab.field.inputValue()).length, 4001, 'nothing is cut, nothing is sent');
    await tab.field.fill('x'.repeat(3599));
    await tab.page.locator('message-composer .count').waitFor({state: 'detached'});
    await tab.page.close();
  });
});

it('the policies had nothing to refuse, and no page threw', () => assert.deepEqual(world.findings(), []));
