/* desk-calls.ts - calls a person to the desk: sound, and a notification while the page is out of sight. */
import type {ReactiveController, ReactiveControllerHost} from 'lit';
import {AlertPolicy} from '../../inbox/alerts.js';
import {Chime} from '../../inbox/chime.js';
import type {Prefs} from '../../inbox/prefs.js';

export interface Call {
  room: string;
  author: string;
  text: string;
  locale: string;
  /** its room is open */
  isOpen: boolean;
  now: number;
}

export class DeskCalls implements ReactiveController {
  private readonly policy = new AlertPolicy();
  private readonly chime = new Chime();

  constructor(private readonly host: ReactiveControllerHost & HTMLElement, private readonly open: (room: string) => void) {
    host.addController(this);
  }

  hostConnected(): void {
    for (const type of ['pointerdown', 'keydown']) this.host.addEventListener(type, this.chime.unlock, {passive: true});
  }

  hostDisconnected(): void {
    for (const type of ['pointerdown', 'keydown']) this.host.removeEventListener(type, this.chime.unlock);
    this.chime.close();
  }

  call(call: Call, {sound, notify}: Readonly<Prefs>): void {
    const hidden = document.visibilityState === 'hidden';
    const watched = call.isOpen && document.hasFocus();
    const wanted = this.policy.decide({now: call.now, hidden, watched, sound, notify});
    if (wanted.sound) this.chime.play();
    if (wanted.notify) this.notify(call);
  }

  private notify({room, author, text, locale}: Call): void {
    if (typeof Notification === 'undefined' || Notification.permission !== 'granted') return;
    try {
      const note = new Notification(author, {body: text, tag: `gymchat-${room}`, lang: locale, silent: true});
      note.onclick = () => {
        window.focus();
        note.close();
        this.open(room);
      };
    } catch {
      // phones want a service worker for these: the title and the sound are enough
    }
  }
}
