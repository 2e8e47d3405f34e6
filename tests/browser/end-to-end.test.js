// The scenario of the README in real pages on a whole instance: a client and the desk talk, a kiosk checks in, history
// is there after a reload, and whatever is killed meanwhile, a message ends up stored once and shown once.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {copyFileSync, mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {isDeepStrictEqual} from 'node:util';
import {until} from '../lib/broker.js';
import {ARTEFACTS, Person, startBrowser} from '../lib/browser.js';
import {isForgotten} from '../lib/leftovers.js';
import {PARTS, startStack} from '../lib/stack.js';

let stack, browser;
const people = [];

before(async () => {
  stack = await startStack();
  browser = await startBrowser();
  const answer = await fetch(`${stack.url}/v1/gyms/demo`, {
    method: 'PUT',
    headers: {authorization: `Bearer ${stack.token({role: 'service', sub: 'crm'})}`, 'content-type': 'application/json'},
    body: JSON.stringify({name: 'Gimnasio Olimpo', time_zone: 'Europe/Madrid', locale: 'es',
      hours: Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, [['00:00', '23:59']]]))}),
  });
  assert.ok(answer.ok, await answer.text());
});

after(async () => {
  await browser?.close();
  await stack?.stop();
});

async function person(options) {
  const made = await Person.start(browser, stack.url, options);
  people.push(made);
  return made;
}
async function opened(path, options) {
  const tab = await (await person(options)).open(path);
  await tab.keeps();
  return tab;
}
const client = (sub, name, options) => opened(`/demo/client?sub=${sub}&name=${encodeURIComponent(name)}`, options);
const desk = (options) => opened('/demo/staff', options);

function storedTimes(text) {
  return Number(stack.psql(`SELECT count(*) FROM messages WHERE body = '${text}'`));
}

async function checkIn(kiosk, member) {
  for (const digit of member) await kiosk.page.keyboard.press(digit);
  await kiosk.page.keyboard.press('Enter');
}

test('a client and the desk talk in both directions, a kiosk checks in, and a reload shows it all with ticks', async () => {
  const ana = await client('1042', 'Ana García');
  const marta = await desk();
  const kiosk = await (await person()).open('/demo/kiosk');

  await ana.write('Hola, ¿hay clase de yoga mañana?');
  await ana.sees('Hola, ¿hay clase de yoga mañana?', ['stored', 'delivered']);
  await marta.openRoom('1042');
  await marta.sees('Hola, ¿hay clase de yoga mañana?');
  const read = await ana.sees('Hola, ¿hay clase de yoga mañana?', 'read');
  assert.match(read.words, /^Leído \d\d:\d\d$/, 'picture and words');

  await marta.composer.pressSequentially('Sí, a l');
  await ana.page.locator('message-list').getByText('está escribiendo…').waitFor();
  await marta.write('Sí, a las 18:30. ¿Te reservo un lugar?');
  await ana.sees('Sí, a las 18:30. ¿Te reservo un lugar?');
  await marta.sees('Sí, a las 18:30. ¿Te reservo un lugar?', 'read');
  await ana.write('Sí, por favor. ¡Gracias!');
  await marta.sees('Sí, por favor. ¡Gracias!');

  await kiosk.page.getByText('Conectado').waitFor();
  await checkIn(kiosk, '1042');
  await kiosk.page.getByText('Te damos la bienvenida, Ana').waitFor();
  await kiosk.screenshot('end-to-end-kiosk-welcome');
  for (const tab of [ana, marta]) await tab.page.locator('message-list').getByText('Entrada registrada a las').waitFor();
  await marta.page.locator('button.row[data-room="1042"]').getByText('Acaba de entrar').waitFor();
  await kiosk.page.locator('gym-kiosk .over').waitFor({state: 'detached'});
  for (const word of ['1042', 'Ana']) await isForgotten(kiosk.page, word);

  await ana.sees('Sí, por favor. ¡Gracias!', 'read');
  const shown = await ana.messages();
  for (const tab of [ana, marta]) {
    await tab.reload();
    if (tab === marta) await tab.openRoom('1042');
    await tab.sees('Sí, por favor. ¡Gracias!');
  }
  await ana.sees('Sí, por favor. ¡Gracias!', 'read');
  await comesToShow(ana, (all) => all, shown, 'the same words and states after the reload');
  await overview(ana, marta, kiosk);
});

/** Waits until what a page's list shows, seen through `view`, is this. */
async function comesToShow(tab, view, wanted, why) {
  let last;
  await until(async () => isDeepStrictEqual(last = view(await tab.messages()), wanted), why, 30_000)
    .catch((error) => assert.deepEqual(last, wanted, error.message));
}

/** The three pages beside each other, for the README. */
async function overview(ana, marta, kiosk) {
  const leo = await client('1077', 'Leo Martín');
  await leo.write('¿Puedo congelar mi cuota en enero?');
  await leo.sees('¿Puedo congelar mi cuota en enero?', ['stored', 'delivered', 'read']);
  await marta.page.locator('button.row[data-room="1077"]').getByText('Leo Martín').waitFor();
  await marta.page.locator('[data-tab=all] .n').getByText('2', {exact: true}).waitFor(); // the server counts, a little later
  const shots = [];
  for (const [tab, name, width, height, shown] of
    [[ana, 'client', 412, 680, 412], [marta, 'staff', 1040, 680, 1040], [kiosk, 'kiosk', 768, 1024, 510]]) {
    await tab.page.setViewportSize({width, height});
    const png = (await tab.screenshot(`end-to-end-${name}`)).toString('base64');
    shots.push(`<img alt="${name}" width="${shown}" src="data:image/png;base64,${png}">`);
  }
  const frame = await browser.newPage({viewport: {width: 2090, height: 760}});
  await frame.setContent(`<style>body{margin:0;padding:32px;display:flex;gap:32px;background:#dfe5ea}
    img{display:block;height:680px;border-radius:14px;box-shadow:0 2px 6px #0002,0 12px 36px #0003}</style>${shots.join('')}`);
  await frame.locator('img').last().evaluate((image) => image.decode());
  await frame.screenshot({path: join(ARTEFACTS, 'overview.png')});
  await frame.close();
  if (process.env.GYMCHAT_UPDATE_IMAGES) {
    const images = fileURLToPath(new URL('../../docs/images/', import.meta.url));
    mkdirSync(images, {recursive: true});
    copyFileSync(join(ARTEFACTS, 'overview.png'), join(images, 'overview.png'));
  }
  await leo.page.close();
}

test('what is written without a connection survives a reload, and is sent once, in order', async () => {
  const someone = await person();
  const tab = await someone.open('/demo/client?sub=2001&name=Noa');
  await tab.write('antes');
  await tab.sees('antes', ['stored', 'delivered']);

  // the page's own files still come; chat and API do not
  await someone.context.route('**/v1/**', (route) => route.abort());
  await someone.context.routeWebSocket(/\/mqtt/, (socket) => socket.close());
  await tab.reload();
  await tab.keeps();
  await tab.page.locator('gym-chat').getByText('Cargando').waitFor({state: 'hidden'});
  await tab.write('uno sin conexión');
  await tab.write('dos sin conexión');
  await tab.sees('dos sin conexión', 'queued');
  await tab.page.locator('connection-strip .words').getByText('Sin conexión').waitFor({timeout: 30_000});
  await tab.screenshot('end-to-end-offline');
  await tab.reload();
  for (const text of ['uno sin conexión', 'dos sin conexión']) {
    const waiting = await tab.sees(text, 'queued');
    assert.equal(waiting.words, 'En espera');
  }
  assert.equal(storedTimes('uno sin conexión'), 0);

  await someone.context.unrouteAll();
  await tab.page.close();
  const again = await someone.open('/demo/client?sub=2001&name=Noa');
  for (const text of ['uno sin conexión', 'dos sin conexión']) await again.sees(text, ['stored', 'delivered', 'read'], 40_000);
  assert.deepEqual((await again.messages()).map((m) => m.text), ['antes', 'uno sin conexión', 'dos sin conexión']);
  assert.deepEqual([storedTimes('uno sin conexión'), storedTimes('dos sin conexión')], [1, 1]);
});

for (const part of PARTS) {
  test(`kill -9 of ${part}: what is said meanwhile is stored once and shown once on both sides`, async () => {
    const room = `30${PARTS.indexOf(part)}`;
    const someone = await client(room, 'Eva Ruiz');
    const marta = await desk();
    await someone.write(`hola ${part}`);
    await someone.sees(`hola ${part}`, ['stored', 'delivered']);
    await marta.openRoom(room);
    await marta.sees(`hola ${part}`);
    await marta.write(`te leo ${part}`);
    await someone.sees(`te leo ${part}`);
    await marta.sees(`te leo ${part}`, ['delivered', 'read']);

    const [asked, answered] = [`pregunta ${part} ${randomUUID()}`, `respuesta ${part} ${randomUUID()}`];
    const pid = stack.kill(part);
    await someone.write(asked);
    await marta.write(answered);
    await someone.sees(asked);
    await marta.sees(answered);
    await stack.restarted(part, pid);

    await someone.sees(asked, ['stored', 'delivered', 'read'], 90_000);
    await marta.sees(answered, ['stored', 'delivered', 'read'], 90_000);
    await marta.sees(asked, undefined, 30_000);
    await someone.sees(answered, undefined, 30_000);
    await someone.sees(asked, 'read', 30_000);
    for (const tab of [someone, marta]) {
      await tab.page.locator('connection-strip .strip').waitFor({state: 'detached', timeout: 30_000});
    }
    assert.deepEqual([storedTimes(asked), storedTimes(answered)], [1, 1]);
    const order = stack.psql(`SELECT body FROM messages m JOIN rooms r ON r.id = m.room_id WHERE r.key = '${room}' ORDER BY seq`).split('\n');
    for (const tab of [someone, marta]) {
      await comesToShow(tab, (all) => all.map((m) => m.text), order, 'the order of the archive'); // a line has its place once its seq is told
      await tab.person.close();
    }
  });
}

test('two tabs of one person show the same, and only one of them sends', async () => {
  const someone = await person();
  const [one, two] = [await someone.open('/demo/client?sub=4001&name=Iris'), await someone.open('/demo/client?sub=4001&name=Iris')];
  await two.write('desde la segunda pestaña');
  for (const tab of [one, two]) await tab.sees('desde la segunda pestaña', ['stored', 'delivered']);
  await one.page.close();
  await two.write('y ahora sola');
  await two.sees('y ahora sola', ['stored', 'delivered']);
  assert.deepEqual([storedTimes('desde la segunda pestaña'), storedTimes('y ahora sola')], [1, 1]);
});

test('where WebSockets are blocked both sides still talk, and nothing is said about it', async () => {
  const someone = await person();
  await someone.context.addInitScript(() => {
    globalThis.WebSocket = class extends EventTarget {
      readyState = 0;
      constructor() {
        super();
        setTimeout(() => {
          this.readyState = 3;
          this.dispatchEvent(new Event('error'));
          this.dispatchEvent(new Event('close'));
        }, 20);
      }
      send() {}
      close() {}
    };
  });
  const tab = await someone.open('/demo/client?sub=5001&name=Omar');
  await tab.keeps();
  const marta = await desk();
  await tab.write('desde una red cerrada');
  await tab.sees('desde una red cerrada', ['stored', 'delivered'], 30_000);
  await marta.openRoom('5001');
  await tab.sees('desde una red cerrada', 'read', 30_000);
  await marta.write('aquí también te leo');
  await tab.sees('aquí también te leo', undefined, 30_000);
  await marta.sees('aquí también te leo', 'read', 30_000);
  assert.equal(await tab.page.locator('connection-strip .strip').count(), 0);
  assert.equal(storedTimes('desde una red cerrada'), 1);
});

test('a check-in without a connection is kept and arrives with its own time', async () => {
  const someone = await person();
  const kiosk = await someone.open('/demo/kiosk?sub=torno');
  const eva = await client('6001', 'Eva');
  await eva.write('hola');
  await eva.sees('hola', ['stored', 'delivered']);
  await kiosk.page.getByText('Conectado').waitFor();
  const pid = stack.kill('mosquitto', 'SIGSTOP');
  await kiosk.page.evaluate(() => dispatchEvent(new Event('online'))); // look at the line now
  await kiosk.page.getByText('Sin conexión').waitFor({timeout: 30_000});
  await checkIn(kiosk, '6001');
  await kiosk.page.getByText('Registrado sin conexión').waitFor();
  await kiosk.page.getByText('Entradas en espera: 1').waitFor();
  process.kill(pid, 'SIGKILL');
  await stack.restarted('mosquitto', pid);
  await kiosk.page.getByText('Entradas en espera: 0').waitFor({timeout: 60_000});
  await eva.page.locator('message-list').getByText('Entrada registrada a las').waitFor({timeout: 30_000});
  assert.equal(Number(stack.psql("SELECT count(*) FROM messages WHERE kind = 'checkin' AND sender = 'torno'")), 1);
});

test('the Content-Security-Policy had nothing to refuse, and no page threw', async () => {
  assert.ok(people.length > 10);
  assert.deepEqual(people.flatMap((p) => p.refused), []);
  assert.deepEqual(people.flatMap((p) => p.errors), []);
  const headers = (await fetch(`${stack.url}/demo/client`)).headers;
  assert.match(headers.get('content-security-policy'), /default-src 'none'.*require-trusted-types-for 'script'/);
});
