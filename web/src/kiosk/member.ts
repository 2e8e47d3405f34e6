/* member.ts - whose entry a typed number or a scanned code is. Pure. */
import {isKey} from '../ids.js';

/** The member's key in what was typed or scanned; undefined where there is none. pattern: a regular expression whose
 * first group (or whole match) is the key, for codes that hold more than it, such as an address. */
export function memberOf(text: string, pattern?: RegExp): string | undefined {
  const trimmed = text.trim();
  const match = pattern ? pattern.exec(trimmed) : undefined;
  if (match === null) return undefined;
  const key = match ? (match[1] ?? match[0]) : trimmed;
  // a kiosk's own room is no member's
  return isKey(key) && !key.startsWith('kiosk-') ? key : undefined;
}

/** The attribute scan-pattern as a regular expression; undefined where it is empty or none. */
export function patternOf(source: string): RegExp | undefined {
  if (source === '') return undefined;
  try {
    return new RegExp(source, 'u');
  } catch {
    return undefined;
  }
}
