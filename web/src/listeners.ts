/* listeners.ts - a list of callbacks; one that throws does not keep the others from being told. */

export class Listeners<T> {
  private readonly all = new Set<(value: T) => void>();

  /** Returns the way to stop listening. */
  add(listener: (value: T) => void): () => void {
    this.all.add(listener);
    return () => this.all.delete(listener);
  }

  tell(value: T): void {
    for (const listener of [...this.all]) {
      try {
        listener(value);
      } catch (error) {
        reportError(error);
      }
    }
  }
}

/** To the page's own error handling, without stopping what we are doing. */
function reportError(error: unknown): void {
  const report = (globalThis as {reportError?: (e: unknown) => void}).reportError;
  if (report) report(error);
  else console.error(error);
}
