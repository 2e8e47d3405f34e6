/* accent.ts - a gym's colour, moved just as far as it takes to be read: 4.5:1 for text on it, and for it as text on
 * the light and the dark background. Pure. */

export interface Accent {
  fill: string; // behind text
  on: string; // that text
  light: string; // as text or line on the light theme
  dark: string; // as text or line on the dark theme
}

type Rgb = [number, number, number];

const WHITE: Rgb = [255, 255, 255];
const INK: Rgb = [17, 20, 24];
const LIGHT_GROUND: Rgb = [236, 239, 242]; // the darkest ground of the light theme
const DARK_GROUND: Rgb = [38, 44, 51]; // the lightest ground of the dark theme
const BRIGHT = 0.4; // above this luminance dark text suits better than a darker fill

/** "#rgb", "#rrggbb" or "rgb(r, g, b)"; undefined for anything else. */
export function parseColor(text: string): Rgb | undefined {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text.trim())?.[1];
  if (hex) {
    const full = hex.length === 3 ? [...hex].map((c) => c + c).join('') : hex;
    return [0, 2, 4].map((i) => parseInt(full.slice(i, i + 2), 16)) as Rgb;
  }
  const rgb = /^rgb\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)\s*\)$/i.exec(text.trim());
  return rgb ? ([Number(rgb[1]), Number(rgb[2]), Number(rgb[3])] as Rgb) : undefined;
}

function luminance(color: Rgb): number {
  const [r, g, b] = color.map((v) => {
    const c = Math.min(255, v) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a: Rgb, b: Rgb): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** The corrected colours, or undefined where the text is no colour (the defaults stay). */
export function accentOf(text: string, enough = 4.5): Accent | undefined {
  const color = parseColor(text);
  if (!color) return undefined;
  const bright = contrast(color, WHITE) < enough && luminance(color) > BRIGHT;
  const on = bright ? INK : WHITE;
  return {
    fill: hexOf(toward(color, bright ? WHITE : INK, on, enough)),
    on: hexOf(on),
    light: hexOf(toward(color, INK, LIGHT_GROUND, enough)),
    dark: hexOf(toward(color, WHITE, DARK_GROUND, enough)),
  };
}

/** Mixes in `end` until the contrast to `against` is enough. */
function toward(color: Rgb, end: Rgb, against: Rgb, enough: number): Rgb {
  for (let share = 0; share <= 1; share += 0.02) {
    const mixed = color.map((v, i) => Math.round(v + (end[i]! - v) * share)) as Rgb;
    if (contrast(mixed, against) >= enough) return mixed;
  }
  return end;
}

function hexOf(color: Rgb): string {
  return `#${color.map((v) => v.toString(16).padStart(2, '0')).join('')}`;
}
