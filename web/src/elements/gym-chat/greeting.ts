/* greeting.ts - a room without messages: the gym's greeting, and words to begin with. They are only put into the field:
 * nothing is sent by a tap. A gym has its own in settings: {"greeting": "...", "chips": ["...", {"label", "text"}]}. */
import {html} from 'lit';
import type {TemplateResult} from 'lit';
import type {Say, TextKey} from '../../text.js';
import type {Gym} from '../../wire.js';

const CHIPS_MAX = 6;

export interface Chip {
  label: string;
  text: string;
}

export function greetingView(gym: Gym | undefined, say: Say, choose: (text: string) => void): TemplateResult {
  const own = gym?.settings?.greeting;
  return html`<div class="empty" slot="empty">
    <h3>${typeof own === 'string' && own.trim() ? own : say('client.greeting')}</h3>
    <p>${say('client.greetingHint')}</p>
    <div class="chips" role="group" aria-label=${say('client.chips')}>${chipsOf(gym, say).map(({label, text}) =>
      html`<button @click=${() => choose(text)}>${label}</button>`)}</div>
  </div>`;
}

export function chipsOf(gym: Gym | undefined, say: Say): Chip[] {
  const own = gym?.settings?.chips;
  if (Array.isArray(own)) return own.slice(0, CHIPS_MAX).flatMap(chipOf);
  return ['1', '2', '3'].map((n) => ({
    label: say(`client.chip${n}` as TextKey), text: say(`client.chip${n}Text` as TextKey),
  }));
}

/** Whatever a gym put there: what is no chip is left out. */
function chipOf(it: unknown): Chip[] {
  if (typeof it === 'string') return it.trim() ? [{label: it, text: it}] : [];
  const {label, text} = (it ?? {}) as {label?: unknown; text?: unknown};
  if (typeof label !== 'string' || !label.trim()) return [];
  return [{label, text: typeof text === 'string' ? text : label}];
}
