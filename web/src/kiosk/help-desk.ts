/* help-desk.ts - "Pedir ayuda": writes to the kiosk's own room and listens there for the desk, only for as long as
 * somebody waits. What was said before is nobody's business here, so the room's history is never loaded. */
import type {Api} from '../api/client.js';
import type {Clock} from '../clock.js';
import type {FeedEvent, RoomFeed} from '../feed/room-feed.js';
import {newId} from '../ids.js';
import type {Outbox} from '../outbox/outbox.js';
import type {MessagePage} from '../wire.js';

export interface HelpDeskOptions {
  api: Pick<Api, 'messages'>;
  feed: RoomFeed;
  outbox: Outbox;
  clock: Clock;
  gym: string;
  /** the kiosk's own */
  room: string;
}

export type HelpNews =
  | {type: 'told'} // the archive has it, so the desk does
  | {type: 'answer'; text: string};

export class HelpDesk {
  /** Set before anything is asked. */
  onNews: (news: HelpNews) => void = () => {};

  private open: {id: string; seq?: number; heard: Set<string>} | undefined;
  private have: number | undefined; // the long poll's cursor: MQTT does without
  private finding = false;
  private readonly stops: (() => void)[];

  constructor(private readonly options: HelpDeskOptions) {
    const {feed, outbox, room} = options;
    this.stops = [
      feed.on((event) => this.onFeed(event)),
      outbox.on((event) => event.type === 'stored' && this.stored(event.entry.id, event.seq)),
      feed.watch(room, () => this.cursor()),
    ];
  }

  /** Writes the request; rejects where the outbox has no room. */
  async ask(text: string): Promise<void> {
    const open = {id: newId(this.options.clock.now()), heard: new Set<string>()};
    this.open = open;
    await this.write(open.id, 'help', text);
  }

  /** Nobody waits any more. words: what to tell the desk, where it was asked and has not answered. */
  async leave(words?: string): Promise<void> {
    const {open, options} = this;
    if (!open) return;
    this.open = undefined;
    options.outbox.discard(open.id); // one that never left must not call the desk to an empty screen tomorrow
    if (words === undefined || open.heard.size > 0 || options.feed.status.phase !== 'live') return;
    await this.write(newId(options.clock.now()), 'text', words).catch(() => {}); // a courtesy
  }

  stop(): void {
    this.open = undefined;
    for (const stop of this.stops) stop();
  }

  private write(id: string, kind: string, text: string): Promise<void> {
    const {outbox, room, clock} = this.options;
    return outbox.add(room, {id, kind, text, sent_at: new Date(clock.now()).toISOString()});
  }

  private onFeed(event: FeedEvent): void {
    const {room} = this.options;
    switch (event.type) {
      case 'to':
        for (const note of event.notice.stored) this.stored(note.id, note.seq);
        break;
      case 'message':
        if (event.room === room && event.message.role === 'staff') this.heard(event.message.id, event.message.text);
        break;
      case 'page':
        if (event.room === room) this.read(event.page);
        break;
      case 'resumed':
        void this.catchUp();
        break;
      default:
        break;
    }
  }

  private stored(id: string, seq: number): void {
    if (this.open?.id !== id || this.open.seq !== undefined) return;
    this.open.seq = seq;
    this.onNews({type: 'told'});
  }

  private heard(id: string, text: string): void {
    if (!this.open || this.open.heard.has(id)) return;
    this.open.heard.add(id);
    this.onNews({type: 'answer', text});
  }

  /** The API's rows after some seq: an answer is what the desk wrote after we asked. */
  private read(page: MessagePage): void {
    this.have = Math.max(this.have ?? 0, page.messages[page.messages.length - 1]?.seq ?? 0);
    const asked = page.messages.find((m) => m.id === this.open?.id);
    if (asked) this.stored(asked.id, asked.seq);
    const after = this.open?.seq;
    if (after === undefined) return;
    for (const m of page.messages) if (m.role === 'staff' && m.seq > after) this.heard(m.id, m.text);
  }

  /** The link is new: whatever was answered meanwhile. */
  private async catchUp(): Promise<void> {
    const after = this.open?.seq;
    if (after === undefined || this.options.feed.status.via !== 'mqtt') return;
    await this.page({after, limit: 50});
  }

  /** Asked by the long poll before each question; it follows the room from its end, not from its start. */
  private cursor(): number | undefined {
    if (this.have === undefined) void this.findEnd();
    return this.have;
  }

  private async findEnd(): Promise<void> {
    if (this.finding) return;
    this.finding = true;
    const page = await this.page({limit: 1});
    if (page) this.have = Math.max(this.have ?? 0, page.last_seq);
    this.finding = false;
  }

  private async page(query: {after?: number; limit: number}): Promise<MessagePage | undefined> {
    const {api, gym, room} = this.options;
    try {
      const page = await api.messages(gym, room, query);
      this.read(page);
      return page;
    } catch {
      return undefined; // asked again by the poll, or when the link is new
    }
  }
}
