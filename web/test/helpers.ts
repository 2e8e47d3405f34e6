/* helpers.ts - a clock that tests move, links and stores that tests hold. */
import {webcrypto} from 'node:crypto';
import type {Clock} from '../src/clock.js';
import type {LogNotice, MessagePage, Role, StoredMessage} from '../src/wire.js';

// Node 18 has it behind a flag only
if (!('crypto' in globalThis)) Object.defineProperty(globalThis, 'crypto', {value: webcrypto});

export const T0 = Date.parse('2026-11-22T09:00:00Z');

export class FakeClock implements Clock {
  private time = T0;
  private timers: {at: number; n: number; run: () => void}[] = [];
  private n = 0;
  fraction = 0.5;

  now(): number {
    return this.time;
  }
  random(): number {
    return this.fraction;
  }
  setTimeout(run: () => void, ms: number): unknown {
    const timer = {at: this.time + ms, n: this.n++, run};
    this.timers.push(timer);
    return timer;
  }
  clearTimeout(timer: unknown): void {
    this.timers = this.timers.filter((t) => t !== timer);
  }

  /** Moves time, runs what is due in order, and lets promises settle in between. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    await settle();
    for (;;) {
      const next = this.timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at || a.n - b.n)[0];
      if (!next) break;
      this.time = Math.max(this.time, next.at);
      this.clearTimeout(next);
      next.run();
      await settle();
    }
    this.time = end;
    await settle();
  }

  /** The machine slept: time is gone, timers come late. */
  sleep(ms: number): void {
    this.time += ms;
  }
}

export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
}

export function uuid(n: number): string {
  return `018f0000-0000-7000-8000-${String(n).padStart(12, '0')}`;
}

export function at(seconds: number): string {
  return new Date(T0 + seconds * 1000).toISOString();
}

export function stored(seq: number, more: Partial<StoredMessage> = {}): StoredMessage {
  return {
    id: uuid(seq), seq, role: 'client', sender: 'ana', kind: 'text', text: `m${seq}`,
    sent_at: at(seq), stored_at: at(seq), ...more,
  };
}

export function page(messages: StoredMessage[], more: Partial<MessagePage> = {}): MessagePage {
  return {messages, marks: [], last_seq: messages[messages.length - 1]?.seq ?? 0, ...more};
}

export function notice(more: Partial<LogNotice>): LogNotice {
  return {stored: [], rejected: [], marks: [], ...more};
}

export function note(seq: number, role: Role = 'client', sender = 'ana'): LogNotice['stored'][number] {
  return {id: uuid(seq), seq, role, sender, stored_at: at(seq)};
}
