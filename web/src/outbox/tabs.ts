/* tabs.ts - how the tabs of one person share an outbox: they tell each other what changed (BroadcastChannel), and one
 * at a time flushes (Web Locks). Where a browser or an insecure page has neither, each tab is alone: the archive
 * stores an id once however often it is sent. */
import {Listeners} from '../listeners.js';
import type {OutboxEntry} from './entry.js';

export type TabNews =
  | {type: 'put'; entry: OutboxEntry}
  | {type: 'gone'; ids: string[]}
  | {type: 'wiped'};

export interface Tabs {
  tell(news: TabNews): void;
  on(listener: (news: TabNews) => void): () => void;
  /** Asks to be the one that flushes; `start` runs when we are. Returns the way to let go. */
  lead(start: () => void): () => void;
  close(): void;
}

export class BrowserTabs implements Tabs {
  private readonly listeners = new Listeners<TabNews>();
  private readonly channel: BroadcastChannel | undefined;

  constructor(private readonly name: string) {
    if (typeof BroadcastChannel === 'undefined') return;
    this.channel = new BroadcastChannel(name);
    this.channel.onmessage = (event: MessageEvent<TabNews>) => this.listeners.tell(event.data);
  }

  tell(news: TabNews): void {
    this.channel?.postMessage(news);
  }

  on(listener: (news: TabNews) => void): () => void {
    return this.listeners.add(listener);
  }

  lead(start: () => void): () => void {
    const locks = (navigator as {locks?: LockManager}).locks;
    if (!locks) {
      start();
      return () => {};
    }
    let letGo: () => void = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const stop = new AbortController();
    locks.request(this.name, {signal: stop.signal}, () => {
      if (!stop.signal.aborted) start();
      return held;
    }).catch(() => {}); // aborted while waiting
    return () => {
      stop.abort();
      letGo();
    };
  }

  close(): void {
    this.channel?.close();
  }
}
