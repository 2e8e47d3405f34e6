/* presence.ts - who is online: a person is, while any of their connections has been heard for 150 s. Pure. */

const HEARD_FOR_MS = 150000;

export class PresenceBoard {
  private readonly people = new Map<string, Map<string, number>>(); // role/who -> connection -> heard at

  apply(role: string, who: string, online: boolean, conn: string, now: number): void {
    const key = `${role}/${who}`;
    const conns = this.people.get(key) ?? new Map<string, number>();
    if (online) conns.set(conn, now);
    else conns.delete(conn);
    this.people.set(key, conns);
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
