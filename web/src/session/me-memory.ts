/* me-memory.ts - what the API last said about us and our gym, for a page that opens while nobody answers: the header
 * has its name, times have their zone. Nothing secret: no token. */
import type {Me} from '../wire.js';

export class MeMemory {
  private readonly key: string;
  private over = false;

  /** owner: "{gym}.{role}.{sub}" */
  constructor(owner: string) {
    this.key = `gymchat-me.${owner}`;
  }

  recall(): Me | undefined {
    try {
      const me = JSON.parse(localStorage.getItem(this.key) ?? 'null') as Me | null;
      return me?.gym ? me : undefined;
    } catch {
      return undefined;
    }
  }

  keep(me: Me): void {
    if (this.over) return;
    try {
      localStorage.setItem(this.key, JSON.stringify(me));
    } catch {
      // private mode, or full: a comfort only
    }
  }

  /** Log-out: nothing stays, and no answer that is still on its way is kept. */
  forget(): void {
    this.over = true;
    try {
      localStorage.removeItem(this.key);
    } catch {
      // nothing was kept either
    }
  }
}
