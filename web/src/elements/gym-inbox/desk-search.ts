/* desk-search.ts - which rooms are looked at: tabs, trays, words; kept in the page's address. What was typed is looked
 * for among names by the list itself, and in the messages by the archive. */
import type {ReactiveController} from 'lit';
import {searchMessages} from '../../inbox/desk-api.js';
import {EVERYTHING, filterFrom, searchOf} from '../../inbox/filter.js';
import type {Filter} from '../../inbox/filter.js';
import type {Inbox} from '../../inbox/inbox.js';
import type {Session} from '../../session/session.js';
import type {Hits} from './inbox-parts.js';

const PAUSE_MS = 220; // after the last key
const HITS_FROM = 2; // letters

export interface SearchHost {
  readonly session?: Session;
  readonly inbox?: Inbox;
  readonly room?: string;
  readonly noUrl: boolean;
  addController(controller: ReactiveController): void;
  requestUpdate(): void;
  show(room: string | undefined): void;
}

export class DeskSearch implements ReactiveController {
  /** as typed into the field */
  words = '';
  hits: Hits | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: AbortController | undefined;

  constructor(private readonly host: SearchHost, private readonly onFilter: () => void) {
    host.addController(this);
  }

  hostConnected(): void {
    window.addEventListener('popstate', this.onAddress);
  }

  hostDisconnected(): void {
    window.removeEventListener('popstate', this.onAddress);
    clearTimeout(this.timer);
    this.running?.abort();
  }

  /** What the address asks for at the start. */
  begin(): Filter & {room?: string} {
    const asked = this.host.noUrl ? {...EVERYTHING} : filterFrom(location.search);
    this.words = asked.words;
    return asked;
  }

  setFilter(change: Partial<Filter>): void {
    const {inbox} = this.host;
    if (!inbox) return;
    inbox.setFilter({...inbox.filter, ...change});
    this.onFilter();
    this.write(change.words === undefined); // the back button goes from tab to tab, not from letter to letter
    this.host.requestUpdate();
  }

  clear(): void {
    this.words = '';
    this.hits = undefined;
    this.setFilter({...EVERYTHING});
  }

  typed(words: string): void {
    this.words = words;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.setFilter({words});
      void this.lookFor(words);
    }, words === '' ? 0 : PAUSE_MS);
    this.host.requestUpdate();
  }

  async lookFor(typed: string): Promise<void> {
    const {session} = this.host;
    const words = typed.trim();
    this.running?.abort();
    if ([...words].length < HITS_FROM || !session) {
      this.hits = undefined;
      return this.host.requestUpdate();
    }
    const stop = (this.running = new AbortController());
    this.hits = {words, list: this.hits?.list, failed: false};
    try {
      const list = await searchMessages(session.api, session.identity.gym, words, stop.signal);
      if (!stop.signal.aborted) this.hits = {words, list, failed: false};
    } catch {
      if (!stop.signal.aborted) this.hits = {words, list: undefined, failed: true};
    }
    this.host.requestUpdate();
  }

  /** push: the browser's back button leads to what was before. */
  write(push: boolean): void {
    const {inbox, room, noUrl} = this.host;
    if (noUrl || !inbox) return;
    const search = searchOf(inbox.filter, room || undefined, location.search);
    if (search === location.search) return;
    const address = `${location.pathname}${search}${location.hash}`;
    if (push) history.pushState(history.state, '', address);
    else history.replaceState(history.state, '', address);
  }

  /** The browser's back and forward. */
  private onAddress = (): void => {
    const {host} = this;
    if (host.noUrl || !host.inbox) return;
    const {room, ...filter} = filterFrom(location.search);
    this.words = filter.words;
    host.inbox.setFilter(filter);
    void this.lookFor(filter.words);
    if (room !== (host.room || undefined)) host.show(room);
    host.requestUpdate();
  };
}
