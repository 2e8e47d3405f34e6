// browser.js - the demo pages in a headless Chromium, spoken to as a person would: type, press Enter, look at the list.
// Every page collects what its Content-Security-Policy refused; a test asserts that there is nothing.
import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {chromium} from 'playwright-core';
import {until} from './broker.js';

export const ARTEFACTS = fileURLToPath(new URL('../artefacts/', import.meta.url));
const PATIENCE_MS = 60_000; // a page of a busy machine took 30 s to come; whoever waits for less says so
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

export async function startBrowser() {
  mkdirSync(ARTEFACTS, {recursive: true});
  return chromium.launch({executablePath: CHROMIUM, args: process.getuid() === 0 ? ['--no-sandbox'] : []});
}

/** Runs in the page before anything of ours: what the policy refuses, and what nobody caught. */
function watchPolicy() {
  document.addEventListener('securitypolicyviolation', (event) => {
    console.error(`POLICY ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`);
  });
}

/** A browser profile of its own (storage, tabs that share it). */
export class Person {
  constructor(context, url) {
    this.context = context;
    this.url = url;
    this.refused = [];
    this.errors = [];
  }

  static async start(browser, url, options = {}) {
    const context = await browser.newContext({viewport: {width: 1280, height: 800}, locale: 'es-ES', ...options});
    context.setDefaultTimeout(PATIENCE_MS);
    await context.addInitScript(watchPolicy);
    return new Person(context, url);
  }

  /** A tab of this person; path like "/demo/client?sub=eva". */
  async open(path) {
    const page = await this.context.newPage();
    page.on('console', (message) => {
      if (/POLICY |Content Security Policy|Trusted(HTML|Script|Types)/i.test(message.text()))
        this.refused.push(`${path}: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.errors.push(`${path}: ${error.stack ?? error}`));
    await page.goto(this.url + path);
    return new Tab(page, this);
  }

  close() {
    return this.context.close();
  }
}

/** One tab with a chat in it: the client's panel or the desk. */
export class Tab {
  constructor(page, person) {
    this.page = page;
    this.person = person;
  }

  /** Where this page's person writes. */
  get composer() {
    return this.page.locator('message-composer textarea, desk-composer textarea');
  }

  async write(text) {
    await this.composer.fill(text);
    await this.composer.press('Enter');
  }

  /** The desk opens a room. */
  async openRoom(room) {
    const row = this.page.locator(`button.row[data-room="${room}"]`);
    await row.click();
    await row.and(this.page.locator('[aria-current=true]')).waitFor(); // drawn: until then the composer is that of the room before
    await this.composer.waitFor();
  }

  /** What the list shows, top to bottom: {text, state, words, own}. */
  messages() {
    return this.page.evaluate(() => {
      const list = (function find(root) {
        for (const element of root.querySelectorAll('*')) {
          if (element.localName === 'message-list') return element;
          const inner = element.shadowRoot && find(element.shadowRoot);
          if (inner) return inner;
        }
        return undefined;
      })(document);
      return [...(list?.shadowRoot.querySelectorAll('li[data-id]') ?? [])].map((row) => ({
        id: row.dataset.id,
        text: (row.querySelector('.bubble') ?? row).textContent.trim(),
        state: row.dataset.state ?? null,
        words: row.querySelector('.words, .meta .hidden, .hidden .hidden')?.textContent ?? null,
        own: row.hasAttribute('data-own'),
      }));
    });
  }

  /** Waits until exactly one message has this text, and its state is one of these (none given: any). */
  async sees(text, states, ms = 30_000) {
    let last;
    try {
      return await until(async () => {
        last = await this.messages();
        const found = last.filter((m) => m.text === text);
        return found.length === 1 && (states === undefined || [].concat(states).includes(found[0].state)) && found[0];
      }, `"${text}" ${states ?? ''}`, ms);
    } catch (error) {
      throw new Error(`${error.message}; the page shows ${JSON.stringify(last.map((m) => [m.text, m.state]))}`);
    }
  }

  /** How often a text stands in the list now. */
  async count(text) {
    return (await this.messages()).filter((m) => m.text === text).length;
  }

  reload() {
    return this.page.reload();
  }

  /** Waits for a page that keeps what is written. One whose storage takes longer than 8 s to open, on a busy machine, does
   * without, says so, and is loaded again. */
  keeps() {
    return until(async () => {
      const isKept = await this.page.evaluate(async () => {
        const element = document.querySelector('gym-kiosk, gym-chat, gym-inbox');
        const {outbox} = (element.shadowRoot?.querySelector('gym-chat-panel') ?? element).session ?? {};
        await outbox?.ready;
        return outbox?.durable;
      });
      if (isKept === false) await this.reload();
      return isKept;
    }, 'a page that keeps what is written', 120_000);
  }

  screenshot(name) {
    return this.page.screenshot({path: join(ARTEFACTS, `${name}.png`), animations: 'disabled'});
  }
}
