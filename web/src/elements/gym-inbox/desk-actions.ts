/* desk-actions.ts - what the desk does with a room: resolve, snooze, assign, label, mark as unread. Each says what it
 * did, with a way back where there is one. */
import type {ReactiveController} from 'lit';
import type {DeskChange, InboxRow} from '../../inbox/inbox-state.js';
import type {Inbox} from '../../inbox/inbox.js';
import type {PrefStore} from '../../inbox/prefs.js';
import type {Session} from '../../session/session.js';
import type {Say} from '../../text.js';
import type {Toast, Words} from './inbox-parts.js';
import {momentOf} from './room-row.js';

const TOAST_MS = 8000;

export interface ActionHost {
  readonly session?: Session;
  readonly inbox?: Inbox;
  readonly prefs: PrefStore;
  readonly renderRoot: HTMLElement | DocumentFragment;
  addController(controller: ReactiveController): void;
  requestUpdate(): void;
  show(room: string | undefined): void;
}

export class DeskActions implements ReactiveController {
  toast: Toast | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly host: ActionHost, private readonly words: () => Words) {
    host.addController(this);
  }

  hostDisconnected(): void {
    clearTimeout(this.timer);
  }

  private get say(): Say {
    return this.words().say;
  }

  async change(room: string, change: DeskChange, said: string, undo?: DeskChange): Promise<void> {
    try {
      await this.host.inbox!.change(room, change);
      this.tell({words: said, undo: undo && (() => void this.change(room, undo, this.say('inbox.reopened')))});
    } catch {
      this.tell({words: this.say('inbox.notChanged'), isProblem: true});
    }
  }

  toggleResolved(row: InboxRow): void {
    const {say} = this;
    const isOpen = (row.status ?? 'open') === 'open';
    if (isOpen) void this.change(row.room, {status: 'resolved'}, say('inbox.resolved'), {status: 'open'});
    else void this.change(row.room, {status: 'open'}, say('inbox.reopened'));
  }

  /** key: of the assign menu. */
  assign(room: string, key: string): void {
    const {session, inbox} = this.host;
    const {say} = this;
    const me = session!.identity.sub;
    const who = key === '@none' ? null : key === '@me' ? me : key;
    const said = who === null ? say('inbox.unassignedNow') : who === me ? say('inbox.assignedMe')
      : say('inbox.assignedTo', {name: inbox!.nameOf('staff', who) ?? who});
    void this.change(room, {assignee: who}, said);
  }

  snooze(room: string, at: number): void {
    const {say, format, now} = this.words();
    const said = say('inbox.snoozed', {time: momentOf(at, now, format)});
    void this.change(room, {status: 'snoozed', snoozed_until: new Date(at).toISOString()}, said, {status: 'open'});
  }

  label(room: string, labels: string[]): void {
    this.host.inbox!.change(room, {labels}).catch(() => this.tell({words: this.say('inbox.notChanged'), isProblem: true}));
  }

  /** A reminder of one's own, and away from the room: else it would be read again at once. */
  markUnread(room: string): void {
    this.host.show(undefined);
    this.host.prefs.flag(room, true);
    this.tell({words: this.say('inbox.markedUnread')});
  }

  tell(toast: Toast | undefined): void {
    clearTimeout(this.timer);
    this.toast = toast;
    if (toast) this.timer = setTimeout(() => this.end(), TOAST_MS);
    this.host.requestUpdate();
  }

  undo(): void {
    const {toast} = this;
    this.tell(undefined);
    toast?.undo?.();
  }

  /** Not while somebody is at its buttons. */
  private end(): void {
    const shown = (this.host.renderRoot as ShadowRoot).querySelector('.toast');
    if (shown?.matches(':hover, :focus-within')) this.timer = setTimeout(() => this.end(), TOAST_MS / 4);
    else this.tell(undefined);
  }
}
