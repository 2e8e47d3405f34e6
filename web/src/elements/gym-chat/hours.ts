/* hours.ts - is the gym open, and until or from when? Pure; hours are {"mon":[["07:00","22:00"]],...} in the gym's
 * time zone, "24:00" for the end of a day; an evening that goes on after midnight is two spans. */
import {known} from '../../format.js';
import type {Gym} from '../../wire.js';

export type OpenState =
  | {open: true; until: string} // "24:00": midnight
  | {open: true; until?: undefined} // longer than until tomorrow night
  | {open: false; from: string; inDays: number}
  | undefined; // not told

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MIDNIGHT = '24:00';

export function openState(gym: Gym | undefined, now: number): OpenState {
  const hours = gym?.hours;
  if (!hours || Object.keys(hours).length === 0) return undefined;
  const {day, time} = localTime(now, gym.time_zone);
  const spans = (inDays: number): [string, string][] => hours[DAYS[(day + inDays) % 7]!] ?? [];
  for (const [from, to] of spans(0)) if (from <= time && time < to) return {open: true, until: lastOf(to, spans)};
  for (let inDays = 0; inDays <= 7; inDays++) {
    const next = spans(inDays).map(([from]) => from).sort().find((from) => inDays > 0 || from > time);
    if (next) return {open: false, from: next, inDays};
  }
  return undefined;
}

/** When what ends today at `to` really ends: a span that begins at midnight goes on with it. */
function lastOf(to: string, spans: (inDays: number) => [string, string][]): string | undefined {
  if (to !== MIDNIGHT) return to;
  const tomorrow = spans(1).find(([from]) => from === '00:00');
  if (!tomorrow) return MIDNIGHT;
  return tomorrow[1] === MIDNIGHT ? undefined : tomorrow[1];
}

function localTime(now: number, timeZone: string | undefined): {day: number; time: string} {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: known(timeZone), weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  }).formatToParts(now);
  const part = (type: string): string => parts.find((p) => p.type === type)?.value ?? '';
  return {day: DAYS.indexOf(part('weekday').toLowerCase().slice(0, 3)), time: `${part('hour')}:${part('minute')}`};
}
