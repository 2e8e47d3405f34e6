// chat-page.js - what tests ask of a page with <gym-chat>: its parts, a network that can be cut, what a screen reader is
// told, what axe and a ruler find.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {until} from './broker.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Locators of the parts; they pierce the shadow roots. */
export function parts(page) {
  return {
    host: page.locator('gym-chat'),
    launcher: page.locator('gym-chat button[part~=launcher]'),
    badge: page.locator('gym-chat [part~=badge]'),
    panel: page.locator('gym-chat-panel'),
    header: page.locator('gym-chat-panel header'),
    list: page.locator('message-list .scroll'),
    strip: page.locator('connection-strip .strip'),
    field: page.locator('message-composer textarea'),
    send: page.locator('message-composer .send'),
    quoted: page.locator('message-composer .quoted'),
    jump: page.locator('message-list .jump'),
    row: (text) => page.locator('message-list li[data-id]').filter({has: page.locator('.bubble').filter({hasText: text})}).last(),
  };
}

/** The MQTT packets in these bytes; left: the beginning of one. */
function packets(bytes) {
  const whole = [];
  for (let at = 0; ;) {
    let length = 0;
    let head = at + 1;
    for (let shift = 0; head < bytes.length; shift += 7) {
      const byte = bytes[head++];
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    const isOpen = head - at < 2 || bytes[head - 1] > 127;
    if (isOpen || head + length > bytes.length) return {whole, left: bytes.subarray(at)};
    whole.push(bytes.subarray(at, head + length));
    at = head + length;
  }
}

/** A PUBLISH of a room's log. */
function isNotice(packet) {
  return packet[0] >> 4 === 3 && packet.includes('/log{');
}

/** The lines of a profile to API and broker; the page's own files always come. */
export class Net {
  isCut = false; // requests fail, sockets close
  isHung = false; // requests get no answer
  hasSockets = true;
  archive = 'heard'; // 'unheard': no notice gets through, and pages are empty; 'down': and the API says 503
  held = undefined; // a list: what the broker sends waits in it, as [socket, packet]
  sockets = new Set();
  opened = 0;

  /** Call before the profile opens a page. */
  static async under({context}) {
    const net = new Net();
    await context.route('**/v1/**', (route) => net.#ask(route));
    await context.routeWebSocket(/\/mqtt/, (socket) => net.#connect(socket));
    return net;
  }

  #ask(route) {
    const isHistory = route.request().method() === 'GET' && /\/messages\?/.test(route.request().url());
    if (this.isHung) return undefined;
    if (this.paused && route.request().url().includes(this.paused.part)) return this.paused.until.then(() => route.continue());
    if (this.isCut) return route.abort();
    if (isHistory && this.archive === 'down') return route.fulfill({status: 503, json: {code: 'unavailable', status: 503}});
    if (isHistory && this.archive === 'unheard') return route.fulfill({json: {messages: [], marks: [], last_seq: 0}});
    return route.continue();
  }

  #connect(socket) {
    this.opened++;
    if (this.isCut || !this.hasSockets) return void socket.close();
    this.sockets.add(socket);
    const server = socket.connectToServer();
    let rest = Buffer.alloc(0);
    server.onMessage((frame) => {
      const {whole, left} = packets(Buffer.concat([rest, Buffer.from(frame)]));
      rest = left;
      for (const packet of whole) if (this.archive === 'heard' || !isNotice(packet)) this.#deliver(socket, packet);
    });
  }

  #deliver(socket, packet) {
    if (this.held) this.held.push([socket, packet]);
    else socket.send(packet);
  }

  /** What the broker sends meanwhile comes when the work is done, in one piece. */
  async holding(work) {
    this.held = [];
    try {
      await work();
    } finally {
      const {held} = this;
      this.held = undefined;
      for (const socket of new Set(held.map(([it]) => it)))
        socket.send(Buffer.concat(held.filter(([it]) => it === socket).map(([, packet]) => packet)));
    }
  }

  /** Answers to requests whose address has this in it wait until the work is done. */
  async pausing(part, work) {
    let go;
    this.paused = {part, until: new Promise((done) => { go = done; })};
    try {
      await work();
    } finally {
      this.paused = undefined;
      go();
    }
  }

  async cut() {
    this.isCut = true;
    await this.dropSockets();
  }

  async dropSockets() {
    for (const socket of this.sockets) await socket.close();
    this.sockets.clear();
  }

  /** The page hears of it as from a real device, until it is connected: an attempt that was under way may still fail. */
  async restore(...pages) {
    this.isCut = false;
    for (const page of pages) {
      await until(() => page.evaluate(() => {
        dispatchEvent(new Event('online'));
        return document.querySelector('gym-chat').shadowRoot.querySelector('gym-chat-panel').session?.feed?.status.phase === 'live';
      }), 'the page to be connected again', 60_000);
    }
  }
}

/** Resolves when the page's link is up, its history has been asked for, and what it shows is drawn. */
export function isLive(page, ms = 60_000) {
  return until(() => page.evaluate(() => {
    const panel = document.querySelector('gym-chat')?.shadowRoot.querySelector('gym-chat-panel');
    const list = panel?.shadowRoot.querySelector('message-list');
    return panel?.session?.feed?.status.phase === 'live' && list && list.phase !== 'loading' &&
      !panel.isUpdatePending && !list.isUpdatePending;
  }), 'the page to be connected', ms);
}

/** Resolves when the page itself knows that nothing of the room is unread: its mark has come back from the archive. */
export function isRead(page) {
  return until(() => page.evaluate(() => document.querySelector('gym-chat').shadowRoot.querySelector('gym-chat-panel')
    .thread.unread === 0), 'everything to be read', 30_000);
}

/** Resolves when the person can type: what they press is heard by the panel. */
export function hasFocus(page) {
  return until(() => page.evaluate(() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at?.localName === 'textarea';
  }), 'the field to have the focus', 30_000);
}

/** Collects what the polite region says, each text once, from when it is there. Returns a function that gives the texts so far. */
export async function listenIn(page) {
  await page.waitForFunction(() => {
    const region = document.querySelector('gym-chat')?.shadowRoot?.querySelector('gym-chat-panel')
      ?.shadowRoot?.querySelector('live-announcer')?.shadowRoot;
    if (!region?.querySelector('[aria-live]')) return false;
    globalThis.told = [];
    let last = '';
    new MutationObserver(() => {
      const words = region.querySelector('[aria-live]').textContent;
      if (words && words !== last) globalThis.told.push(words);
      last = words;
    }).observe(region, {subtree: true, childList: true, characterData: true});
    return true;
  });
  return () => page.evaluate(() => globalThis.told);
}

/** What axe finds in the whole page: ["rule: target"]. */
export async function axe(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const {violations} = await globalThis.axe.run(document, {runOnly: tags});
    return violations.flatMap(({id, nodes}) => nodes.map((node) => `${id}: ${node.target.flat().join(' ')} ${node.failureSummary}`));
  });
}

/** What a ruler finds in an element: things to press below 44 px, fields below 16 px, anything wider than its place. */
export function measured(page, of = 'gym-chat', boxes = '.scroll,.frame,.empty,header,form') {
  return page.evaluate(([name, places]) => {
    const found = [];
    const isShown = (element) => element.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}) && element.getClientRects().length > 0;
    const say = (what, element, value) => found.push(`${what}: ${element.localName}.${element.className} ${value}`);
    (function walk(root) {
      for (const element of root.querySelectorAll('*')) {
        if (element.shadowRoot) walk(element.shadowRoot);
        if (!isShown(element)) continue;
        const {width, height} = element.getBoundingClientRect();
        // links inside a sentence are exempt (WCAG 2.5.8), and what is quoted has the same action in words
        if (element.matches('button:not(.quote)') && (width < 43.9 || height < 43.9)) say('small', element, `${width}x${height}`);
        if (element.matches('textarea,input') && parseFloat(getComputedStyle(element).fontSize) < 16) say('small letters', element, '');
        if (element.matches(places) && element.scrollWidth > element.clientWidth + 1)
          say('too wide', element, `${element.scrollWidth} in ${element.clientWidth}`);
      }
    })(document.querySelector(name).shadowRoot);
    const page = document.scrollingElement;
    if (page.scrollWidth > innerWidth) found.push(`the page is ${page.scrollWidth} wide in ${innerWidth}`);
    return found;
  }, [of, boxes]);
}
