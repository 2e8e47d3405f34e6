// leftovers.js - where a word still is in a kiosk's page: what it shows, what it stores, its address, and every object that the
// element holds. What is random is not looked into, since sooner or later it holds every short word: ids, a token's signature
// (its claims are read), the marks that the templates leave between their parts, the fractions of times.
import {until} from './broker.js';

/** Places that hold the word, each by name; none: []. */
export function leftovers(page, word) {
  return page.evaluate(search, word);
}

/** Waits until no place holds the word: what a device keeps until an answer has come goes with the answer. */
export async function isForgotten(page, word, ms = 20_000) {
  let places;
  try {
    await until(async () => (places = await leftovers(page, word)).length === 0, `${word} to be forgotten`, ms);
  } catch (error) {
    throw new Error(`${error.message}: it is in ${places.join(', ')}`);
  }
}

/** Runs in the page. */
async function search(wanted) {
  const found = [];
  const look = (place, text) => void (legible(String(text)).includes(wanted) && found.push(place));
  const element = document.querySelector('gym-kiosk');
  look('DOM', document.documentElement.outerHTML + element.shadowRoot.innerHTML);
  look('title', document.title);
  look('address', `${location.href} ${JSON.stringify(history.state)}`);
  look('storage', JSON.stringify([{...localStorage}, {...sessionStorage}]));
  look('cookies', document.cookie);
  for (const {name} of await indexedDB.databases()) look(`IndexedDB ${name}`, JSON.stringify(await stored(name)));
  walk(element, 'gym-kiosk', 0, new Set());
  return found;

  /** The text without what is random, and with the claims of a token in place of its letters. */
  function legible(text) {
    return text
      .replace(/[\w-]+\.(eyJ[\w-]+)\.[\w-]+/g, (_, claims) => new TextDecoder().decode(
        Uint8Array.from(atob(claims.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0)))
        .replace(/"(iat|exp|nbf)":\d+/g, ''))
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, '')
      .replace(/^(?=\d*[a-z])[a-z0-9]{8}$|\.[a-z0-9]{8}-\d+$/, '') // a page's random word, also in the client ids that begin with it
      .replace(/^(?=\d*[a-z])[a-z0-9]{12}$|"conn":"[a-z0-9]{12}"/, '') // a connection's
      .replace(/lit\$\d+\$/g, '')
      .replace(/(:\d\d)\.\d+Z/g, '$1');
  }

  async function stored(name) {
    const request = (it) => new Promise((done, failed) => {
      it.onsuccess = () => done(it.result);
      it.onerror = () => failed(it.error);
    });
    const db = await request(indexedDB.open(name));
    const all = [];
    for (const store of db.objectStoreNames) all.push(await request(db.transaction(store).objectStore(store).getAll()));
    db.close();
    return all;
  }

  function walk(value, path, depth, known) {
    if (typeof value === 'string') return look(path, value);
    if (typeof value !== 'object' || value === null || depth > 12 || known.has(value)) return undefined;
    if (value instanceof Window || (value instanceof Node && value !== element && value !== element.shadowRoot)) return undefined;
    known.add(value);
    const inner = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : [];
    inner.forEach((item, i) => walk(item, `${path}[${i}]`, depth + 1, known));
    for (const key of Reflect.ownKeys(value)) {
      const slot = Object.getOwnPropertyDescriptor(value, key);
      if ('value' in slot) walk(slot.value, `${path}.${String(key)}`, depth + 1, known);
    }
    return undefined;
  }
}
