/* alerts.ts - what calls a person to the desk: a sound at most once a minute, a notification while the page is hidden.
 * Never for what is being looked at. Pure but for the time that is passed in. */

const SOUND_EVERY_MS = 60000;

export interface AlertFacts {
  now: number;
  /** the page is in front of nobody */
  hidden: boolean;
  /** this room is open in a page that has the focus */
  watched: boolean;
  sound: boolean;
  notify: boolean;
}

export class AlertPolicy {
  private soundAt = -Infinity;

  /** Something came that waits for the desk. */
  decide({now, hidden, watched, sound, notify}: AlertFacts): {sound: boolean; notify: boolean} {
    if (watched && !hidden) return {sound: false, notify: false};
    const sounds = sound && now - this.soundAt >= SOUND_EVERY_MS;
    if (sounds) this.soundAt = now;
    return {sound: sounds, notify: notify && hidden};
  }
}
