/* warm-threads.ts - the threads of the rooms in which something happens, kept loaded: their messages are on this device
 * (delivered) and open at once. */
import type {RoomThread} from '../thread/room-thread.js';

const MOST = 30;

export interface WarmThreadsOptions {
  session: {thread(room: string): RoomThread; dropThread(room: string): void};
  /** the room on the screen, which never goes */
  open: () => string | undefined;
  changed: (thread: RoomThread) => void;
}

export class WarmThreads {
  private readonly stops = new Map<string, () => void>(); // the one that was idle longest first
  private isOver = false;

  constructor(private readonly options: WarmThreadsOptions) {}

  get rooms(): IterableIterator<string> {
    return this.stops.keys();
  }

  get(room: string): RoomThread | undefined {
    return this.stops.has(room) ? this.options.session.thread(room) : undefined;
  }

  /** Loads a room's thread and keeps it; the one that was idle longest goes. undefined: all have stopped. */
  heat(room: string): RoomThread | undefined {
    if (this.isOver) return undefined;
    const {session, changed} = this.options;
    const thread = session.thread(room);
    const stop = this.stops.get(room) ?? thread.on(() => changed(thread));
    this.stops.delete(room);
    this.stops.set(room, stop);
    this.coolDown(room);
    return thread;
  }

  stop(): void {
    this.isOver = true;
    for (const stop of this.stops.values()) stop();
    this.stops.clear();
  }

  private coolDown(hot: string): void {
    if (this.stops.size <= MOST) return;
    const cold = [...this.rooms].find((room) => room !== hot && room !== this.options.open());
    if (cold === undefined) return;
    this.stops.get(cold)!();
    this.stops.delete(cold);
    this.options.session.dropThread(cold);
  }
}
