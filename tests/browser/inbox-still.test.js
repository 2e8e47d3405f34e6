// The desk's list stays still under the hand and while nobody looks, goes on without the live link, and calls whoever is
// needed, but not more often than it must.
import assert from 'node:assert/strict';
import {after, afterEach, before, test} from 'node:test';
import {until} from '../lib/broker.js';
import {DeskWorld, focusIs, isLive, row, rooms, setHidden} from '../lib/desk-world.js';

let world;
before(async () => { world = await DeskWorld.start(); });
after(() => world?.stop());
afterEach(() => world.sendHome());

test('while nobody looks the list waits, and says in numbers what happened; under the pointer it holds', async () => {
  const marta = await world.desk('marta', 'Marta López');
  await row(marta, 'leo').waitFor();
  const before = await rooms(marta);
  await setHidden(marta, true);
  const left = Date.now();
  for (let i = 0; i < 6; i++) await world.says(`nuevo-${i}`, `Hola, soy ${i}`);
  await world.says('leo', 'Otra pregunta');
  await world.call('PATCH', '/rooms/eva', {role: 'staff', sub: 'luis'}, {status: 'resolved'});
  await row(marta, 'leo').getByText('Otra pregunta').waitFor(); // rows tell the news, in their places
  await until(() => Date.now() - left > 5200, 'a while');
  await until(() => marta.page.evaluate(() => {
    const {state} = document.querySelector('gym-inbox').inbox;
    return [0, 1, 2, 3, 4, 5].every((i) => state.get(`nuevo-${i}`)?.created_at) && state.get('eva').status === 'resolved';
  }), 'all of it to be known');
  assert.deepEqual(await rooms(marta), before);
  await setHidden(marta, false);
  const summary = marta.page.locator('.summary');
  await summary.getByText('8 cambios mientras no estabas').waitFor();
  await summary.getByText(/6 conversaciones nuevas · 1 con mensajes nuevos · 1 cerrada/).waitFor();
  assert.deepEqual(await rooms(marta), before, 'nothing moves by itself');
  await marta.screenshot('inbox-away');
  await summary.getByRole('button', {name: 'Actualizar la lista'}).click();
  await row(marta, 'nuevo-5').waitFor();
  assert.equal(await row(marta, 'eva').count(), 0);
  await focusIs(marta, 'list-title');

  await marta.page.locator('button.row').nth(1).hover();
  const held = await rooms(marta);
  await world.says(held[0], 'contestado', {role: 'staff', sub: 'luis'});
  await row(marta, held[0]).getByText('contestado').waitFor();
  await summary.waitFor({state: 'detached'});
  assert.deepEqual(await rooms(marta), held, 'nothing moves under the pointer');
  await marta.page.mouse.move(900, 400);
  await until(async () => (await rooms(marta))[0] === held[1], 'the order once the pointer is gone');
});

test('a check-in lights up the member\'s row with what waits for an answer', async () => {
  await world.says('ana', '¿Me dais la factura?');
  const marta = await world.desk('marta', 'Marta López');
  await row(marta, 'ana').getByText('¿Me dais la factura?').waitFor();
  await world.says('ana', 'Entrada', {role: 'kiosk', sub: 'entrada', kind: 'checkin'});
  await marta.page.locator('button.row[data-room=ana][data-lit]').getByText('Acaba de entrar').waitFor();
  await row(marta, 'ana').getByText('¿Me dais la factura?').waitFor();
  const guest = marta.page.locator('.guest');
  await guest.getByText('Ana García acaba de entrar y espera respuesta').waitFor();
  await marta.screenshot('inbox-checkin');
  await marta.reload();
  await guest.getByText('¿Me dais la factura?').waitFor(); // found behind the check-in
  await guest.getByRole('button', {name: 'Abrir: Ana García'}).click();
  await marta.write('Ahora mismo.');
  await marta.page.locator('button.row[data-room=ana]:not([data-lit])').waitFor();
  assert.equal(await guest.count(), 0);
});

test('the live link down: the list goes on by long poll, and the strip says so', async () => {
  const someone = await world.person();
  let cut = true;
  await someone.context.routeWebSocket(/\/mqtt/, (socket) => {
    if (cut) socket.close();
    else socket.connectToServer();
  });
  const tab = await someone.open('/demo/staff?sub=marta&name=Marta');
  await tab.page.getByText('Sin conexión en directo. La lista se actualiza sola cada pocos segundos.').first().waitFor({timeout: 20_000});
  await world.says('leo', 'sin directo');
  await row(tab, 'leo').getByText('sin directo').waitFor({timeout: 15_000}); // a question waits for 25 s: whenever it came, also between two questions
  await tab.screenshot('inbox-no-live-link');
  cut = false;
  await tab.page.getByRole('button', {name: 'Reintentar ahora'}).click();
  await tab.page.locator('connection-strip .strip').waitFor({state: 'detached', timeout: 60_000});
});

test('title, sound and notification: for what nobody looks at', async () => {
  const someone = await world.person({permissions: ['notifications']});
  await someone.context.addInitScript(() => {
    globalThis.calls = {tones: 0, notes: []};
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...args) {
      calls.tones++;
      return start.apply(this, args);
    };
    globalThis.Notification = class {
      static permission = 'granted';
      static requestPermission = async () => 'granted';
      constructor(title, options) {
        calls.notes.push(`${title}: ${options.body}`);
      }
    };
  });
  const marta = await someone.open('/demo/staff?sub=marta&name=Marta');
  await row(marta, 'leo').waitFor();
  await isLive(marta);
  await marta.page.getByRole('button', {name: 'Ajustes'}).click();
  await marta.page.getByRole('switch', {name: /Avisos del navegador/}).check();
  await marta.page.keyboard.press('Escape');
  const calls = () => marta.page.evaluate(() => calls);
  await world.says('tono', 'uno');
  await until(async () => (await calls()).tones === 2, 'two notes of one chime');
  assert.deepEqual((await calls()).notes, [], 'the page is in sight');
  await setHidden(marta, true);
  await world.says('tono', 'dos');
  await until(async () => (await calls()).notes.length === 1, 'a notification');
  assert.deepEqual(await calls(), {tones: 2, notes: ['tono: dos']}, 'no second sound within the minute');
  await until(async () => /^\(\d+\) Recepción/.test(await marta.page.title()), 'the title to count');
});
