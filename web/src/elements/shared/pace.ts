/* pace.ts - at most one rendering a frame: a burst of a thousand messages is a few dozen renderings, not a thousand. The
 * first one is at once. */

const FRAME_MS = 32;
const HIDDEN_MS = 250; // no frames come in a tab that nobody sees

export class Pace {
  private last = -Infinity;

  /** Waits for its turn; undefined: go on at once. */
  turn(): Promise<void> | undefined {
    const now = performance.now();
    if (now - this.last >= FRAME_MS) {
      this.last = now;
      return undefined;
    }
    return frame().then(() => void (this.last = performance.now()));
  }
}

function frame(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, HIDDEN_MS);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
