/* stay-awake.ts - keeps the screen on while the page is visible; the browser takes the lock back when it is hidden. */

export class StayAwake {
  private lock: WakeLockSentinel | undefined;
  private running = false;

  start(): void {
    this.running = true;
    document.addEventListener('visibilitychange', this.ask);
    void this.ask();
  }

  stop(): void {
    this.running = false;
    document.removeEventListener('visibilitychange', this.ask);
    void this.lock?.release().catch(() => {});
    this.lock = undefined;
  }

  private ask = async (): Promise<void> => {
    if (document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
    const lock = await navigator.wakeLock.request('screen').catch(() => undefined); // battery saver, or http
    if (this.running) this.lock = lock;
    else void lock?.release().catch(() => {});
  };
}
