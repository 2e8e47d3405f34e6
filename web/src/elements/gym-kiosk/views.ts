/* views.ts - the kiosk's screens, drawn. Facts and what to do in, a template out; nothing is remembered here. */
import {html, nothing} from 'lit';
import type {TemplateResult} from 'lit';
import type {Format} from '../../format.js';
import type {Help, Result, Sending, Verdict} from '../../kiosk/kiosk-state.js';
import type {Locale, Say, TextKey} from '../../text.js';
import {icon} from '../shared/icons.js';
import {scanArt} from './art.js';

const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];

export function header(it: {
  say: Say; gym: string | undefined; time: string; large: boolean; speak(locale: Locale): void; enlarge(): void;
}): TemplateResult {
  const {say} = it;
  const language = (code: Locale) => html`<button lang=${code} aria-pressed=${say.locale === code ? 'true' : 'false'}
    aria-label=${`${say('kiosk.language')} ${code.toUpperCase()}`} @click=${() => it.speak(code)}>${code.toUpperCase()}</button>`;
  return html`
    <header>
      <h1>${it.gym ?? say('role.kiosk')}</h1>
      <time class="clock">${it.time}</time>
      <div class="options" role="group" aria-label=${say('kiosk.options')}>
        <div class="languages">${language('es')}${language('en')}</div>
        <button class="bigger" aria-pressed=${it.large ? 'true' : 'false'} aria-label=${`${say('kiosk.bigger')}, Aa`} @click=${it.enlarge}
          ><span aria-hidden="true">A<small>a</small></span></button>
      </div>
    </header>`;
}

function hero(art: TemplateResult, title: string, hint: string | undefined): TemplateResult {
  return html`
    <section class="hero">
      ${art}
      <div class="invite" role="status">
        <h2>${title}</h2>
        ${hint ? html`<p>${hint}</p>` : nothing}
      </div>
    </section>`;
}

export function pad(it: {
  say: Say; typed: string; press(digit: string): void; erase(): void; enter(): void; help(): void;
}): TemplateResult {
  const {say, typed} = it;
  const key = (digit: string) => html`<button @click=${() => it.press(digit)}>${digit}</button>`;
  return html`
    <main>
      ${hero(html`<div class="art">${scanArt()}</div>`, say('kiosk.scan'), say('kiosk.number'))}
      <section class="desk">
        <div class="pad" role="group" aria-label=${say('kiosk.pad')}>
          <div class="digits" ?data-full=${typed !== ''} data-size=${sizeOf(typed)} role="status"
            aria-label=${say('kiosk.digits')}><span aria-hidden="true">${typed}</span><span
            class="hidden">${say.count('kiosk.typed', typed.length)}</span></div>
          <div class="keys">
            ${DIGITS.map(key)}
            <button class="erase" aria-label=${say('kiosk.erase')} aria-disabled=${typed === '' ? 'true' : 'false'}
              @click=${it.erase}>${icon('erase')}</button>
            ${key('0')}
            <button class="ok" aria-disabled=${typed === '' ? 'true' : 'false'} @click=${it.enter}>${say('kiosk.ok')}</button>
          </div>
        </div>
        <button class="help" @click=${it.help}>${icon('help')}<span>${say('kiosk.help')}</span></button>
      </section>
    </main>`;
}

/** A member's number is short; a long key still has to fit. */
function sizeOf(typed: string): 'short' | 'long' | 'longest' {
  return typed.length <= 10 ? 'short' : typed.length <= 18 ? 'long' : 'longest';
}

const HELP_WORDS: Record<Help['phase'], [TextKey, TextKey]> = {
  sending: ['kiosk.helpSending', 'kiosk.helpHint'],
  told: ['kiosk.helpSent', 'kiosk.helpHint'],
  slow: ['kiosk.helpSlow', 'kiosk.helpSlowHint'],
  offline: ['kiosk.helpOffline', 'kiosk.helpOfflineHint'],
};

export function help(it: {say: Say; help: Help; linked: boolean; close(): void}): TemplateResult {
  const {say} = it;
  const answered = it.help.answers.length > 0;
  const [title, hint] = HELP_WORDS[it.help.phase];
  const waits = it.help.phase !== 'offline' && it.linked;
  return html`
    <main>
      ${hero(html`<div class="art">${icon(it.help.phase === 'offline' ? 'offline' : 'help')}</div>`,
        say(answered ? 'kiosk.helpAnswer' : title), it.linked ? (answered ? undefined : say(hint)) : say('kiosk.helpOfflineHint'))}
      <section class="desk">
        <div class="answers" role="log" aria-label=${say('kiosk.helpAnswers')}>
          ${it.help.answers.map((text) => html`<p class="answer">${text}</p>`)}
          ${waits && !answered ? html`<p class="wait">${say('kiosk.helpWaiting')}<span class="dots" aria-hidden="true"><i></i><i></i><i></i></span></p>` : nothing}
        </div>
        <button class="close-help" @click=${it.close}>${say(answered || !waits ? 'kiosk.helpClose' : 'kiosk.helpDone')}</button>
      </section>
    </main>`;
}

export function closed(it: {say: Say; starting: boolean}): TemplateResult {
  const {say} = it;
  return html`
    <main class="alone">
      ${hero(html`<div class="art">${icon(it.starting ? 'scan' : 'door')}</div>`,
        say(it.starting ? 'kiosk.starting' : 'kiosk.closed'), it.starting ? undefined : say('kiosk.closedHint'))}
    </main>`;
}

export function footer(it: {
  say: Say; link: TextKey; down: boolean; waiting: number | undefined; max: number; durable: boolean; version: string;
}): TemplateResult {
  const {say} = it;
  return html`
    <footer aria-label=${say('kiosk.status')}>
      <div class="link" ?data-down=${it.down} role="status"><i></i>${say(it.link)}</div>
      ${it.waiting === undefined ? nothing
        : html`<div>${say(it.waiting >= it.max ? 'kiosk.waitingFull' : 'kiosk.waiting', {n: it.waiting})}</div>`}
      ${it.durable ? nothing : html`<div>${say('kiosk.memory')}</div>`}
      <div class="version">${say('kiosk.version', {version: it.version})}</div>
    </footer>`;
}

const OUTCOMES: Record<Verdict, {icon: string; title: TextKey; hint?: TextKey}> = {
  welcome: {icon: 'check', title: 'kiosk.welcome', hint: 'kiosk.at'},
  done: {icon: 'check', title: 'kiosk.done', hint: 'kiosk.at'},
  kept: {icon: 'check', title: 'kiosk.kept', hint: 'kiosk.keptHint'},
  offline: {icon: 'check', title: 'kiosk.offlineDone', hint: 'kiosk.offlineHint'},
  denied: {icon: 'close', title: 'kiosk.denied'},
  full: {icon: 'close', title: 'kiosk.full', hint: 'kiosk.fullHint'},
  unreadable: {icon: 'close', title: 'kiosk.unreadable', hint: 'kiosk.unreadableHint'},
  closed: {icon: 'close', title: 'kiosk.closed', hint: 'kiosk.closedHint'},
};

export function outcome(it: {say: Say; format: Format; screen: Sending | Result}): TemplateResult {
  const {say, screen} = it;
  if (screen.name === 'sending') return html`<main class="over" data-verdict="sending"><h1>${say('kiosk.sending')}</h1></main>`;
  const words = OUTCOMES[screen.verdict];
  return html`
    <main class="over" data-verdict=${screen.verdict}>
      <div class="mark">${icon(words.icon)}</div>
      <h1>${say(words.title, {name: screen.firstName ?? ''})}</h1>
      ${words.hint ? html`<p>${say(words.hint, {time: it.format.time(screen.at)})}</p>` : nothing}
      <p class="tap">${say('kiosk.tap')}</p>
    </main>`;
}

export function stillThere(it: {say: Say; left: number; large: boolean; moreTime(): void}): TemplateResult {
  const {say} = it;
  return html`
    <div class="still" lang=${say.locale} ?data-large=${it.large} role="alert">
      <strong>${say('kiosk.stillThere')}</strong>
      <span class="left" aria-hidden="true">${say('kiosk.seconds', {n: it.left})}</span>
      <button @click=${it.moreTime}>${say('kiosk.moreTime')}</button>
    </div>`;
}
