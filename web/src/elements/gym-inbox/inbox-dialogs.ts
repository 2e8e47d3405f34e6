/* inbox-dialogs.ts - what the desk's small windows hold: shortcuts, settings, a date to snooze to. */
import {html, nothing} from 'lit';
import type {TemplateResult} from 'lit';
import type {Prefs} from '../../inbox/prefs.js';
import {SHORTCUTS} from '../../inbox/shortcuts.js';
import type {Say, TextKey} from '../../text.js';
import {deskIcon} from './desk-icons.js';

function toggle(label: string, hint: string, on: boolean, set: (on: boolean) => void, disabled = false): TemplateResult {
  return html`<label class="toggle"><span class="words"><b>${label}</b>${hint ? html`<span>${hint}</span>` : nothing}</span>
    <input type="checkbox" role="switch" .checked=${on} ?disabled=${disabled}
      @change=${(e: Event) => set((e.target as HTMLInputElement).checked)}></label>`;
}

export function helpView(say: Say, prefs: Prefs, set: (change: Partial<Prefs>) => void): TemplateResult {
  return html`
    ${toggle(say('help.use'), say('help.hint'), prefs.shortcuts, (shortcuts) => set({shortcuts}))}
    <dl class="keys" ?data-off=${!prefs.shortcuts}>${SHORTCUTS.map(([command, keys]) => html`
      <div><dt>${keys.split(' ').map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${say(`help.${command}` as TextKey)}</dd></div>`)}</dl>`;
}

export function prefsView(
  say: Say, prefs: Prefs, permission: string, on: {set: (change: Partial<Prefs>) => void; notify: (on: boolean) => void; canned: () => void},
): TemplateResult {
  const denied = permission === 'denied';
  return html`
    ${toggle(say('prefs.sound'), say('prefs.soundHint'), prefs.sound, (sound) => on.set({sound}))}
    ${permission === 'none' ? nothing : toggle(say('prefs.notify'), say(denied ? 'prefs.notifyDenied' : 'prefs.notifyHint'),
      prefs.notify && !denied, on.notify, denied)}
    ${toggle(say('help.use'), say('help.hint'), prefs.shortcuts, (shortcuts) => on.set({shortcuts}))}
    <button class="line" @click=${on.canned}>${deskIcon('template')}<span>${say('prefs.canned')}</span></button>`;
}

export function snoozeView(
  say: Say, at: {value: string; min: string; isPast: boolean}, on: {submit: (value: string) => void},
): TemplateResult {
  const submit = (event: Event): void => {
    event.preventDefault();
    on.submit((event.target as HTMLFormElement).querySelector('input')!.value);
  };
  return html`<form class="when" @submit=${submit}>
    <label>${say('inbox.snoozeWhen')}<input type="datetime-local" required .value=${at.value} min=${at.min}
      aria-describedby=${at.isPast ? 'past' : nothing} aria-invalid=${at.isPast ? 'true' : nothing}></label>
    ${at.isPast ? html`<p id="past" class="problem" role="alert">${say('inbox.snoozePast')}</p>` : nothing}
    <button class="primary">${say('inbox.snooze')}</button></form>`;
}
