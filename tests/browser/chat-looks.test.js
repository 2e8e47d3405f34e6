// What <gym-chat> looks like in every state: axe, sizes, nothing cut off, in Spanish and English, light and dark, on 320, 390
// and 1280 px; each state's pictures stay in tests/artefacts/chat-*.png to be looked at.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {axe, isLive, isRead, measured, Net, parts} from '../lib/chat-page.js';
import {ChatWorld, GYM} from '../lib/chat-world.js';

// every two of language, theme and width meet
const LOOKS = [
  ['es', 'light', 320], ['en', 'dark', 320], ['es', 'dark', 390], ['en', 'light', 390], ['es', 'light', 1280], ['en', 'dark', 1280],
];
const LONG = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft';

let world;

before(async () => {
  world = await ChatWorld.start({gym: {settings: {greeting: '', accent: '#0f6e66'}}});
});

after(() => world?.stop());

/** A tab of a client of their own; net: its lines. */
async function open(sub, {query = '', ...options} = {}) {
  const person = await world.person(options);
  const net = await Net.under(person);
  const tab = await person.open(`/demo/client?sub=${sub}&name=Ana${query}`);
  return Object.assign(tab, parts(tab.page), {net, sub});
}

async function openLive(sub, options) {
  const tab = await open(sub, options);
  await isLive(tab.page);
  return tab;
}

/** What this room's client wrote and the desk answered, the first of it yesterday. */
async function conversation(room) {
  await world.say(room, ['Hola, ¿puedo cambiar mi plan?'], {role: 'client', sub: room, name: 'Ana'});
  await world.say(room, ['¡Hola, Ana! Claro que sí.', 'Dime a cuál te gustaría cambiar.']);
  world.sql(`UPDATE messages SET stored_at = stored_at - interval '1 day' WHERE room_id = (SELECT id FROM rooms WHERE key = '${room}')`);
  await world.say(room, ['Al anual. Vi el precio en https://gimnasio-olimpo.example/planes?plan=anual'], {role: 'client', sub: room, name: 'Ana'});
  await world.say(room, ['Entrada'], {role: 'kiosk', sub: 'entrada', more: {kind: 'checkin'}});
  await world.mark(room, 5);
  await world.ask('PUT', `/rooms/${room}/receipt`, {delivered: 5, read: 5, at: new Date().toISOString()}, world.token('client', room));
  await world.say(room, ['Listo, ya está. Te llega el recibo por correo.'], {more: {reply_to: (await world.newest(room))[3].id}});
  await world.say(room, ['¡Mil gracias!', '¿Hay que firmar algo?'], {role: 'client', sub: room, name: 'Ana'});
  return world.newest(room);
}

/** Written, given to the broker, and whatever the archive says about it does not get here. */
async function unstored(tab, text) {
  tab.net.archive = 'unheard';
  await tab.write(text);
  await tab.sees(text, 'queued');
  return tab.row(text).getAttribute('data-id');
}

const many = (n, word) => Array.from({length: n}, (_, i) => `${word} ${i + 1}`);

/** Each leads a page of its own to the state and says what of it is to be seen. */
const SCENES = {
  async closed(room) {
    await world.say(room, many(3, 'Aviso'));
    world.serveHost({sub: room}, `<body><main><h1>Portal del socio</h1><p>Tu cuota está al día.</p></main>
      <gym-chat token-url="/chat/token"></gym-chat></body>`);
    const tab = await (await world.person({}, world.hostUrl)).open('/');
    Object.assign(tab, parts(tab.page), {sub: room});
    await tab.badge.getByText('3').waitFor();
    return tab;
  },
  async empty(room) {
    const tab = await openLive(room);
    await tab.page.getByRole('button', {name: 'Horarios'}).waitFor();
    return tab;
  },
  async conversation(room) {
    await conversation(room);
    const tab = await openLive(room);
    await tab.sees('¿Hay que firmar algo?', ['stored', 'delivered']);
    return tab;
  },
  async long(room) {
    await world.say(room, [LONG.repeat(3), `https://gimnasio.example/${'a/'.repeat(90)}`]);
    await world.say(room, [`${LONG} 👩‍👩‍👧‍👦 مرحبا كيف الحال`, 'a\nb\n\nc'], {role: 'client', sub: room, name: 'Ana'});
    const person = await world.person();
    await person.context.route('**/v1/me', async (route) => {
      const answer = await route.fetch();
      const me = await answer.json();
      await route.fulfill({response: answer, json: {...me, gym: {...me.gym, name: `Gimnasio ${LONG} de la Costa`}, response_time: {median_s: 300, p90_s: 600, n: 40}}});
    });
    const tab = await person.open(`/demo/client?sub=${room}`);
    Object.assign(tab, parts(tab.page), {sub: room});
    await isLive(tab.page);
    await tab.field.fill(`${LONG} ${LONG}\n`.repeat(4));
    return tab;
  },
  async actions(room) {
    await conversation(room);
    const tab = await openLive(room);
    await tab.row('Listo, ya está. Te llega el recibo por correo.').focus();
    await tab.page.keyboard.press('Enter');
    await tab.page.getByRole('button', {name: 'Responder'}).first().click();
    await tab.quoted.waitFor();
    await tab.row('¡Mil gracias!').focus();
    await tab.page.keyboard.press('Enter');
    await tab.row('¡Mil gracias!').getByRole('button', {name: 'Responder'}).waitFor();
    return tab;
  },
  async unread(room) {
    await conversation(room);
    const tab = await openLive(room);
    await isRead(tab.page);
    await tab.page.evaluate(() => document.querySelector('gym-chat').close());
    await world.say(room, ['Sí, el contrato. Te espero en recepción.', 'Cualquier día, de 9:00 a 21:00.']);
    await tab.badge.getByText('2').waitFor();
    await tab.launcher.click();
    await tab.page.locator('message-list').getByText(/2 (mensajes nuevos|new messages)/).waitFor();
    return tab;
  },
  async below(room) {
    await world.say(room, many(40, 'Mensaje'));
    const tab = await openLive(room);
    await tab.sees('Mensaje 40');
    await tab.list.evaluate((list) => { list.scrollTop = list.scrollHeight / 3; });
    await tab.jump.waitFor();
    await world.say(room, ['¿Sigues ahí?', 'Te leo']);
    await tab.jump.getByText('2 nuevos').waitFor();
    return tab;
  },
  async older(room) {
    await world.say(room, many(60, 'Mensaje'), {role: 'client', sub: room, name: 'Ana'});
    const tab = await openLive(room);
    await tab.sees('Mensaje 60');
    tab.net.isHung = true;
    await tab.list.evaluate((list) => { list.scrollTop = 0; });
    await tab.page.locator('message-list .older').getByText('Cargando…').waitFor();
    return tab;
  },
  async offline(room) {
    const tab = await openLive(room);
    await tab.write('Esto lo escribí con red');
    await tab.sees('Esto lo escribí con red', ['stored', 'delivered']);
    await tab.net.cut();
    await tab.page.context().setOffline(true);
    await tab.write('Y esto, en el sótano del gimnasio');
    await tab.strip.getByText('Sin conexión').waitFor();
    return tab;
  },
  async reconnecting(room) {
    const tab = await openLive(room);
    await tab.write('Hola');
    await tab.sees('Hola', ['stored', 'delivered']);
    tab.net.isHung = true;
    await tab.net.dropSockets();
    await tab.strip.getByText('Reconectando').waitFor();
    return tab;
  },
  async expired(room) {
    const tab = await openLive(room);
    await tab.page.context().route('**/demo/token/client*', (route) => route.fulfill({status: 401, json: {}}));
    await tab.net.dropSockets();
    await tab.strip.getByText('Inicia sesión de nuevo').waitFor();
    return tab;
  },
  async rejected(room) {
    const tab = await openLive(room);
    const id = await unstored(tab, 'Un mensaje que nadie quiere');
    await world.system(`to/client/${room}`, {rejected: [{id, room, code: 'too_large', detail: 'x'}]});
    await tab.page.getByRole('button', {name: 'Descartar'}).waitFor();
    return tab;
  },
  async limited(room) {
    const tab = await openLive(room);
    const id = await unstored(tab, 'El vigésimo en un segundo');
    await world.system(`to/client/${room}`, {rejected: [{id, room, code: 'rate_limited', detail: 'x', retry_after_ms: 60_000}]});
    await tab.page.locator('message-list').getByText('Vas muy rápido').waitFor();
    return tab;
  },
  async behind(room) {
    const tab = await openLive(room);
    tab.net.archive = 'down';
    await tab.write('¿Me leen?');
    await tab.strip.getByText('el historial puede tardar').waitFor();
    return tab;
  },
  async full(room) {
    const person = await world.person();
    await person.context.addInitScript(() => {
      IDBObjectStore.prototype.put = () => { throw new DOMException('no room', 'QuotaExceededError'); };
    });
    const tab = await person.open(`/demo/client?sub=${room}`);
    Object.assign(tab, parts(tab.page), {sub: room});
    await tab.write('¿Esto se guarda?');
    await tab.strip.getByText('no tiene espacio').waitFor();
    return tab;
  },
  async counter(room) {
    const tab = await openLive(room);
    await tab.field.fill('x'.repeat(4012));
    await tab.page.getByText('Sobran 12 caracteres').first().waitFor();
    return tab;
  },
  async typing(room) {
    await world.say(room, ['Un momento, lo miro.']);
    const tab = await openLive(room);
    const line = await world.broker.connect({role: 'staff', sub: 'marta', name: 'Marta'});
    tab.again = () => line.publish(`gym/${GYM}/room/${room}/typing/staff/marta`, '{"typing":true}');
    tab.timer = setInterval(tab.again, 2000).unref();
    tab.again();
    tab.end = () => { clearInterval(tab.timer); return line.endAsync(); };
    await tab.page.locator('message-list .typing').waitFor();
    return tab;
  },
  async loading(room) {
    const person = await world.person();
    await person.context.route('**/messages?*', () => {});
    const tab = await person.open(`/demo/client?sub=${room}`);
    Object.assign(tab, parts(tab.page), {sub: room});
    await tab.page.locator('message-list .skeleton').waitFor();
    return tab;
  },
  async failed(room) {
    const person = await world.person();
    await person.context.route('**/messages?*', (route) => route.fulfill({status: 500, body: ''}));
    const tab = await person.open(`/demo/client?sub=${room}`);
    Object.assign(tab, parts(tab.page), {sub: room});
    await tab.page.getByText('No pudimos cargar el historial.').waitFor();
    return tab;
  },
  async denied(room) {
    const person = await world.person();
    await person.context.route('**/demo/token/client*', (route) => route.fulfill({status: 401, json: {}}));
    const tab = await person.open(`/demo/client?sub=${room}`);
    Object.assign(tab, parts(tab.page), {sub: room});
    await tab.page.getByText('Inicia sesión de nuevo').waitFor();
    return tab;
  },
};

/** Puts the page into one variant; resolves when it is drawn. */
async function dress({page}, lang, theme, width) {
  await page.setViewportSize({width, height: width === 1280 ? 800 : width === 390 ? 780 : 568});
  await page.evaluate(([language, look]) => {
    document.documentElement.lang = language;
    const chat = document.querySelector('gym-chat');
    chat.setAttribute('lang', language);
    chat.setAttribute('theme', look);
  }, [lang, theme]);
  await page.evaluate(async () => {
    const panel = document.querySelector('gym-chat').shadowRoot.querySelector('gym-chat-panel');
    for (let i = 0; i < 3; i++) {
      await panel?.updateComplete;
      await new Promise(requestAnimationFrame);
    }
    const ends = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity);
    await Promise.all(ends.map((one) => one.finished.catch(() => {}))); // its element may go before
  });
}

async function inspect(tab, name) {
  const found = [...await axe(tab.page), ...await measured(tab.page)];
  await tab.screenshot(`chat-${name}`);
  return found.map((what) => `${name}: ${what}`);
}

describe('looks', {concurrency: 3}, () => {
  Object.entries(SCENES).forEach(([name, lead], i) => it(name, {timeout: 180_000}, async () => {
    const tab = await lead(`look-${name}`);
    const found = [];
    const looks = name === 'conversation' ? LOOKS : [LOOKS[i % 6], LOOKS[(i + 3) % 6]];
    for (const [lang, theme, width] of looks) {
      await dress(tab, lang, theme, width);
      found.push(...await inspect(tab, `${name}-${lang}-${theme}-${width}`));
    }
    await tab.end?.();
    await tab.page.close();
    assert.deepEqual(found, []);
  }));

  it('text twice as large, forced colours, no motion', {timeout: 180_000}, async () => {
    const found = [];
    for (const lead of ['conversation', 'empty', 'rejected']) {
      const tab = await SCENES[lead](`big-${lead}`);
      for (const width of [320, 1280]) {
        await dress(tab, 'es', 'light', width);
        await tab.page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
        found.push(...await inspect(tab, `${lead}-200-${width}`));
      }
      await tab.page.evaluate(() => { document.documentElement.style.fontSize = ''; });
      await tab.page.emulateMedia({forcedColors: 'active', reducedMotion: 'reduce'});
      found.push(...await inspect(tab, `${lead}-forced`));
      const moving = await tab.page.evaluate(() => document.getAnimations().length);
      if (moving) found.push(`${lead}: ${moving} animations`);
      await tab.page.close();
    }
    assert.deepEqual(found, []);
  });
});

it('the policy had nothing to refuse, and no page threw', () => assert.deepEqual(world.findings(), []));
