/* canned.ts - answers that the desk gives often, found by "/" and a few letters. Pure. */
import {fold} from './fold.js';

export interface Canned {
  key: string;
  title?: string | null;
  text: string;
}

const MOST = 8;

/** What follows the "/" that begins the text up to the caret; undefined: nobody is looking for one. */
export function cannedQuery(text: string, caret: number): string | undefined {
  const before = text.slice(0, caret);
  const match = /^\/([^\s/]*)$/u.exec(before);
  return match && text.slice(caret).trim() === '' ? match[1] : undefined;
}

/** Those that fit, best first: key begins so, then a word of the title, then anywhere in it, then in the text. */
export function findCanned(list: readonly Canned[], query: string): Canned[] {
  const wanted = fold(query);
  const rank = (it: Canned): number => {
    const title = fold(it.title ?? '');
    if (fold(it.key).startsWith(wanted)) return 0;
    if (title.split(/\s+/).some((word) => word.startsWith(wanted))) return 1;
    if (title.includes(wanted) || fold(it.key).includes(wanted)) return 2;
    return fold(it.text).includes(wanted) ? 3 : 9;
  };
  return list
    .map((it, index) => ({it, index, rank: rank(it)}))
    .filter((entry) => entry.rank < 9)
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .slice(0, MOST)
    .map(({it}) => it);
}

/** {nombre} and {name} become the client's first name. */
export function fillCanned(text: string, name: string): string {
  const first = name.trim().split(/\s+/)[0] ?? '';
  return text.replace(/\{(nombre|name)\}/g, first);
}

/** "Horario de verano" becomes the key "horario-de-verano"; taken: keys that are given away. */
export function keyOf(title: string, taken: ReadonlySet<string>): string {
  const plain = fold(title).replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60) || 'respuesta';
  if (!taken.has(plain)) return plain;
  for (let n = 2; ; n++) if (!taken.has(`${plain}-${n}`)) return `${plain}-${n}`;
}
