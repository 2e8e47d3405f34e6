// The desk on a whole instance: two of the staff and two clients at once. What each sees of the others' work, and what never
// reaches a client.
import assert from 'node:assert/strict';
import {after, afterEach, before, test} from 'node:test';
import {connectClient, subscribe, until} from '../lib/broker.js';
import {DeskWorld, focusIs, row, roomsAre, status, tabCount} from '../lib/desk-world.js';

let world;
before(async () => { world = await DeskWorld.start(); });
after(() => world?.stop());
afterEach(() => world.sendHome());

test('two clients and two of the staff: each sees what the others do', async () => {
  const [ana, leo] = await Promise.all([world.client('ana', 'Ana García'), world.client('leo', 'Leo Martín')]);
  const [marta, luis] = await Promise.all([world.desk('marta', 'Marta López'), world.desk('luis', 'Luis Ortega')]);
  await Promise.all([ana.write('¿Hay yoga mañana?'), leo.write('¿Puedo congelar mi cuota?')]);
  for (const tab of [marta, luis]) {
    await row(tab, 'ana').getByText('¿Hay yoga mañana?').waitFor();
    await row(tab, 'leo').getByText('1 sin leer').waitFor({state: 'attached'});
    await row(tab, 'ana').getByText('en línea').waitFor();
  }
  const order = ['ana', 'leo'].sort((a, b) => waits(a) - waits(b));
  await roomsAre(marta, [...order, 'eva'], 'who waits longest to come first');

  await marta.openRoom('ana');
  await luis.openRoom('ana');
  await marta.page.getByText('Luis Ortega está viendo').waitFor();
  await luis.composer.pressSequentially('Hol');
  await marta.page.getByText('Luis Ortega está respondiendo…').waitFor();
  await marta.screenshot('inbox-two-at-once');
  await luis.composer.fill('');

  await marta.write('Sí, a las 18:30.');
  await ana.sees('Sí, a las 18:30.');
  await luis.sees('Sí, a las 18:30.');
  await row(luis, 'ana').getByText('Asignado a: Marta López').waitFor({state: 'attached'});
  await tabCount(luis, 'unassigned', 2);
  await tabCount(marta, 'mine', 1);
  await row(marta, 'ana').locator('.waiting').waitFor({state: 'detached'}); // nobody waits there any more

  await luis.openRoom('leo');
  await luis.write('Sí, hasta dos meses.');
  await leo.sees('Sí, hasta dos meses.');
  await ana.write('¡Gracias!');
  await marta.sees('¡Gracias!');
  await ana.sees('¡Gracias!', 'read');
});

function waits(room) {
  return Date.parse(world.stack.psql(`SELECT waiting_since FROM rooms WHERE key = '${room}'`));
}

test('a note is for the team: colleagues see it, the client neither in the page, nor from the broker, nor from the API', async (t) => {
  const ana = await world.client('ana', 'Ana García');
  const [marta, luis] = await Promise.all([world.desk('marta', 'Marta López'), world.desk('luis', 'Luis Ortega')]);
  const token = await world.token({role: 'client', sub: 'ana', name: 'Ana García'});
  const wire = await connectClient(`mqtt://${world.stack.mqttHost}:${world.stack.mqttPort}`, {
    username: 'demo.client.ana', clientId: 'demo.client.ana.test', password: token,
  });
  t.after(() => wire.end(true));
  const granted = await subscribe(wire, 'gym/demo/room/ana/#', 'gym/demo/to/client/ana', 'gym/demo/presence/staff/+');
  assert.deepEqual(granted, [1, 1, 1]);
  for (const filter of ['gym/demo/desk/ana/#', 'gym/demo/desk/+/note/staff/+', 'gym/demo/#', '#']) {
    const [code] = await subscribe(wire, filter).catch(() => [128]);
    assert.equal(code, 128, `${filter} is refused`);
  }
  await marta.openRoom('ana');
  await luis.openRoom('ana');
  await marta.page.locator('[data-mode=note]').click();
  await marta.write('Debe dos recibos: con tacto.');
  const note = luis.page.locator('li[data-kind=note]');
  await note.getByText('Debe dos recibos: con tacto.').waitFor();
  await note.getByText('Nota interna').waitFor();
  await until(async () => world.stack.psql("SELECT count(*) FROM notes WHERE body = 'Debe dos recibos: con tacto.'") === '1', 'the note to be stored');
  await marta.page.locator('li[data-kind=note]:not([data-state=queued])').waitFor();
  await marta.screenshot('inbox-note');
  assert.equal(await marta.page.locator('desk-composer').getAttribute('mode'), 'note', 'the next one is no answer by mistake');

  await marta.page.locator('[data-mode=reply]').click();
  await marta.write('Pasa por recepción cuando puedas.');
  await ana.sees('Pasa por recepción cuando puedas.');
  await wire.inbox.take((message) => message.text.includes('Pasa por recepción'));
  const heard = wire.inbox.messages.map(({topic, text}) => `${topic} ${text}`).join('\n');
  assert.doesNotMatch(heard, /\/desk\/|recibos/);
  assert.doesNotMatch(await ana.page.evaluate(() => document.querySelector('gym-chat').shadowRoot.querySelector('gym-chat-panel').shadowRoot
    .querySelector('message-list').shadowRoot.textContent), /recibos/);
  const asked = await fetch(`${world.stack.url}/v1/gyms/demo/rooms/ana/notes`, {headers: {authorization: `Bearer ${token}`}});
  assert.equal(asked.status, 403);
  const {messages} = await world.call('GET', '/rooms/ana/messages?limit=200', {role: 'client', sub: 'ana', name: 'Ana García'});
  assert.ok(messages.every((m, i) => m.seq === messages[0].seq + i) && !JSON.stringify(messages).includes('recibos'), 'neither text nor gap');
  await luis.reload();
  await note.getByText('Debe dos recibos: con tacto.').waitFor();
});

test('assign, label, snooze, resolve: at once on the other dashboard, with a way back; a word of the client reopens', async () => {
  await world.says('eva', '¿Tenéis sauna?');
  const [marta, luis] = await Promise.all([world.desk('marta', 'Marta López', {query: '&room=eva'}), world.desk('luis', 'Luis Ortega')]);
  await row(luis, 'eva').waitFor();
  await marta.page.locator('desk-thread desk-menu.assign button').click();
  await marta.page.getByRole('menuitemradio', {name: 'Asignarme'}).click();
  await status(marta, 'Asignada a ti');
  await row(luis, 'eva').getByText('Asignado a: Marta López').waitFor({state: 'attached'});

  await marta.page.locator('desk-card').getByLabel('Nueva etiqueta').fill('VIP');
  await marta.page.locator('desk-card').getByLabel('Nueva etiqueta').press('Enter');
  await luis.openRoom('eva');
  await luis.page.locator('desk-card .labels').getByText('VIP').waitFor();
  await luis.page.locator('desk-card').getByRole('button', {name: 'Quitar la etiqueta VIP'}).click();
  await marta.page.locator('desk-card').getByText('Sin etiquetas').waitFor();

  await luis.openRoom('ana'); // away from it: a row that is being read would stay, and so would all under the pointer
  await luis.page.mouse.move(900, 400);
  await marta.page.locator('.resolve').click();
  await status(marta, 'Conversación resuelta');
  await marta.page.getByRole('button', {name: 'Deshacer'}).hover(); // what is under the pointer stays
  await row(luis, 'eva').waitFor({state: 'detached'});
  await row(marta, 'eva').waitFor(); // still being read
  await marta.page.getByRole('button', {name: 'Deshacer'}).click();
  await row(luis, 'eva').waitFor();

  await marta.page.locator('desk-thread desk-menu.snooze button').click();
  await marta.screenshot('inbox-snooze-menu');
  await marta.page.getByRole('menuitem', {name: 'Una hora'}).click();
  await status(marta, /^Pospuesta hasta (.+, )?\d\d:\d\d$/);
  await row(luis, 'eva').waitFor({state: 'detached'});
  await luis.page.getByRole('button', {name: 'Pospuestas'}).click();
  await row(luis, 'eva').getByText(/^hasta (.+, )?\d\d:\d\d$/).waitFor();
  await luis.page.getByRole('button', {name: 'Abiertas'}).click();
  await luis.page.mouse.move(900, 400);
  await world.says('eva', '¿Hola?');
  await row(luis, 'eva').getByText('¿Hola?').waitFor();
  await marta.page.locator('.banner').waitFor({state: 'detached'});
  assert.equal(world.stack.psql("SELECT count(*) > 4 FROM audit"), 't', 'who did what is kept');
});

test('a canned answer by "/", with the name filled in; the list of them is edited', async () => {
  const ana = await world.client('ana', 'Ana García');
  const marta = await world.desk('marta', 'Marta López', {query: '&room=ana'});
  await marta.composer.click();
  await marta.page.keyboard.type('/hora');
  const choices = marta.page.getByRole('listbox', {name: 'Plantillas'});
  await choices.getByRole('option', {name: /Horario/}).waitFor();
  assert.equal(await choices.getByRole('option').count(), 1);
  assert.equal(await marta.composer.getAttribute('aria-activedescendant'), 'choice0');
  await marta.screenshot('inbox-canned');
  await marta.page.keyboard.press('Enter');
  assert.equal(await marta.composer.inputValue(), 'Hola Ana: abrimos de 7:00 a 22:00.');
  await marta.page.keyboard.press('Enter');
  await ana.sees('Hola Ana: abrimos de 7:00 a 22:00.');

  await marta.page.getByRole('button', {name: 'Plantillas', exact: true}).click();
  await marta.page.getByRole('button', {name: 'Editar plantillas'}).click();
  await marta.page.getByRole('dialog', {name: 'Plantillas de respuesta'}).waitFor();
  const dialog = marta.page.locator('desk-dialog'); // what it shows is slotted into it
  await dialog.getByRole('button', {name: 'Añadir plantilla'}).click();
  await dialog.getByLabel('Título').last().fill('Clases del sábado');
  await dialog.getByLabel('Texto').last().fill('Yoga a las 10.');
  await dialog.getByRole('button', {name: 'Guardar'}).click();
  await status(marta, 'Plantillas guardadas');
  const {canned} = await world.call('GET', '/canned', {role: 'staff', sub: 'marta'});
  assert.deepEqual(canned.at(-1), {key: 'clases-del-sabado', title: 'Clases del sábado', text: 'Yoga a las 10.'});
});

test('a colleague answered while I wrote: it asks before it sends', async () => {
  await world.says('ana', '¿Puedo llevar a una amiga?');
  const marta = await world.desk('marta', 'Marta López', {query: '&room=ana'});
  await marta.sees('¿Puedo llevar a una amiga?');
  await marta.composer.pressSequentially('Claro, ');
  await world.says('ana', 'Sí, el primer día es gratis.', {role: 'staff', sub: 'luis'});
  const warning = marta.page.locator('.conflict');
  await warning.getByText(/respondió hace \d+ s\.?\. ¿Enviar de todos modos\?/).waitFor();
  await marta.composer.pressSequentially('tráela.');
  await marta.page.keyboard.press('Enter');
  await marta.screenshot('inbox-conflict');
  assert.equal(await marta.count('Claro, tráela.'), 0, 'not sent yet');
  assert.equal(await marta.page.evaluate(() => document.activeElement.shadowRoot.activeElement.shadowRoot.activeElement.shadowRoot
    .activeElement.textContent), 'Enviar de todos modos');
  await warning.getByRole('button', {name: 'Seguir escribiendo'}).click();
  await warning.waitFor({state: 'detached'});
  await focusIs(marta, 'textarea');
  await marta.page.keyboard.press('Enter');
  await marta.sees('Claro, tráela.', ['stored', 'delivered', 'read']);
});

test('a draft waits in its room, over a reload, and is shown in its row', async () => {
  const marta = await world.desk('marta', 'Marta López', {query: '&room=ana'});
  await marta.composer.fill('A medias');
  await row(marta, 'leo').click();
  await row(marta, 'ana').getByText('Borrador: A medias').waitFor();
  await marta.reload();
  await row(marta, 'ana').click();
  await until(async () => (await marta.composer.inputValue()) === 'A medias', 'the draft');
});
