/* full-screen.ts - on a phone the chat is the screen: as high as what the keyboard leaves, closed by the back button,
 * and the keyboard (a real one) stays inside. */
import type {ReactiveController, ReactiveControllerHost} from 'lit';

const FULL_SCREEN = '(max-width: 600px), (max-height: 480px)';
const MARK = 'gymchat'; // in history.state: going back from here closes the chat

type Host = ReactiveControllerHost & HTMLElement & {shown: boolean; inline: boolean};

export class FullScreen implements ReactiveController {
  private readonly small = matchMedia(FULL_SCREEN);
  private wasShown: boolean | undefined;

  constructor(private readonly host: Host, private readonly close: () => void) {
    host.addController(this);
  }

  get isFull(): boolean {
    return this.small.matches && !this.host.inline;
  }

  hostConnected(): void {
    this.small.addEventListener('change', this.changed);
    visualViewport?.addEventListener('resize', this.fit);
    visualViewport?.addEventListener('scroll', this.fit);
    addEventListener('popstate', this.wentBack);
    this.fit();
  }

  hostDisconnected(): void {
    this.small.removeEventListener('change', this.changed);
    visualViewport?.removeEventListener('resize', this.fit);
    visualViewport?.removeEventListener('scroll', this.fit);
    removeEventListener('popstate', this.wentBack);
  }

  /** A step of history for the opened chat. Not for one that the page opened itself, at its start. */
  hostUpdated(): void {
    const {shown} = this.host;
    if (shown === this.wasShown) return;
    const isFirst = this.wasShown === undefined && !navigator.userActivation?.isActive;
    this.wasShown = shown;
    if (shown && this.isFull && !isFirst && !this.isMarked) history.pushState({...this.state, [MARK]: true}, '');
    else if (!shown && this.isMarked) history.back();
  }

  private get state(): Record<string, unknown> {
    const state: unknown = history.state;
    return typeof state === 'object' && state !== null ? (state as Record<string, unknown>) : {};
  }

  private get isMarked(): boolean {
    return this.state[MARK] === true;
  }

  private wentBack = (): void => {
    if (this.host.shown && this.isFull && !this.isMarked) this.close();
  };

  private changed = (): void => this.host.requestUpdate();

  /** A phone's keyboard makes the visible part smaller than 100dvh, and may push it. */
  private fit = (): void => {
    if (!visualViewport) return;
    this.host.style.setProperty('--gc-viewport', `${visualViewport.height}px`);
    this.host.style.setProperty('--gc-viewport-top', `${visualViewport.offsetTop}px`);
  };
}
