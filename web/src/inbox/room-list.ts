/* room-list.ts - the list as a page shows it: the rooms of a filter in their order, held still while somebody is about
 * to press one or nobody is there. Pure. */
import {matcher} from './filter.js';
import type {Filter} from './filter.js';
import {roomName} from './inbox-state.js';
import type {InboxRow, InboxState} from './inbox-state.js';
import {comparePlaces, heldList, placeOf, sorted, withPins} from './order.js';
import type {Place} from './order.js';

/** Why the list does not move: the pointer is over it; the page was hidden, or the link was down, and what changed
 * meanwhile has not been looked at. */
export type Hold = 'pointer' | 'away' | 'offline';

export class RoomList {
  /** the last place that was loaded; rows behind it come with their page. undefined: all is loaded */
  horizon: Place | undefined;
  private readonly holds = new Set<Hold>();
  private pins: ReadonlySet<string> = new Set();
  private shown: string[] = [];
  private wanted: string[] = [];
  private cached: InboxRow[] = [];
  private seen = {version: -1, key: ''};
  private anew = true;

  constructor(private readonly state: InboxState, private readonly me: string, public filter: Filter) {}

  /** Another filter, or the person wants to see what is new: nothing is held. */
  startOver(): void {
    this.holds.clear();
    this.anew = true;
  }

  hold(why: Hold): void {
    if (!this.anew) this.holds.add(why);
  }

  release(why: Hold): void {
    if (this.holds.delete(why)) this.seen.version = -1;
  }

  isHeld(why?: Hold): boolean {
    return why ? this.holds.has(why) : this.holds.size > 0;
  }

  /** Rooms that keep their place: the open one, the focused one. */
  pin(rooms: Iterable<string>): void {
    const pins = new Set(rooms);
    if (pins.size === this.pins.size && [...pins].every((room) => this.pins.has(room))) return;
    this.pins = pins;
    this.seen.version = -1;
  }

  /** How many rooms would come or go if the list were free now. */
  get waiting(): number {
    if (!this.isHeld()) return 0;
    this.rows();
    const shown = new Set(this.shown);
    const wanted = new Set(this.wanted);
    return this.wanted.filter((room) => !shown.has(room)).length + this.shown.filter((room) => !wanted.has(room)).length;
  }

  /** The same array while nothing changed. */
  rows(): InboxRow[] {
    const key = JSON.stringify([this.filter, this.horizon, [...this.holds]]);
    if (!this.anew && this.seen.version === this.state.version && this.seen.key === key) return this.cached;
    this.seen = {version: this.state.version, key};
    this.wanted = this.order();
    if (this.anew) this.shown = this.wanted;
    else if (this.isHeld()) this.shown = heldList(this.wanted, this.shown);
    else this.shown = withPins(this.wanted, this.shown, this.pins);
    this.anew = false;
    this.cached = this.shown.map((room) => this.state.get(room)).filter((row): row is InboxRow => row !== undefined);
    return this.cached;
  }

  private order(): string[] {
    const byWaiting = this.filter.shelf === 'open' && this.filter.words.trim() === '';
    const fits = matcher(this.filter, this.me, roomName);
    const {horizon} = this;
    const fitting = [...this.state.all()].filter((row) =>
      fits(row) && (horizon === undefined || comparePlaces(placeOf(row, byWaiting), horizon) <= 0));
    return sorted(fitting, byWaiting).map((row) => row.room);
  }

  /** A page came that is not the last one: what lies behind its last row is not complete. */
  reach(last: InboxRow | undefined): void {
    const byWaiting = this.filter.shelf === 'open' && this.filter.words.trim() === '';
    this.horizon = last && placeOf(last, byWaiting);
  }
}
