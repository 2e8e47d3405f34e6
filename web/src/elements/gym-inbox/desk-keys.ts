/* desk-keys.ts - the desk by keyboard: shortcuts wherever nobody writes, F6 from region to region, Esc outward. */
import type {ReactiveController} from 'lit';
import type {DeskRoom} from '../../inbox/desk-room.js';
import type {InboxRow} from '../../inbox/inbox-state.js';
import type {PrefStore} from '../../inbox/prefs.js';
import {commandOf} from '../../inbox/shortcuts.js';
import type {Command} from '../../inbox/shortcuts.js';
import type {DeskActions} from './desk-actions.js';
import type {DeskCard} from './desk-card.js';
import type {DeskThread} from './desk-thread.js';
import type {DeskWindows} from './desk-windows.js';
import type {RoomListView} from './room-list-view.js';

const REGIONS = ['rail', 'list', 'thread', 'card'] as const;

export interface KeyHost extends HTMLElement {
  readonly prefs: PrefStore;
  readonly actions: DeskActions;
  readonly desk?: DeskRoom;
  readonly room?: string;
  readonly layout: string;
  /** the room that shortcuts are for: the open one, else the keyboard's row */
  readonly target?: InboxRow;
  readonly rows?: RoomListView;
  readonly threadView?: DeskThread;
  readonly card?: DeskCard;
  readonly updateComplete: Promise<boolean>;
  readonly windows: DeskWindows;
  cardOpen: boolean;
  addController(controller: ReactiveController): void;
  show(room: string | undefined, how?: {focus?: boolean}): void;
  settled(): Promise<void>;
  closeCard(): void;
}

export class DeskKeys implements ReactiveController {
  constructor(private readonly host: KeyHost) {
    host.addController(this);
  }

  hostConnected(): void {
    document.addEventListener('keydown', this.onKey);
  }

  hostDisconnected(): void {
    document.removeEventListener('keydown', this.onKey);
  }

  private onKey = (event: KeyboardEvent): void => {
    const {host} = this;
    const inside = event.composedPath().includes(host);
    const loose = document.activeElement === document.body || document.activeElement === null;
    if ((!inside && !loose) || event.defaultPrevented || host.windows.isOpen) return;
    if (event.key === 'Escape') return this.outward(event);
    if (!host.prefs.get().shortcuts) return;
    const {key, ctrlKey, metaKey, altKey, shiftKey, isComposing, repeat} = event;
    const altGraph = event.getModifierState('AltGraph');
    const at = event.composedPath()[0];
    const writing = at instanceof HTMLElement && at.matches('input, textarea, select, [contenteditable]');
    const command = commandOf({key, ctrlKey, metaKey, altKey, shiftKey, isComposing, repeat, altGraph}, writing);
    if (command && this.run(command)) event.preventDefault();
  };

  /** Esc steps outward: a drawer, a message at the foot. */
  private outward(event: KeyboardEvent): void {
    const {host} = this;
    if (host.cardOpen && host.layout !== 'wide') host.closeCard();
    else if (host.actions.toast) host.actions.tell(undefined);
    else return;
    event.preventDefault();
  }

  /** Returns whether there was something to do. */
  run(command: Command): boolean {
    const {host} = this;
    switch (command) {
      case 'next':
      case 'previous':
        return host.rows?.step(command === 'next' ? 1 : -1) ?? false;
      case 'search':
        if (host.layout === 'narrow' && host.room) host.show(undefined, {focus: false});
        void host.updateComplete.then(() => this.find<HTMLInputElement>('#search')?.select());
        return true;
      case 'help':
      case 'palette':
        host.windows.open(command);
        return true;
      case 'region':
        return this.turn(1);
      case 'regionBack':
        return this.turn(-1);
      case 'reply':
      case 'note':
        host.threadView?.writeAs(command);
        return host.threadView !== undefined;
      default:
        return this.act(command);
    }
  }

  private act(command: Command): boolean {
    const row = this.host.target;
    if (!row) return false;
    if (command === 'resolve') this.host.actions.toggleResolved(row);
    else if (command === 'unread') this.host.actions.markUnread(row.room);
    else if (command === 'assign' || command === 'snooze') void this.openMenu(row, command);
    return true;
  }

  /** In the thread's head, or in the card where a small screen has it. */
  private async openMenu(row: InboxRow, which: 'assign' | 'snooze'): Promise<void> {
    const {host} = this;
    if (host.room !== row.room) host.show(row.room, {focus: false});
    if (host.layout === 'narrow') host.cardOpen = true;
    await host.settled();
    await host.card?.updateComplete;
    if (host.layout === 'narrow') host.card?.openMenu(which);
    else host.threadView?.openMenu(which);
  }

  private turn(by: 1 | -1): boolean {
    const there = REGIONS.map((name) => this.find(`[data-region=${name}]`))
      .filter((it): it is HTMLElement => it !== null && it.offsetParent !== null);
    const at = there.findIndex((it) => it.contains(this.host.shadowRoot!.activeElement));
    const next = there[(at < 0 && by < 0 ? there.length - 1 : at + by + there.length) % there.length];
    if (next) this.enter(next.dataset.region as (typeof REGIONS)[number]);
    return next !== undefined;
  }

  private enter(region: (typeof REGIONS)[number]): void {
    const {host} = this;
    if (region === 'rail') this.find('.rail [aria-current]')?.focus();
    else if (region === 'list') host.rows?.focusRow() || this.find('#list-title')?.focus();
    else if (region === 'card') host.card?.focus();
    else if (host.desk) host.threadView?.focusComposer();
    else this.find('#thread-title')?.focus();
  }

  private find<T extends HTMLElement = HTMLElement>(selector: string): T | null {
    return this.host.shadowRoot!.querySelector<T>(selector);
  }
}
