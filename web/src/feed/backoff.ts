/* backoff.ts - full jitter: any time between the floor and a ceiling that doubles, so that a thousand pages that lost
 * the same broker do not come back in the same second. */

export const RETRY_MIN_MS = 1000;
export const RETRY_MAX_MS = 30000;

/** Milliseconds before attempt number `failures` + 1; random in [0, 1). */
export function retryDelay(failures: number, random: number): number {
  const ceiling = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(failures, 10));
  return Math.round(RETRY_MIN_MS + random * (ceiling - RETRY_MIN_MS));
}
