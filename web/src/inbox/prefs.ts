/* prefs.ts - what this person has chosen on this device: kept in local storage, forgotten on log-out. */

export interface Prefs {
  shortcuts: boolean;
  sound: boolean;
  notify: boolean;
  /** rooms marked as unread: a reminder of one's own, since marks only move forward */
  flagged: string[];
}

const STANDARD: Prefs = {shortcuts: true, sound: true, notify: false, flagged: []};
const FLAGGED_MAX = 200;

export interface PrefStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export class PrefStore {
  private value: Prefs;

  /** owner: "{gym}.{role}.{sub}" */
  constructor(private readonly owner: string, private readonly storage?: PrefStorage) {
    this.value = this.load();
  }

  get(): Readonly<Prefs> {
    return this.value;
  }

  set(change: Partial<Prefs>): void {
    this.value = {...this.value, ...change};
    this.value.flagged = this.value.flagged.slice(-FLAGGED_MAX);
    try {
      this.storage?.setItem(this.key, JSON.stringify(this.value));
    } catch {
      // storage is full or forbidden: the choice lasts as long as the page
    }
  }

  flag(room: string, on: boolean): void {
    const others = this.value.flagged.filter((it) => it !== room);
    if (on || others.length !== this.value.flagged.length) this.set({flagged: on ? [...others, room] : others});
  }

  wipe(): void {
    this.value = {...STANDARD};
    try {
      this.storage?.removeItem(this.key);
    } catch {
      // nothing was kept
    }
  }

  private get key(): string {
    return `gymchat-desk.${this.owner}`;
  }

  private load(): Prefs {
    try {
      const kept = JSON.parse(this.storage?.getItem(this.key) ?? '{}') as Partial<Prefs>;
      return {
        shortcuts: kept.shortcuts !== false,
        sound: kept.sound !== false,
        notify: kept.notify === true,
        flagged: Array.isArray(kept.flagged) ? kept.flagged.filter((it) => typeof it === 'string') : [],
      };
    } catch {
      return {...STANDARD};
    }
  }
}

/** Storage that may be forbidden altogether: then none. */
export function storageOf(kind: 'localStorage' | 'sessionStorage'): Storage | undefined {
  try {
    return globalThis[kind];
  } catch {
    return undefined;
  }
}
