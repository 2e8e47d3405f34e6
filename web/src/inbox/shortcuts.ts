/* shortcuts.ts - keys of the desk. One letter each while nobody writes; Ctrl+K (Cmd+K) and F6 also while writing. Never
 * Alt or AltGr, which type @ and # on Spanish keyboards; by the letter, not its place, so "/" and "?" are where each
 * keyboard has them. Pure. */

export type Command =
  | 'next' | 'previous' | 'open' | 'reply' | 'note' | 'assign' | 'resolve' | 'unread' | 'snooze' | 'search' | 'help'
  | 'palette' | 'region' | 'regionBack';

export interface KeyFacts {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  isComposing: boolean;
  repeat: boolean;
  /** AltGraph pressed: Windows tells of it as Ctrl+Alt */
  altGraph: boolean;
}

const LETTERS: Record<string, Command> = {
  j: 'next', k: 'previous', r: 'reply', n: 'note', a: 'assign', e: 'resolve', u: 'unread', s: 'snooze',
};
const SIGNS: Record<string, Command> = {'/': 'search', '?': 'help'};
const REPEATING = new Set<Command>(['next', 'previous']);

/** In the order of the help: command and the key to show. */
export const SHORTCUTS: readonly (readonly [Command, string])[] = [
  ['next', 'J'], ['previous', 'K'], ['open', 'Enter'], ['reply', 'R'], ['note', 'N'], ['assign', 'A'], ['resolve', 'E'],
  ['snooze', 'S'], ['unread', 'U'], ['search', '/'], ['palette', 'Ctrl K'], ['region', 'F6'], ['help', '?'],
];

/** writing: the focus is where letters are typed. "open" is never returned: Enter is the focused row's own. */
export function commandOf(event: KeyFacts, writing: boolean): Command | undefined {
  if (event.isComposing || event.altKey || event.altGraph) return undefined;
  if (event.key === 'F6' && !event.ctrlKey && !event.metaKey) return event.shiftKey ? 'regionBack' : 'region';
  const letter = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) return letter === 'k' && !event.shiftKey && !event.repeat ? 'palette' : undefined;
  if (writing || event.key.length !== 1) return undefined;
  const command = SIGNS[event.key] ?? (event.shiftKey ? undefined : LETTERS[letter]);
  return command && event.repeat && !REPEATING.has(command) ? undefined : command;
}
