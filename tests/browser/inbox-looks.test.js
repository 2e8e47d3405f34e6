// What the desk looks like in every state: axe, sizes, nothing cut off, in Spanish and English, light and dark, on 320, 390, 820
// and 1280 px; each state's pictures stay in tests/artefacts/inbox-look-*.png to be looked at.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {until} from '../lib/broker.js';
import {axe, measured} from '../lib/chat-page.js';
import {DeskWorld, row, setHidden} from '../lib/desk-world.js';

// every two of language, theme and width meet
const LOOKS = [
  ['es', 'light', 320], ['en', 'dark', 320], ['es', 'dark', 390], ['en', 'light', 390],
  ['es', 'light', 820], ['en', 'dark', 820], ['es', 'dark', 1280], ['en', 'light', 1280],
];
const BOXES = '.scroll,.body,.panel,.tabs,.rail,.foot,.summary,.guest,.toast,.conflict';
const LONG = 'María del Carmen Fernández-Villaverde Donaudampfschifffahrtselektrizitätenhauptbetriebswerk';

const HANG_MS = 600_000; // ends a scene that hangs: the steps have their own limits

let world, spare = 0;

before(async () => {
  world = await DeskWorld.start();
  await world.call('POST', '/rooms', {role: 'service', sub: 'crm'}, {room: 'carmen', people: [{role: 'client', who: 'carmen', name: LONG}]});
  await world.says('ana', '¿Hay yoga mañana?');
  await world.says('leo', 'https://gimnasio.example/una/direccion/muy/larga/que/no/tiene/espacios/y/no/cabe/en/la/fila?x=1');
  await world.says('carmen', LONG.repeat(3));
  await world.says('carmen', 'Debe dos recibos: con tacto.', {role: 'staff', sub: 'marta', to: 'notes'});
  await world.says('carmen', 'Sí, te lo miro ahora mismo.', {role: 'staff', sub: 'luis'});
  await world.says('carmen', 'Gracias');
  await world.call('PATCH', '/rooms/carmen', {role: 'staff', sub: 'luis'}, {labels: ['VIP', 'Pago pendiente'], assignee: 'luis'});
  await world.says('kiosk-entrada', 'Pide ayuda', {role: 'kiosk', sub: 'entrada'});
  world.stack.psql("UPDATE rooms SET waiting_since = waiting_since - interval '7 minutes' WHERE key = 'leo';"
    + "UPDATE rooms SET waiting_since = waiting_since - interval '2 days' WHERE key = 'carmen'");
});

after(() => world?.stop());

const desk = (query = '') => world.desk(`vera-${++spare}`, 'Vera Ruiz', {query});
const inRoom = async () => {
  const tab = await desk('&room=carmen');
  await tab.page.locator('li[data-kind=note]').waitFor();
  return tab;
};
const menu = async (name) => {
  const tab = await inRoom();
  await tab.page.locator(`desk-thread desk-menu.${name} button`).click();
  await tab.page.getByRole('menu').waitFor();
  return tab;
};
const dialog = async (key, title) => {
  const tab = await desk();
  await tab.page.locator('#list-title').focus();
  await tab.page.keyboard.press(key);
  await tab.page.getByRole('dialog', {name: title}).waitFor();
  return tab;
};
const held = async (path, how) => {
  const person = await world.person();
  await person.context.route(path, how);
  return person.open(`/demo/staff?sub=vera-${++spare}&name=Vera`);
};

/** Each leads a page of its own to the state and says what of it is to be seen. */
const SCENES = {
  async list() {
    await world.says('ana', 'Entrada', {role: 'kiosk', sub: 'entrada', kind: 'checkin'}); // lit for a few minutes only
    const tab = await desk();
    await row(tab, 'leo').getByText(/^esperando \d+ min$/).waitFor();
    await tab.page.locator('.guest').waitFor();
    return tab;
  },
  async thread() {
    const tab = await inRoom();
    await (await world.desk('nora', 'Nora Gil', {query: '&room=carmen'})).composer.pressSequentially('Ho');
    await tab.page.getByText('Nora Gil está respondiendo…').waitFor();
    return tab;
  },
  async 'kiosk room'() {
    const tab = await desk('&room=kiosk-entrada');
    await tab.sees('Pide ayuda');
    return tab;
  },
  async loading() {
    const tab = await held(/\/rooms\?/, () => {});
    await tab.page.locator('.bones').waitFor();
    return tab;
  },
  async failed() {
    const tab = await held(/\/rooms\?/, (route) => route.fulfill({status: 503, json: {code: 'unavailable'}}));
    await tab.page.getByText('No pudimos cargar las conversaciones.').waitFor();
    return tab;
  },
  async denied() {
    const tab = await held(/\/demo\/token\//, (route) => route.fulfill({status: 401, json: {}}));
    await tab.page.locator('.opening .words').waitFor();
    return tab;
  },
  async 'all done'() {
    const counts = {mine: 0, unassigned: 0, all: 0, waiting: 0, unread: 0};
    const tab = await held(/\/rooms\?/, (route) => route.fulfill({json: {rooms: [], next: null, counts}}));
    await tab.page.getByText('Todo al día').waitFor();
    return tab;
  },
  async 'nothing found'() {
    const tab = await desk('&tab=mine&shelf=snoozed');
    await tab.page.getByText('Nada con este filtro').waitFor();
    return tab;
  },
  async search() {
    const tab = await desk();
    await world.isIndexed('yoga');
    await tab.page.locator('#search').fill('yoga');
    await tab.page.locator('.hits button').first().waitFor();
    return tab;
  },
  async note() {
    const tab = await inRoom();
    await tab.page.locator('[data-mode=note]').click();
    await tab.composer.fill('Avisar a Vera');
    return tab;
  },
  async canned() {
    const tab = await inRoom();
    await tab.composer.fill('/');
    await tab.page.getByRole('option').first().waitFor();
    return tab;
  },
  async conflict() {
    const tab = await inRoom();
    await tab.composer.pressSequentially('Hola');
    await world.says('carmen', '¡Hecho!', {role: 'staff', sub: 'luis'});
    await tab.page.locator('.conflict').waitFor();
    return tab;
  },
  async draft() {
    const tab = await inRoom();
    await tab.composer.fill('A medias');
    await row(tab, 'leo').click();
    await row(tab, 'carmen').getByText('Borrador: A medias').waitFor();
    return tab;
  },
  assign: () => menu('assign'),
  snooze: () => menu('snooze'),
  async 'snooze when'() {
    const tab = await menu('snooze');
    await tab.page.getByRole('menuitem', {name: 'Elegir fecha y hora…'}).click();
    await tab.page.getByRole('dialog').waitFor();
    return tab;
  },
  help: () => dialog('?', 'Atajos de teclado'),
  palette: () => dialog('Control+k', 'Ir a…'),
  async settings() {
    const tab = await desk();
    await tab.page.getByRole('button', {name: 'Ajustes'}).click();
    await tab.page.getByRole('dialog').waitFor();
    return tab;
  },
  async templates() {
    const tab = await SCENES.settings();
    await tab.page.getByRole('button', {name: 'Plantillas de respuesta'}).click();
    await tab.page.getByLabel('Texto').first().waitFor();
    return tab;
  },
  async resolved() {
    const room = `fin-${++spare}`;
    await world.says(room, 'Era solo eso');
    const tab = await desk(`&room=${room}`);
    await tab.page.locator('.resolve').click();
    await tab.page.locator('.toast').waitFor();
    await tab.page.locator('.banner').waitFor();
    return tab;
  },
  async away() {
    const tab = await desk();
    await setHidden(tab, true);
    const left = Date.now();
    const room = `nuevo-${++spare}`;
    await world.says(room, 'Hola');
    await until(() => tab.page.evaluate((it) => document.querySelector('gym-inbox').inbox.state.get(it), room), 'the news');
    await until(() => Date.now() - left > 5200, 'a while');
    await setHidden(tab, false);
    await tab.page.locator('.summary').waitFor();
    return tab;
  },
  async polling() {
    const person = await world.person();
    await person.context.routeWebSocket(/\/mqtt/, (socket) => socket.close());
    const tab = await person.open(`/demo/staff?sub=vera-${++spare}&name=Vera`);
    await tab.page.getByText('Sin conexión en directo.').first().waitFor({timeout: 20_000});
    return tab;
  },
  async card() {
    const tab = await inRoom();
    await tab.page.setViewportSize({width: 820, height: 900});
    await tab.page.locator('.to-card').click();
    await tab.page.locator('desk-card').waitFor();
    return tab;
  },
};

async function dress(tab, lang, theme, width) {
  await tab.page.setViewportSize({width, height: width < 800 ? 780 : 860});
  await tab.page.evaluate(([name, value]) => {
    document.documentElement.lang = name;
    Object.assign(document.querySelector('gym-inbox'), {lang: name, theme: value});
  }, [lang, theme]);
  const layout = width < 800 ? 'narrow' : width < 1200 ? 'medium' : 'wide';
  await tab.page.locator(`gym-inbox[layout=${layout}][lang=${lang}]`).waitFor();
  await tab.page.evaluate(async () => {
    await document.querySelector('gym-inbox').settled();
    const roots = (root) => [root, ...[...root.querySelectorAll('*')].flatMap((it) => (it.shadowRoot ? roots(it.shadowRoot) : []))];
    const ending = roots(document).flatMap((root) => root.getAnimations()).filter((it) => it.effect.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(ending.map((it) => it.finished));
  });
}

async function inspect(tab, name) {
  const found = [...await axe(tab.page), ...await measured(tab.page, 'gym-inbox', BOXES)];
  await tab.screenshot(`inbox-look-${name.replaceAll(' ', '-')}`);
  return found.map((what) => `${name}: ${what}`);
}

describe('looks', {concurrency: 3}, () => {
  Object.entries(SCENES).forEach(([name, lead], i) => it(name, {timeout: HANG_MS}, async () => {
    const tab = await lead();
    const found = [];
    const looks = ['list', 'thread'].includes(name) ? LOOKS : [LOOKS[(i * 3) % 8]];
    for (const [lang, theme, width] of looks) {
      await dress(tab, lang, theme, width);
      found.push(...await inspect(tab, `${name}-${lang}-${theme}-${width}`));
    }
    assert.deepEqual([...found, ...tab.person.refused, ...tab.person.errors], []);
    await tab.person.close(); // a page that is open draws, and takes its time from the others
  }));

  it('text twice as large, forced colours, no motion', {timeout: HANG_MS}, async () => {
    const found = [];
    for (const name of ['list', 'note']) {
      const tab = await SCENES[name]();
      for (const width of [320, 1280]) {
        await dress(tab, 'es', 'light', width);
        await tab.page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
        found.push(...await inspect(tab, `${name}-200-${width}`));
      }
      await tab.page.evaluate(() => { document.documentElement.style.fontSize = ''; });
      await tab.page.emulateMedia({forcedColors: 'active', reducedMotion: 'reduce'});
      found.push(...await inspect(tab, `${name}-forced`));
      await tab.person.close();
    }
    assert.deepEqual(found, []);
  });
});
