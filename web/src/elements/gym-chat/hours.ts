/* hours.ts - is the gym open, and until or from when? Pure; hours are {"mon":[["07:00","22:00"]],...} in the gym's
 * time zone. */
import type {Gym} from '../../wire.js';

export type OpenState =
  | {open: true; until: string}
  | {open: false; from: string; inDays: number}
  | undefined; // not told

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

export function openState(gym: Gym | undefined, now: number): OpenState {
  const hours = gym?.hours;
  if (!hours || Object.keys(hours).length === 0) return undefined;
  const {day, time} = localTime(now, gym.time_zone);
  for (const [from, to] of hours[DAYS[day]!] ?? []) if (from <= time && time < to) return {open: true, until: to};
  for (let inDays = 0; inDays <= 7; inDays++) {
    const next = (hours[DAYS[(day + inDays) % 7]!] ?? []).map(([from]) => from).sort()
      .find((from) => inDays > 0 || from > time);
    if (next) return {open: false, from: next, inDays};
  }
  return undefined;
}

function localTime(now: number, timeZone: string | undefined): {day: number; time: string} {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  }).formatToParts(now);
  const part = (type: string): string => parts.find((p) => p.type === type)?.value ?? '';
  return {day: DAYS.indexOf(part('weekday').toLowerCase().slice(0, 3)), time: `${part('hour')}:${part('minute')}`};
}
