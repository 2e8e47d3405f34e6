// random.js - one seeded generator (mulberry32): the same seed gives the same round, on every machine.

export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  /** 0 <= x < 1 */
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number, from <= n <= to. */
  int(from, to) {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(probability) {
    return this.next() < probability;
  }

  pick(list) {
    return list[this.int(0, list.length - 1)];
  }

  /** Lower-case version 4 UUID. */
  uuid() {
    const hex = Array.from({length: 32}, () => this.int(0, 15).toString(16));
    hex[12] = '4';
    hex[16] = this.pick(['8', '9', 'a', 'b']);
    const s = hex.join('');
    return `${s.slice(0, 8)}-${s.slice(8, 12)}-${s.slice(12, 16)}-${s.slice(16, 20)}-${s.slice(20)}`;
  }

  /** A generator of its own, so that one part's draws do not move another's. */
  fork() {
    return new Random(this.int(0, 0xffffffff));
  }
}
