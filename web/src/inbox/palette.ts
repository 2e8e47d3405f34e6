/* palette.ts - what Ctrl+K finds: things to do, and rooms by name. Pure. */
import {fold} from './fold.js';

export interface Choice {
  key: string;
  label: string;
  /** beside the label: a shortcut, a status */
  hint?: string;
  /** more words to be found by */
  also?: string;
  group: 'do' | 'room';
}

const MOST = 12;

/** Every word that was typed begins a word of the choice; nothing typed: everything to do, then rooms. */
export function findChoices(choices: readonly Choice[], typed: string): Choice[] {
  const wanted = fold(typed).split(/\s+/).filter(Boolean);
  return choices
    .filter((choice) => {
      const words = fold(`${choice.label} ${choice.also ?? ''}`).split(/[\s_:-]+/);
      return wanted.every((want) => words.some((word) => word.startsWith(want)));
    })
    .slice(0, MOST);
}
