// <gym-chat> by keyboard and by ear: one tab stop for the list, Esc outward, what is typed on keyboards of all kinds, and what
// a screen reader is told.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {until} from '../lib/broker.js';
import {isLive, listenIn, Net, parts} from '../lib/chat-page.js';
import {ChatWorld} from '../lib/chat-world.js';

let world;

before(async () => {
  world = await ChatWorld.start();
});

after(() => world?.stop());

/** A tab of a client of their own, connected; net: its lines. */
async function open(sub, {before: prepare = () => {}, ...options} = {}) {
  const person = await world.person(options);
  const net = await Net.under(person);
  await prepare(person.context);
  const tab = await person.open(`/demo/client?sub=${sub}&name=Ana`);
  await isLive(tab.page);
  return Object.assign(tab, parts(tab.page), {net});
}

const asClient = (sub) => ({role: 'client', sub, name: 'Ana'});
const many = (n, word) => Array.from({length: n}, (_, i) => `${word} ${i + 1}`);

/** What has the focus, in a word: the message's text, or "button.close". */
const focus = (page) => page.evaluate(() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  if (at?.dataset.id) return at.querySelector('.bubble')?.textContent;
  return at?.dataset.do ?? (at?.part.value || at?.className || at?.localName);
});

async function press(page, keys, expected) {
  for (const key of keys.split(' ').filter(Boolean)) await page.keyboard.press(key);
  await until(async () => await focus(page) === expected, `${keys} to lead to ${expected}`)
    .catch(async (error) => assert.fail(`${error.message}, not to ${await focus(page)}`));
}

describe('keys and ears', {concurrency: 3}, () => {
  it('Tab: header, list, composer; in the list arrows, Home, End, Enter; Esc leads outward step by step', {timeout: 120_000}, async () => {
    const room = 'flechas';
    await world.say(room, many(3, 'Mensaje'), asClient(room));
    const tab = await open(room);
    const {page} = tab;
    await tab.sees('Mensaje 3', ['stored', 'delivered']);
    await tab.field.focus();
    await press(page, 'Shift+Tab', 'Mensaje 3');
    await press(page, 'Shift+Tab', 'close');
    await press(page, 'Tab', 'Mensaje 3');
    await press(page, 'ArrowUp', 'Mensaje 2');
    await press(page, 'Home', 'Mensaje 1');
    await press(page, 'ArrowUp', 'Mensaje 1');
    await press(page, 'ArrowDown ArrowDown ArrowDown', 'Mensaje 3');
    await press(page, 'Home Tab', 'textarea');
    await press(page, 'Shift+Tab', 'Mensaje 1');
    await press(page, 'End Enter', 'reply');
    await press(page, 'ArrowRight', 'copy');
    await press(page, 'Escape', 'Mensaje 3');
    await press(page, 'Enter', 'reply');
    await press(page, 'Enter', 'textarea');
    await tab.quoted.waitFor();
    await press(page, 'Escape', 'textarea');
    await tab.quoted.waitFor({state: 'detached'});
    await press(page, 'Shift+Tab Escape', 'textarea');
    await press(page, 'Escape', 'launcher');
    await tab.panel.waitFor({state: 'hidden'});
    await press(page, 'Enter', 'textarea');
    await page.close();
  });

  it('nothing to write in yet, or no login: the focus is in the dialog, and Esc closes it', {timeout: 120_000}, async () => {
    const person = await world.person();
    await person.context.route('**/demo/token/client*', (route) => route.fulfill({status: 401, json: {}}));
    const {page} = await person.open('/demo/client?sub=nadie');
    await page.getByText('Inicia sesión de nuevo').waitFor();
    await press(page, '', 'close');
    await press(page, 'Escape', 'launcher');
    await parts(page).panel.waitFor({state: 'hidden'});
    await person.close();
  });

  it('the list is a log that is silent, its parts have names, headings are headings', {timeout: 120_000}, async () => {
    const room = 'nombres';
    await world.say(room, ['Hola'], asClient(room));
    const tab = await open(room);
    const {page} = tab;
    await tab.sees('Hola', ['stored', 'delivered']);
    const log = page.getByRole('log', {name: 'Mensajes'});
    assert.equal(await log.getAttribute('aria-live'), 'off');
    await page.getByRole('dialog', {name: 'Soporte Gimnasio Olimpo'}).waitFor();
    await page.getByRole('heading', {name: 'Hoy', level: 3}).waitFor();
    await page.getByRole('textbox', {name: 'Escribe tu mensaje'}).waitFor();
    assert.equal(await log.locator('[tabindex="0"]').count(), 1);
    assert.match(await tab.row('Hola').innerText(), /Tú[\s\S]*Hola[\s\S]*\d\d:\d\d[\s\S]*Enviado/);
    await page.close();
  });

  it('a phone: the whole screen, closed by "back", a field that never makes it zoom, Enter breaks the line', {timeout: 120_000}, async () => {
    const tab = await open('movil', {viewport: {width: 390, height: 780}, hasTouch: true, isMobile: true});
    const {page} = tab;
    const box = await tab.panel.boundingBox();
    assert.deepEqual([box.x, box.y, box.width, box.height], [0, 0, 390, 780]);
    await page.getByRole('button', {name: 'Volver'}).tap();
    await tab.panel.waitFor({state: 'hidden'});
    await tab.launcher.tap();
    await tab.panel.waitFor();
    await page.goBack();
    await tab.panel.waitFor({state: 'hidden'});
    assert.match(page.url(), /\/demo\/client/);
    await tab.launcher.tap();
    await tab.field.fill('una línea');
    await tab.field.press('Enter');
    assert.equal(await tab.field.inputValue(), 'una línea\n');
    await tab.send.tap();
    await tab.sees('una línea', ['stored', 'delivered']);
    assert.equal(await focus(page), 'textarea', 'the keyboard stays');
    assert.doesNotMatch(await page.locator('meta[name=viewport]').getAttribute('content'), /user-scalable|maximum-scale/);
    await page.close();
  });

  it('AltGr+2 types @, and no combination with Alt does anything', {timeout: 120_000}, async () => {
    const tab = await open('arroba');
    const {page} = tab;
    const cdp = await page.context().newCDPSession(page);
    await tab.field.focus();
    const altGr = async (key, code, keyCode) => { // as Windows tells of it: Ctrl and Alt are down
      const common = {modifiers: 3, key, code, windowsVirtualKeyCode: keyCode};
      await cdp.send('Input.dispatchKeyEvent', {type: 'rawKeyDown', ...common});
      await cdp.send('Input.dispatchKeyEvent', {type: 'char', text: key}); // not sent on where the key was taken
      await cdp.send('Input.dispatchKeyEvent', {type: 'keyUp', ...common});
    };
    await page.keyboard.type('ana');
    await altGr('@', 'Digit2', 50);
    await page.keyboard.type('olimpo');
    await altGr('#', 'Digit3', 51);
    assert.equal(await tab.field.inputValue(), 'ana@olimpo#');
    for (const key of ['r', 'n', 'a', 'e', 'u', 's', 'k', '/', 'Enter']) await page.keyboard.press(`Alt+${key}`);
    assert.deepEqual([await tab.messages(), await tab.panel.isVisible(), await focus(page)], [[], true, 'textarea']);
    await page.close();
  });

  it('Enter while composing belongs to the input method', {timeout: 120_000}, async () => {
    const tab = await open('kana');
    const {page} = tab;
    const cdp = await page.context().newCDPSession(page);
    await tab.field.focus();
    await cdp.send('Input.imeSetComposition', {text: 'かいぎ', selectionStart: 3, selectionEnd: 3});
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    assert.deepEqual([await tab.messages(), await tab.panel.isVisible()], [[], true]);
    await cdp.send('Input.insertText', {text: '会議'});
    // what Safari says when the composition has just ended
    await tab.field.evaluate((field) => field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, bubbles: true, cancelable: true})));
    assert.deepEqual(await tab.messages(), []);
    await page.keyboard.press('Enter');
    const [sent] = await until(async () => { const all = await tab.messages(); return all.length && all; }, 'the message');
    assert.match(sent.text, /会議/);
    await page.close();
  });

  it('announced: one message by author and text, three at once by number, one\'s own and the history never', {timeout: 120_000}, async () => {
    const room = 'oido';
    await world.say(room, ['de antes, uno', 'de antes, dos']);
    const tab = await open(room);
    const {person} = tab;
    await tab.sees('de antes, dos');
    await tab.write('la mía');
    await tab.sees('la mía', ['stored', 'delivered']);
    await tab.reload();
    const after = await listenIn(tab.page);
    await isLive(tab.page);
    await tab.sees('la mía');
    await world.say(room, ['¿Te sirve el martes?']);
    await until(async () => (await after()).length > 0, 'something to be said');
    assert.match((await after()).join('|'), /^(Recepción|Marta): ¿Te sirve el martes\?$/, 'and nothing of the history before it');
    const region = tab.page.locator('live-announcer [aria-live=polite]');
    await until(async () => await region.textContent() === '', 'the region to be emptied');
    await tab.net.holding(() => world.say(room, ['uno', 'dos', 'tres']));
    await until(async () => (await after()).length > 1, 'something to be said');
    assert.equal((await after())[1], '3 mensajes nuevos');
    await until(async () => await region.textContent() === '', 'the region to be emptied');
    await tab.write('otra mía');
    await tab.sees('otra mía', ['stored', 'delivered']);
    const twin = await person.open(`/demo/client?sub=${room}&name=Ana`); // my other tab is me
    await twin.write('desde la otra pestaña');
    await tab.sees('desde la otra pestaña', ['stored', 'delivered']);
    await world.say(room, ['fin']);
    await until(async () => (await after()).some((words) => words.endsWith(': fin')), 'the last one');
    assert.deepEqual((await after()).length, 3, (await after()).join('|'));
    await person.close();
  });

  it('what the connection does is said once a change, not each second', {timeout: 120_000}, async () => {
    // The pauses between attempts take their chance: here 1.9 s, 3.7 s, so that there is time for the first words.
    const tab = await open('linea', {before: (context) => context.addInitScript(() => { Math.random = () => 0.9; })});
    const {page} = tab;
    const status = page.locator('connection-strip [role=status]');
    await page.evaluate(() => {
      globalThis.said = [];
      const root = document.querySelector('gym-chat').shadowRoot.querySelector('gym-chat-panel').shadowRoot.querySelector('connection-strip').shadowRoot;
      new MutationObserver(() => globalThis.said.push(root.querySelector('[role=status]').textContent)).observe(root.querySelector('[role=status]'), {childList: true, characterData: true, subtree: true});
    });
    assert.equal(await status.textContent(), '');
    await tab.net.cut(); // of this tab alone: the others keep their broker
    await tab.strip.getByText('Reintentar ahora').waitFor();
    await until(async () => await status.textContent() === 'Sin conexión. Tus mensajes se enviarán al volver.', 'three attempts to fail', 30_000);
    const said = await page.evaluate(() => globalThis.said);
    assert.deepEqual(said, ['Reconectando', 'Sin conexión. Tus mensajes se enviarán al volver.']);
    tab.net.isCut = false;
    await page.getByRole('button', {name: 'Reintentar ahora'}).click();
    await tab.strip.waitFor({state: 'detached'});
    await page.close();
  });
});

it('the policy had nothing to refuse, and no page threw', () => assert.deepEqual(world.findings(), []));
