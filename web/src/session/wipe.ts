/* wipe.ts - what clients have left on this device, whoever they were and whether or not anybody can still say so: for a
 * log-out of a page that never opened the chat. The desk's and the kiosks' own things stay. */
import {deleteDB} from 'idb';
import {BrowserTabs} from '../outbox/tabs.js';

const OURS = /^gymchat-(outbox|cache|me|draft)\.[\w-]+\.client\./;

export async function wipeClients(): Promise<void> {
  const names = (await databases()).filter((name) => OURS.test(name));
  for (const name of names) tellTabs(name);
  await Promise.allSettled(names.map((name) => deleteDB(name)));
  try {
    for (const key of Object.keys(localStorage)) if (OURS.test(key)) localStorage.removeItem(key);
  } catch {
    // no storage: nothing is there
  }
}

async function databases(): Promise<string[]> {
  try {
    return (await indexedDB.databases()).flatMap(({name}) => name ?? []);
  } catch {
    return []; // a browser without the list: the open session has wiped its own
  }
}

/** Tabs that show this person's chat close it, and let go of the database. */
function tellTabs(name: string): void {
  if (!name.startsWith('gymchat-outbox.')) return;
  const tabs = new BrowserTabs(name);
  tabs.tell({type: 'wiped'});
  tabs.close();
}
