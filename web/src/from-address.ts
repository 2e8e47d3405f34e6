/* from-address.ts - what a page's own address asks of its element: ?lang=en&theme=dark&room=ana, for the demo's pages and
 * those that stand in a frame. */
const LOOKS = ['lang', 'theme', 'room'];

/** Returns the whole query, for what else a page takes from it. */
export function dressFromAddress(element: Element): URLSearchParams {
  const wanted = new URLSearchParams(location.search);
  for (const name of LOOKS) if (wanted.get(name)) element.setAttribute(name, wanted.get(name)!);
  return wanted;
}
