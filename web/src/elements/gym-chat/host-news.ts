/* host-news.ts - what the page around the chat is told: gymchat-unread, gymchat-state, gymchat-error, each once a change
 * (docs/embedding.md). */
import type {Outbox} from '../../outbox/outbox.js';
import type {Session} from '../../session/session.js';
import type {RoomThread} from '../../thread/room-thread.js';

export type ChatState = 'connecting' | 'live' | 'reconnecting' | 'signed-out';

type Tell = (name: 'unread' | 'state' | 'error', detail: unknown) => void;

export class HostNews {
  private unread = -1;
  private state: ChatState | undefined;
  private storage = 'kept';
  private readonly refused = new Set<string>();

  constructor(private readonly tell: Tell) {}

  ofThread(thread: RoomThread | undefined): void {
    if (thread?.unread === undefined || thread.unread === this.unread) return;
    this.tell('unread', {count: (this.unread = thread.unread)});
  }

  ofSession(session: Session | undefined): void {
    if (!session) return;
    const state = stateOf(session);
    if (state !== this.state) {
      this.state = state;
      this.tell('state', {state});
      if (state === 'signed-out') this.tell('error', {code: 'signed-out'});
    }
    if (session.phase === 'open') this.ofOutbox(session.outbox);
  }

  private ofOutbox(outbox: Outbox): void {
    for (const {id, state, code} of outbox.list()) {
      if (state !== 'rejected' || this.refused.has(id)) continue;
      this.refused.add(id);
      this.tell('error', {code: 'rejected', id, reason: code});
    }
    if (outbox.storage === this.storage) return;
    this.storage = outbox.storage;
    this.tell('error', {code: 'storage', reason: this.storage});
  }
}

function stateOf(session: Session): ChatState {
  if (session.phase === 'denied') return 'signed-out';
  if (session.phase !== 'open') return session.phase === 'unreachable' ? 'reconnecting' : 'connecting';
  const {phase, failures} = session.feed.status;
  if (phase === 'expired') return 'signed-out';
  if (phase === 'live') return 'live';
  return failures > 0 ? 'reconnecting' : 'connecting';
}
