/* drafts.ts - what a person has begun to write in each room, kept until it is sent: over a change of rooms and a reload
 * (session storage: gone with the tab). Knows since when, for the warning that a colleague answered meanwhile. */

export type DraftMode = 'reply' | 'note';

export interface Draft {
  text: string;
  mode: DraftMode;
  /** when the first letter was typed; milliseconds since 1970 */
  since: number;
  /** the room's last seq at that time */
  seq: number;
}

export interface DraftStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** A line of the thread, as far as the warning needs it. */
export interface Said {
  role: string;
  sender: string;
  mine: boolean;
  seq?: number;
  at: string;
  kind: string;
}

export class Drafts {
  private readonly drafts = new Map<string, Draft>();

  /** owner: "{gym}.{role}.{sub}" */
  constructor(private readonly owner: string, private readonly storage?: DraftStorage) {
    this.load();
  }

  get(room: string): Draft | undefined {
    return this.drafts.get(room);
  }

  /** What the composer holds now; seq: the room's last one. An empty text ends the draft but for its mode. */
  put(room: string, text: string, mode: DraftMode, seq: number, now: number): void {
    const known = this.drafts.get(room);
    if (text.trim() === '' && mode === 'reply') this.drafts.delete(room);
    else if (text.trim() === '') this.drafts.set(room, {text: '', mode, since: now, seq});
    else if (known && known.text.trim() !== '') this.drafts.set(room, {...known, text, mode});
    else this.drafts.set(room, {text, mode, since: now, seq});
    this.save();
  }

  /** The person has read on and goes on writing: what came until now is no surprise any more. */
  acknowledge(room: string, seq: number, now: number): void {
    const known = this.drafts.get(room);
    if (known) this.drafts.set(room, {...known, seq, since: now});
    this.save();
  }

  drop(room: string): void {
    this.drafts.delete(room);
    this.save();
  }

  get rooms(): string[] {
    return [...this.drafts].filter(([, draft]) => draft.text.trim() !== '').map(([room]) => room);
  }

  /** Log-out: nothing stays. */
  wipe(): void {
    this.drafts.clear();
    this.save();
  }

  private get key(): string {
    return `gymchat-drafts.${this.owner}`;
  }

  private load(): void {
    try {
      const kept = JSON.parse(this.storage?.getItem(this.key) ?? '{}') as Record<string, Draft>;
      for (const [room, draft] of Object.entries(kept)) {
        if (typeof draft.text === 'string' && typeof draft.seq === 'number') this.drafts.set(room, draft);
      }
    } catch {
      // nothing usable was kept
    }
  }

  private save(): void {
    try {
      const kept = this.rooms.map((room) => [room, this.drafts.get(room)] as const);
      if (kept.length === 0) this.storage?.removeItem(this.key);
      else this.storage?.setItem(this.key, JSON.stringify(Object.fromEntries(kept)));
    } catch {
      // storage is full or forbidden: the draft lasts as long as the page
    }
  }
}

/** The last answer that a colleague gave after the draft was begun. */
export function answeredSince(draft: Draft | undefined, lines: readonly Said[]): Said | undefined {
  if (!draft || draft.mode !== 'reply' || draft.text.trim() === '') return undefined;
  for (let i = lines.length - 1; i >= 0; i--) {
    const line = lines[i]!;
    if (line.role !== 'staff' || line.mine || line.kind === 'note') continue;
    const bySeq = line.seq !== undefined && draft.seq > 0; // 0: begun before anything of the room was known here
    if (bySeq ? line.seq! > draft.seq : Date.parse(line.at) >= draft.since) return line;
    if (line.seq !== undefined) return undefined; // an older one: nothing before it is newer
  }
  return undefined;
}
