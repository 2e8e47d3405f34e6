/* format.ts - times as people read them: by Intl, in the gym's time zone, not the device's. */
import type {Say} from './text.js';

const QUARTER_MS = 15 * 60000;

export class Format {
  private readonly timeFormat: Intl.DateTimeFormat;
  private readonly dayFormat: Intl.DateTimeFormat;
  private readonly dayYearFormat: Intl.DateTimeFormat;
  private readonly shortFormat: Intl.DateTimeFormat;
  private readonly weekdayFormat: Intl.DateTimeFormat;
  private readonly keyFormat: Intl.DateTimeFormat;
  private readonly days = new Map<number, string>(); // quarter of an hour -> its day: a list asks for a thousand at once

  constructor(private readonly say: Say, timeZone?: string) {
    const zone = {timeZone: known(timeZone)};
    const language = say.locale;
    this.timeFormat = new Intl.DateTimeFormat(language, {...zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23'});
    this.dayFormat = new Intl.DateTimeFormat(language, {...zone, weekday: 'long', day: 'numeric', month: 'long'});
    this.dayYearFormat = new Intl.DateTimeFormat(language, {...zone, day: 'numeric', month: 'long', year: 'numeric'});
    this.shortFormat = new Intl.DateTimeFormat(language, {...zone, day: 'numeric', month: 'short'});
    this.weekdayFormat = new Intl.DateTimeFormat(language, {...zone, weekday: 'long'});
    this.keyFormat = new Intl.DateTimeFormat('en', {...zone, year: 'numeric', month: '2-digit', day: '2-digit'});
  }

  /** "10:41" */
  time(at: string | number): string {
    return valid(at, (date) => this.timeFormat.format(date));
  }

  /** "2026-11-22": the same for two times of one calendar day at the gym */
  dayKey = (at: string | number): string => valid(at, (date) => {
    const quarter = Math.floor(date.getTime() / QUARTER_MS); // no zone changes its day within one
    let key = this.days.get(quarter);
    if (key === undefined) this.days.set(quarter, (key = this.keyOf(date)));
    return key;
  });

  private keyOf(date: Date): string {
    // By parts: which locale writes year-month-day, and how, changes with the version of ICU.
    const part = Object.fromEntries(this.keyFormat.formatToParts(date).map(({type, value}) => [type, value]));
    return `${part['year']}-${part['month']}-${part['day']}`;
  }

  /** "Hoy", "Ayer", "lunes, 3 de noviembre", "3 de noviembre de 2025" */
  day(at: string | number, now: number): string {
    const key = this.dayKey(at);
    if (key === this.dayKey(now)) return this.say('list.today');
    if (key === this.dayKey(now - 86400000)) return this.say('list.yesterday');
    const sameYear = key.slice(0, 4) === this.dayKey(now).slice(0, 4);
    return valid(at, (date) => (sameYear ? this.dayFormat : this.dayYearFormat).format(date));
  }

  /** for a list: "10:41" today, "Ayer", "3 nov" before */
  short(at: string | number, now: number): string {
    const key = this.dayKey(at);
    if (key === this.dayKey(now)) return this.time(at);
    if (key === this.dayKey(now - 86400000)) return this.say('list.yesterday');
    return valid(at, (date) => this.shortFormat.format(date));
  }

  /** "8 min", "3 h", "2 días" */
  duration(ms: number): string {
    const minutes = Math.floor(ms / 60000);
    if (minutes < 1) return this.say('time.lessThanMinute');
    if (minutes < 60) return this.say.count('time.minutes', minutes);
    if (minutes < 48 * 60) return this.say.count('time.hours', Math.floor(minutes / 60));
    return this.say.count('time.days', Math.floor(minutes / 1440));
  }

  /** "el lunes" */
  weekday(at: string | number): string {
    return this.say('time.onDay', {day: valid(at, (date) => this.weekdayFormat.format(date))});
  }
}

function valid(at: string | number, format: (date: Date) => string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '' : format(date);
}

/** A zone that this browser does not know must not keep a page from showing times. */
export function known(timeZone: string | undefined): string | undefined {
  if (!timeZone) return undefined;
  try {
    new Intl.DateTimeFormat('en', {timeZone});
    return timeZone;
  } catch {
    return undefined;
  }
}
