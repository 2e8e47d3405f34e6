/* snooze.ts - "until tomorrow at nine" in the gym's time zone, whatever the device's is. Pure. */

export type SnoozeKey = 'hour' | 'evening' | 'tomorrow' | 'monday';

export interface SnoozeChoice {
  key: SnoozeKey;
  until: number; // milliseconds since 1970
}

const HOUR = 3600000;
const DAY = 24 * HOUR;

/** The choices that make sense now, soonest first. */
export function snoozeChoices(now: number, timeZone?: string): SnoozeChoice[] {
  const wall = wallOf(now, timeZone);
  const choices: SnoozeChoice[] = [{key: 'hour', until: now + HOUR}];
  if (wall.hour < 16) choices.push({key: 'evening', until: instantOf({...wall, hour: 18, minute: 0}, timeZone)});
  choices.push({key: 'tomorrow', until: morning(wall, 1, timeZone)});
  const toMonday = (8 - wall.weekday) % 7 || 7;
  if (toMonday > 1) choices.push({key: 'monday', until: morning(wall, toMonday, timeZone)});
  return choices;
}

/** "2026-11-23T09:00" of an input, at the gym; undefined: no time, or none to come. */
export function snoozeFrom(text: string, now: number, timeZone?: string): number | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(text)?.slice(1).map(Number);
  if (!parts) return undefined;
  const [year, month, day, hour, minute] = parts as [number, number, number, number, number];
  const at = instantOf({year, month, day, hour, minute}, timeZone);
  return at > now ? at : undefined;
}

/** For the input: "2026-11-23T09:00" at the gym. */
export function inputOf(at: number, timeZone?: string): string {
  const {year, month, day, hour, minute} = wallOf(at, timeZone);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`;
}

interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
}

function morning(wall: Wall, days: number, timeZone?: string): number {
  const day = new Date(Date.UTC(wall.year, wall.month - 1, wall.day) + days * DAY);
  return instantOf({
    year: day.getUTCFullYear(), month: day.getUTCMonth() + 1, day: day.getUTCDate(), hour: 9, minute: 0,
  }, timeZone);
}

/** weekday: 1 is Monday, 7 is Sunday. */
function wallOf(at: number, timeZone?: string): Wall & {weekday: number} {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric',
  }).formatToParts(at);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  const wall = {year: of('year'), month: of('month'), day: of('day'), hour: of('hour'), minute: of('minute')};
  return {...wall, weekday: new Date(Date.UTC(wall.year, wall.month - 1, wall.day)).getUTCDay() || 7};
}

/** Twice, since the first guess may lie on the other side of a change of clocks. */
function instantOf(wall: Wall, timeZone?: string): number {
  const wanted = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute);
  let at = wanted;
  for (let i = 0; i < 2; i++) {
    const is = wallOf(at, timeZone);
    at += wanted - Date.UTC(is.year, is.month - 1, is.day, is.hour, is.minute);
  }
  return at;
}
