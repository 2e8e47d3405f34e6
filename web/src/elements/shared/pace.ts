/* pace.ts - at most one rendering a frame: a burst of a thousand messages is a few dozen renderings, not a thousand. The
 * first one is at once. What follows it waits for a frame that begins after it has ended: on a slow device a rendering
 * takes longer than a frame, and one after the other would be a single long task. */

const FRAME_MS = 32;
const HIDDEN_MS = 250; // no frames come in a tab that nobody sees

export class Pace {
  private resting: Promise<void> | undefined; // until the frame after the last rendering

  /** Waits for its turn; undefined: go on at once. */
  turn(): Promise<void> | undefined {
    const {resting} = this;
    if (resting) return resting.then(() => this.rest());
    this.rest();
    return undefined;
  }

  private rest(): void {
    const mine = nextFrame().then(() => {
      if (this.resting === mine) this.resting = undefined;
    });
    this.resting = mine;
  }
}

/** A frame at least FRAME_MS from now. */
async function nextFrame(): Promise<void> {
  const from = performance.now();
  do await frame();
  while (performance.now() - from < FRAME_MS);
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
