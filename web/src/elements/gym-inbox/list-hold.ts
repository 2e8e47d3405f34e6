/* list-hold.ts - what somebody has the pointer or the keyboard on stays where it is in the list. */
import type {ReactiveController} from 'lit';
import type {Inbox} from '../../inbox/inbox.js';

const REST_MS = 10000; // a mouse that lies still over the list
const LEFT_MS = 400;

export interface HoldHost {
  readonly inbox?: Inbox;
  readonly room?: string;
  addController(controller: ReactiveController): void;
  requestUpdate(): void;
}

export class ListHold implements ReactiveController {
  /** the room of the keyboard's row */
  focused: string | undefined;
  private hovered: string | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly host: HoldHost) {
    host.addController(this);
  }

  hostUpdate(): void {
    const {inbox, room} = this.host;
    inbox?.list.pin([room, this.hovered, this.focused].filter((it): it is string => Boolean(it)));
  }

  hostDisconnected(): void {
    clearTimeout(this.timer);
  }

  /** The pointer moved over the list, or left it. room: the row that it is on. */
  pointed(over: boolean, room: string | undefined): void {
    const {list} = this.host.inbox!;
    clearTimeout(this.timer);
    this.hovered = room;
    if (over) list.hold('pointer');
    this.timer = setTimeout(() => {
      list.release('pointer');
      this.host.requestUpdate();
    }, over ? REST_MS : LEFT_MS);
  }
}
