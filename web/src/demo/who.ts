/* who.ts - the demo pages play any person: /demo/client?sub=eva&name=Eva passes both on to the demo's tokens. */
import {dressFromAddress} from '../from-address.js';

export function passPerson(element: Element): void {
  const wanted = dressFromAddress(element);
  const query = new URLSearchParams();
  for (const name of ['sub', 'name']) if (wanted.get(name)) query.set(name, wanted.get(name)!);
  if (query.size) element.setAttribute('token-url', `${element.getAttribute('token-url')}?${query}`);
}
