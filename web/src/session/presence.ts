/* presence.ts - who is online: a person is, while any of their connections has been heard for 150 s. Pure. */

const HEARD_FOR_MS = 150000;

export class PresenceBoard {
  private readonly people = new Map<string, Map<string, number>>(); // role/who -> connection -> heard at

  /** of everybody the API named; role/who -> name */
  readonly names = new Map<string, string>();

  apply(role: string, who: string, online: boolean, conn: string, now: number): void {
    const key = `${role}/${who}`;
    const conns = this.people.get(key) ?? new Map<string, number>();
    if (online) conns.set(conn, Math.max(now, conns.get(conn) ?? 0));
    else conns.delete(conn);
    conns.delete(conn === '(api)' ? '' : '(api)'); // first-hand news: the snapshot has done its work
    this.people.set(key, conns);
  }

  /** The API's list, for whoever came before we listened. Its word counts as one more connection. */
  applySnapshot(people: {role: string; who: string; online?: boolean; last_seen?: string | null; name?: string | null}[], now: number): void {
    for (const person of people) {
      if (person.name && person.name !== person.who) this.names.set(`${person.role}/${person.who}`, person.name);
      const seen = person.last_seen ? Date.parse(person.last_seen) : now;
      if (person.online) this.apply(person.role, person.who, true, '(api)', Math.min(seen, now));
    }
  }

  isOnline(role: string, who: string, now: number): boolean {
    const conns = this.people.get(`${role}/${who}`);
    if (!conns) return false;
    for (const heardAt of conns.values()) if (now - heardAt < HEARD_FOR_MS) return true;
    return false;
  }

  /** Is anybody of this role there? */
  anyOnline(role: string, now: number): boolean {
    for (const key of this.people.keys()) {
      const [theirs, who] = key.split('/') as [string, string];
      if (theirs === role && this.isOnline(role, who, now)) return true;
    }
    return false;
  }
}
