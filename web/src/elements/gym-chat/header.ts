/* header.ts - whom a client talks to: the gym, whether somebody is there, how fast they answer (measured, and only where
 * enough was measured), when they are open. */
import {html} from 'lit';
import type {TemplateResult} from 'lit';
import type {Format} from '../../format.js';
import type {Say} from '../../text.js';
import type {Me} from '../../wire.js';
import {icon} from '../shared/icons.js';
import {openState} from './hours.js';

const ENOUGH_SAMPLES = 5;

export interface HeaderFacts {
  me: Me | undefined;
  /** somebody of the desk is online */
  staffed: boolean;
  now: number;
  say: Say;
  format: Format;
}

export function headerView(facts: HeaderFacts, buttons: unknown): TemplateResult {
  const {say, me} = facts;
  const name = me?.gym.name || me?.gym.key || '';
  return html`
    <header part="header">
      ${buttons}
      <div class="avatar" aria-hidden="true">${name ? [...name.trim()][0]!.toUpperCase() : icon('chat')}</div>
      <div class="who">
        <h2 id="title" part="title">${name ? say('client.title', {gym: name}) : say('app.chat')}</h2>
        <div class="facts" part="facts">${factsOf(facts).map((fact) => html`<span class="fact">${fact}</span>`)}</div>
      </div>
    </header>`;
}

export function factsOf({me, staffed, now, say, format}: HeaderFacts): unknown[] {
  const facts: unknown[] = [];
  if (staffed) facts.push(html`<span class="dot"></span>${say('client.online')}`);
  const answers = me?.response_time;
  if (answers && answers.n >= ENOUGH_SAMPLES) {
    facts.push(say('client.average', {duration: format.duration(answers.median_s * 1000)}));
  }
  const hours = hoursWords(me, now, say, format);
  if (hours) facts.push(hours);
  return facts;
}

function hoursWords(me: Me | undefined, now: number, say: Say, format: Format): string | undefined {
  const state = openState(me?.gym, now);
  if (!state) return undefined;
  if (state.open) {
    if (state.until === undefined) return say('client.openNow');
    return state.until === '24:00' ? say('client.openLate') : say('client.openUntil', {time: plain(state.until)});
  }
  const time = plain(state.from);
  const at = say(time.startsWith('1:') ? 'time.atOne' : 'time.atHour', {time});
  return say('client.opensAt', {time: at, day: dayWord(state.inDays, now, say, format)});
}

function dayWord(inDays: number, now: number, say: Say, format: Format): string {
  if (inDays === 0) return say('time.todayWord');
  return inDays === 1 ? say('time.tomorrowWord') : format.weekday(now + inDays * 86400000);
}

/** "07:00" as people say it: "7:00" */
function plain(time: string): string {
  return time.replace(/^0(?=\d)/, '');
}
