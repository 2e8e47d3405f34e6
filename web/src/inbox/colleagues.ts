/* colleagues.ts - what others at the desk do, in a sentence: "Nora y Luis están viendo". */
import type {Say} from '../text.js';

export function colleaguesDo(say: Say, what: 'viewing' | 'replying', names: readonly string[]): string {
  const all = new Intl.ListFormat(say.locale).format(names);
  return say(names.length === 1 ? `inbox.${what}` : `inbox.${what}Many`, {name: all});
}
