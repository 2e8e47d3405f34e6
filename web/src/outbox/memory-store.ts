/* memory-store.ts - where there is no storage (private mode, or full): lasts as long as the page. */
import type {OutboxEntry, OutboxStore} from './entry.js';

export class MemoryStore implements OutboxStore {
  private readonly entries = new Map<string, OutboxEntry>();

  async all(): Promise<OutboxEntry[]> {
    return [...this.entries.values()];
  }
  async put(entry: OutboxEntry): Promise<void> {
    this.entries.set(entry.id, entry);
  }
  async remove(ids: string[]): Promise<void> {
    for (const id of ids) this.entries.delete(id);
  }
  async destroy(): Promise<void> {
    this.entries.clear();
  }
  abandon(): void {
    this.entries.clear();
  }
}
