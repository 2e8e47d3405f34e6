/* draft-memory.ts - what a person has begun to write in a room, for the next time this page is opened. Kept until it is
 * sent, and dropped at log-out with everything else (wipe.ts). */

/** What a message answers, as the composer shows it. */
export interface Quoted {
  id: string;
  author: string;
  text: string;
}

export interface Draft {
  text: string;
  quoted?: Quoted;
}

export class DraftMemory {
  private readonly key: string;
  private over = false;

  /** owner: "{gym}.{role}.{sub}" */
  constructor(owner: string, room: string) {
    this.key = `gymchat-draft.${owner}.${room}`;
  }

  recall(): Draft | undefined {
    try {
      const draft = JSON.parse(localStorage.getItem(this.key) ?? 'null') as Draft | null;
      return typeof draft?.text === 'string' ? draft : undefined;
    } catch {
      return undefined;
    }
  }

  keep(draft: Draft): void {
    try {
      if (this.over || (draft.text.trim() === '' && !draft.quoted)) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, JSON.stringify(draft));
    } catch {
      // private mode, or full: the draft lasts as long as the page
    }
  }

  /** Log-out: nothing stays, and nothing comes after it. */
  destroy(): void {
    this.over = true;
    this.keep({text: ''});
  }
}
