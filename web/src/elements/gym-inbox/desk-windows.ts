/* desk-windows.ts - the desk's small windows, one at a time: shortcuts, settings, commands, a date to snooze to, canned
 * answers. */
import {html, nothing} from 'lit';
import type {Canned} from '../../inbox/canned.js';
import {saveCanned} from '../../inbox/desk-api.js';
import type {InboxRow} from '../../inbox/inbox-state.js';
import type {Inbox} from '../../inbox/inbox.js';
import type {Prefs, PrefStore} from '../../inbox/prefs.js';
import type {Command} from '../../inbox/shortcuts.js';
import {inputOf, snoozeFrom} from '../../inbox/snooze.js';
import type {Session} from '../../session/session.js';
import type {TextKey} from '../../text.js';
import './canned-editor.js';
import type {DeskActions} from './desk-actions.js';
import {paletteChoices} from './desk-choices.js';
import './desk-dialog.js';
import type {DeskKeys} from './desk-keys.js';
import './desk-palette.js';
import type {DeskSearch} from './desk-search.js';
import {helpView, prefsView, snoozeView} from './inbox-dialogs.js';
import type {Words} from './inbox-parts.js';

const HEADINGS = {
  help: 'help.title', prefs: 'prefs.title', palette: 'palette.title', snooze: 'inbox.snoozeTitle', canned: 'canned.title',
} as const;

export type DeskWindow = keyof typeof HEADINGS;

const HOUR_MS = 3600000;

export interface WindowHost {
  readonly session?: Session;
  readonly prefs: PrefStore;
  readonly actions: DeskActions;
  readonly search: DeskSearch;
  readonly keys: DeskKeys;
  readonly wording: Words;
  /** the room that commands are for */
  readonly target?: InboxRow;
  readonly updateComplete: Promise<boolean>;
  canned: Canned[];
  requestUpdate(): void;
  show(room: string | undefined): void;
}

export class DeskWindows {
  private shown: DeskWindow | undefined;
  private isPast = false; // the date that was chosen for snoozing

  constructor(private readonly host: WindowHost) {}

  get isOpen(): boolean {
    return this.shown !== undefined;
  }

  open(which: DeskWindow): void {
    this.isPast = false;
    this.shown = which;
    this.host.requestUpdate();
  }

  close(): void {
    this.shown = undefined;
    this.host.requestUpdate();
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  render(session: Session, inbox: Inbox) {
    const {shown} = this;
    if (!shown) return nothing;
    const {say} = this.host.wording;
    return html`<desk-dialog .heading=${say(HEADINGS[shown] as TextKey)} .say=${say} ?bare=${shown === 'palette'} ?wide=${shown === 'canned'}
      @dialog-close=${() => this.close()}>${this.body(shown, session, inbox)}</desk-dialog>`;
  }

  private body(shown: DeskWindow, session: Session, inbox: Inbox) {
    const {prefs, canned, target, wording: {say}} = this.host;
    switch (shown) {
      case 'help':
        return helpView(say, prefs.get(), (change) => this.setPrefs(change));
      case 'prefs':
        return prefsView(say, prefs.get(), typeof Notification === 'undefined' ? 'none' : Notification.permission, {
          set: (change) => this.setPrefs(change),
          notify: (on) => void this.allowNotify(on),
          canned: () => this.open('canned'),
        });
      case 'palette':
        return html`<desk-palette .say=${say} .choices=${paletteChoices(inbox, target, say)}
          @palette-pick=${(e: CustomEvent<{key: string}>) => this.picked(e.detail.key)}></desk-palette>`;
      case 'snooze':
        return this.snoozing(session.me?.gym.time_zone);
      case 'canned':
        return html`<canned-editor .list=${canned} .say=${say} .save=${(list: Canned[]) => this.saveCanned(session, list)}
          @canned-cancel=${() => this.close()}></canned-editor>`;
    }
  }

  private snoozing(zone: string | undefined) {
    const {say, now} = this.host.wording;
    return snoozeView(say, {value: inputOf(now + HOUR_MS, zone), min: inputOf(now, zone), isPast: this.isPast}, {
      submit: (value) => this.snoozeUntil(snoozeFrom(value, this.host.wording.now, zone)),
    });
  }

  // --- doing --------------------------------------------------------------------------------------------------------

  private setPrefs(change: Partial<Prefs>): void {
    this.host.prefs.set(change);
    this.host.requestUpdate();
  }

  private async allowNotify(on: boolean): Promise<void> {
    const granted = on && typeof Notification !== 'undefined' && (await Notification.requestPermission()) === 'granted';
    this.setPrefs({notify: granted});
  }

  private async saveCanned(session: Session, list: Canned[]): Promise<void> {
    const {host} = this;
    host.canned = await saveCanned(session.api, session.identity.gym, list);
    this.close();
    host.actions.tell({words: host.wording.say('canned.saved')});
  }

  /** at: undefined where that time is past. */
  private snoozeUntil(at: number | undefined): void {
    this.isPast = at === undefined;
    if (at === undefined) return this.host.requestUpdate();
    const row = this.host.target;
    this.close();
    if (row) this.host.actions.snooze(row.room, at);
  }

  /** Of the palette: "room:ana", "shelf:snoozed", "tab:mine", or a command. */
  private picked(key: string): void {
    const {host} = this;
    const [kind, value] = key.split(/:(.*)/s) as [string, string];
    this.close();
    void host.updateComplete.then(() => {
      if (kind === 'room') host.show(value);
      else if (kind === 'shelf' || kind === 'tab') host.search.setFilter({[kind]: value});
      else if (kind === 'prefs' || kind === 'canned') this.open(kind);
      else host.keys.run(kind as Command);
    });
  }
}
