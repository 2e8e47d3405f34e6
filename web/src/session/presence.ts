/* presence.ts - who is online: a person is, while any of their connections has been heard for 150 s. Pure. */

const HEARD_FOR_MS = 150000; // more than two births: a page in the background may be slowed to one in two minutes
const SNAPSHOT = '(api)'; // stands among a person's connections until one of them is heard

interface Person {
  /** connection -> heard at */
  conns: Map<string, number>;
  /** the last time one of their connections said that it left */
  leftAt: number;
}

export class PresenceBoard {
  private readonly people = new Map<string, Person>(); // by role/who

  /** of everybody the API named; role/who -> name */
  readonly names = new Map<string, string>();

  /** First-hand news. */
  apply(role: string, who: string, online: boolean, conn: string, now: number): void {
    const person = this.person(`${role}/${who}`);
    person.conns.delete(SNAPSHOT); // it has done its work
    if (online) {
      person.conns.set(conn, now);
    } else {
      person.conns.delete(conn);
      person.leftAt = now;
    }
  }

  /** The API's list, for whoever came before we listened. Its word counts as one more connection; of somebody whom we
   * heard leave since, it is old news. */
  applySnapshot(people: {role: string; who: string; online?: boolean; last_seen?: string | null; name?: string | null}[], now: number): void {
    for (const {role, who, online, last_seen: lastSeen, name} of people) {
      const key = `${role}/${who}`;
      if (name && name !== who) this.names.set(key, name);
      const seen = Math.min(now, lastSeen ? Date.parse(lastSeen) : now);
      const person = this.person(key);
      if (online && seen > person.leftAt) person.conns.set(SNAPSHOT, Math.max(seen, person.conns.get(SNAPSHOT) ?? 0));
    }
  }

  isOnline(role: string, who: string, now: number): boolean {
    return isHeard(this.people.get(`${role}/${who}`), now);
  }

  /** Is anybody of this role there? */
  anyOnline(role: string, now: number): boolean {
    for (const [key, person] of this.people) if (key.startsWith(`${role}/`) && isHeard(person, now)) return true;
    return false;
  }

  private person(key: string): Person {
    let person = this.people.get(key);
    if (!person) this.people.set(key, (person = {conns: new Map(), leftAt: -Infinity}));
    return person;
  }
}

function isHeard(person: Person | undefined, now: number): boolean {
  if (!person) return false;
  for (const heardAt of person.conns.values()) if (now - heardAt < HEARD_FOR_MS) return true;
  return false;
}
