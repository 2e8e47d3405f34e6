/* fold.ts - letters as people look for them: "Peña" is found by "pena". Pure. */

export function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
