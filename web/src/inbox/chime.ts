/* chime.ts - two soft notes, made on the spot: no file to load, nothing for the content policy to allow. Browsers let a
 * page sound only after somebody has touched it; before that it stays silent. */

const NOTES = [[659.25, 0], [880, 0.13]] as const; // hertz, start in seconds
const LOUD = 0.12;
const LENGTH_SEC = 0.5;

export class Chime {
  private context: AudioContext | undefined;

  /** A person touched the page: from now on it may sound. */
  unlock = (): void => {
    if (typeof AudioContext === 'undefined') return;
    this.context ??= new AudioContext();
    if (this.context.state === 'suspended') void this.context.resume().catch(() => {});
  };

  play(): void {
    const {context} = this;
    if (!context || context.state !== 'running') return;
    for (const [hertz, start] of NOTES) {
      const at = context.currentTime + start;
      const tone = context.createOscillator();
      const loudness = context.createGain();
      tone.type = 'sine';
      tone.frequency.value = hertz;
      loudness.gain.setValueAtTime(0, at);
      loudness.gain.linearRampToValueAtTime(LOUD, at + 0.02);
      loudness.gain.exponentialRampToValueAtTime(0.0001, at + LENGTH_SEC);
      tone.connect(loudness).connect(context.destination);
      tone.start(at);
      tone.stop(at + LENGTH_SEC);
    }
  }

  close(): void {
    void this.context?.close().catch(() => {});
    this.context = undefined;
  }
}
