/* touch.ts - what a composer does otherwise where people write with their fingers. */

/** Enter breaks the line there: a screen's keyboard has no Shift+Enter. */
export function isTouch(): boolean {
  return matchMedia('(hover: none) and (pointer: coarse)').matches;
}

/** For mousedown on what stands beside a field: the keyboard of a phone stays open after a tap. */
export function keepKeyboard(event: MouseEvent): void {
  event.preventDefault();
}
