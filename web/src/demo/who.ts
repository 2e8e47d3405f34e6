/* who.ts - the demo pages play any person: /demo/client?sub=eva&name=Eva passes both on to the demo's tokens. */

export function passPerson(element: Element): void {
  const wanted = new URLSearchParams(location.search);
  const query = new URLSearchParams();
  for (const name of ['sub', 'name']) if (wanted.get(name)) query.set(name, wanted.get(name)!);
  if (query.size) element.setAttribute('token-url', `${element.getAttribute('token-url')}?${query}`);
  for (const name of ['lang', 'theme', 'room']) if (wanted.get(name)) element.setAttribute(name, wanted.get(name)!);
}
