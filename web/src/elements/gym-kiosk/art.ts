/* art.ts - the picture beside "hold your QR code to the reader": a phone that shows a code, seen by a reader. Drawn here,
 * in the gym's colours; not a code that anything could read. */
import {html, svg} from 'lit';
import type {SVGTemplateResult, TemplateResult} from 'lit';

const MODULE = 8;
// the code's dots between its three corners, in modules
const DOTS = [
  [6, 0], [6, 2], [7, 3], [5, 4], [6, 5], [0, 6], [2, 6], [3, 5], [4, 7], [6, 7], [8, 6], [10, 6], [11, 5], [9, 7],
  [8, 8], [10, 8], [12, 8], [6, 9], [8, 10], [11, 10], [7, 11], [9, 12], [12, 11], [6, 12], [11, 12], [12, 6],
].map(([x, y]) => [x! * MODULE, y! * MODULE] as const);

const corner = (x: number, y: number): SVGTemplateResult => svg`
  <rect x=${x + 3.5} y=${y + 3.5} width="33" height="33" rx="7" fill="none" stroke="var(--ink)" stroke-width="7"/>
  <rect x=${x + 13} y=${y + 13} width="14" height="14" rx="3" fill="var(--ink)"/>`;

export function scanArt(): TemplateResult {
  return html`<svg class="scan" viewBox="0 0 240 240" aria-hidden="true" focusable="false">${svg`
    <g fill="none" stroke="var(--paper)" stroke-width="8" stroke-linecap="round" stroke-linejoin="round">
      <path d="M8 48V28a20 20 0 0 1 20-20h20M192 8h20a20 20 0 0 1 20 20v20M232 192v20a20 20 0 0 1-20 20h-20M48 232H28a20 20 0 0 1-20-20v-20"/>
    </g>
    <rect x="40" y="40" width="160" height="160" rx="24" fill="var(--paper)"/>
    <g transform="translate(68 68)">
      ${corner(0, 0)}${corner(64, 0)}${corner(0, 64)}
      ${DOTS.map(([x, y]) => svg`<rect x=${x} y=${y} width="7" height="7" rx="2" fill="var(--ink)"/>`)}
    </g>`}</svg>`;
}
