/* here.ts - which colleagues look at a room, and who is answering: told every 20 s, believed for 50. Ours is told when
 * it changes, too. Pure but for the clock that is passed in. */
import {Alarm} from '../clock.js';
import type {Clock} from '../clock.js';

const TELL_EVERY_MS = 20000;
const BELIEVED_MS = 50000;
const REPLYING_MS = 12000; // after the last key

export interface Colleague {
  who: string;
  replying: boolean;
}

export class HereBoard {
  private readonly rooms = new Map<string, Map<string, {replying: boolean; until: number}>>();

  apply(room: string, who: string, viewing: boolean, replying: boolean, now: number): void {
    const people = this.rooms.get(room) ?? new Map<string, {replying: boolean; until: number}>();
    if (viewing) people.set(who, {replying, until: now + BELIEVED_MS});
    else people.delete(who);
    if (people.size) this.rooms.set(room, people);
    else this.rooms.delete(room);
  }

  /** Whoever answers first, then by id. */
  in(room: string | undefined, now: number): Colleague[] {
    return [...(this.rooms.get(room ?? '') ?? [])]
      .filter(([, it]) => it.until > now)
      .map(([who, it]) => ({who, replying: it.replying}))
      .sort((a, b) => Number(b.replying) - Number(a.replying) || (a.who < b.who ? -1 : 1));
  }
}

export class HereTeller {
  private room: string | undefined;
  private replying = false;
  private readonly again: Alarm;
  private readonly calm: Alarm;

  constructor(clock: Clock, private readonly tell: (room: string, viewing: boolean, replying: boolean) => void) {
    this.again = new Alarm(clock, () => this.say());
    this.calm = new Alarm(clock, () => this.setReplying(false));
  }

  /** undefined: none is on the screen (or nobody is in front of it). */
  look(room: string | undefined): void {
    if (room === this.room) return;
    this.leave();
    this.room = room;
    this.replying = false;
    this.calm.clear();
    if (room !== undefined) this.say();
  }

  typed(isReply: boolean): void {
    this.setReplying(isReply);
    if (isReply) this.calm.set(REPLYING_MS);
  }

  sent(): void {
    this.setReplying(false);
  }

  /** The link is new: nobody has heard us yet. */
  relink(): void {
    if (this.room !== undefined) this.say();
  }

  leave(): void {
    if (this.room !== undefined) this.tell(this.room, false, false);
    this.room = undefined;
    this.again.clear();
    this.calm.clear();
  }

  private setReplying(replying: boolean): void {
    if (replying === this.replying || this.room === undefined) return;
    this.replying = replying;
    this.say();
  }

  private say(): void {
    if (this.room === undefined) return;
    this.tell(this.room, true, this.replying);
    this.again.set(TELL_EVERY_MS);
  }
}
