/* parent.ts - a page of ours inside a page of the CRM: who the person is, only the page around it knows. Which pages
 * those may be is the server's frame-ancestors; a token is taken from the direct parent alone.
 *
 *   to the parent    {type: 'gymchat-token', id}    please answer with a token
 *                    {type: 'gymchat-unread', count}, {type: 'gymchat-close'}
 *   from the parent  {type: 'gymchat-token', id, token}    token: '' for nobody is logged in */
import {dressFromAddress} from '../from-address.js';

const ANSWER_MS = 10000;

export interface Framed extends HTMLElement {
  getToken?: () => Promise<string>;
}

let asked = 0;

function askToken(): Promise<string> {
  const id = ++asked;
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      removeEventListener('message', hear);
    };
    const hear = ({source, data}: MessageEvent): void => {
      if (source !== parent || data?.type !== 'gymchat-token' || data.id !== id) return;
      stop();
      resolve(String(data.token ?? ''));
    };
    const timer = setTimeout(() => {
      stop();
      reject(new Error('the page around this frame gave no token'));
    }, ANSWER_MS);
    addEventListener('message', hear);
    parent.postMessage({type: 'gymchat-token', id}, '*'); // says nothing that is secret
  });
}

/** Joins an element to the page around this one; its look comes with this page's address. */
export function joinParent(element: Framed): void {
  const lang = dressFromAddress(element).get('lang');
  if (lang) document.documentElement.lang = lang;
  for (const type of ['gymchat-unread', 'gymchat-close']) {
    element.addEventListener(type, (event) => {
      const {count} = (event as CustomEvent<{count?: number} | null>).detail ?? {};
      parent.postMessage({type, ...(count === undefined ? {} : {count})}, '*');
    });
  }
  element.getToken = askToken;
}
