/* sounds.ts - a short tune beside the words, never instead of them. Made by the browser: nothing is loaded. */
import type {Verdict} from './kiosk-state.js';

type Note = readonly [hz: number, atMs: number, ms: number];

const GOOD: readonly Note[] = [[660, 0, 120], [880, 110, 180]];
const LOW: readonly Note[] = [[330, 0, 160], [330, 220, 160]];
const CALL: readonly Note[] = [[523, 0, 120], [659, 110, 120], [784, 220, 200]];
const LOUDNESS = 0.16;

/** Which tune goes with what is shown. */
export function tuneOf(shown: Verdict | 'answer'): readonly Note[] {
  switch (shown) {
    case 'welcome':
    case 'done':
    case 'kept':
    case 'offline':
      return GOOD;
    case 'answer':
      return CALL;
    default:
      return LOW;
  }
}

export class Sounds {
  private context: AudioContext | undefined;

  play(tune: readonly Note[]): void {
    try {
      this.context ??= new AudioContext();
      const {context} = this;
      if (context.state === 'suspended') void context.resume().catch(() => {}); // before the first touch
      for (const [hz, atMs, ms] of tune) this.note(context, hz, context.currentTime + atMs / 1000, ms / 1000);
    } catch {
      // no loudspeaker: the words are there
    }
  }

  close(): void {
    void this.context?.close().catch(() => {});
    this.context = undefined;
  }

  private note(context: AudioContext, hz: number, start: number, length: number): void {
    const tone = new OscillatorNode(context, {type: 'triangle', frequency: hz});
    const volume = new GainNode(context, {gain: 0});
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(LOUDNESS, start + 0.01);
    volume.gain.exponentialRampToValueAtTime(0.001, start + length);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + length);
  }
}
