/* desk-icons.ts - the desk's own pictures, in the manner of shared/icons.ts. */
import {html, svg} from 'lit';
import type {SVGTemplateResult, TemplateResult} from 'lit';

const paths: Record<string, SVGTemplateResult> = {
  search: svg`<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>`,
  clock: svg`<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5.2l3.4 2"/>`,
  done: svg`<circle cx="12" cy="12" r="8.5"/><path d="m8.2 12.3 2.6 2.6 5-5.2"/>`,
  reopen: svg`<path d="M5 12a7 7 0 1 0 2.2-5.1L4.5 9.4M4.5 4.5v4.9h4.9"/>`,
  assign: svg`<circle cx="10" cy="8" r="3.6"/><path d="M3.5 19.5a6.5 6.5 0 0 1 11-4.7M18 13.5v6m-3-3h6"/>`,
  card: svg`<rect x="3.5" y="5" width="17" height="14" rx="2"/><circle cx="9" cy="11" r="2"/><path d="M5.8 16.4a3.4 3.4 0 0 1 6.4 0M14.5 10h3m-3 4h3"/>`,
  lock: svg`<rect x="5.5" y="10.5" width="13" height="9.5" rx="2"/><path d="M8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5"/>`,
  eye: svg`<path d="M2.5 12S6 5.8 12 5.8 21.5 12 21.5 12 18 18.2 12 18.2 2.5 12 2.5 12Z"/><circle cx="12" cy="12" r="2.8"/>`,
  pen: svg`<path d="m4.5 19.5 1-4L16 5l3 3L8.5 18.5l-4 1Z"/>`,
  gear: svg`<circle cx="12" cy="12" r="3"/><path d="M12 3.5v2.3m0 12.4v2.3M20.5 12h-2.3M5.8 12H3.5m14.5-6-1.6 1.6M7.6 16.4 6 18m12 0-1.6-1.6M7.6 7.6 6 6"/>`,
  keyboard: svg`<rect x="2.5" y="6" width="19" height="12" rx="2"/><path d="M6.5 10h.1m3.6 0h.1m3.6 0h.1m3.5 0h.1M7.5 14h9"/>`,
  template: svg`<path d="M13 3.5 8.5 13H14l-3 7.5M18 6.5h3m-2 5h2m-3.5 5H21M3 6.5h4M3 11.5h3m-3 5h4"/>`,
  slash: svg`<rect x="3.5" y="3.5" width="17" height="17" rx="4"/><path d="m14.5 7.5-5 9"/>`,
  trash: svg`<path d="M4.5 7h15M9.5 7V4.5h5V7m3 0-.8 12a1 1 0 0 1-1 1H8.3a1 1 0 0 1-1-1L6.5 7M10 11v5m4-5v5"/>`,
  plus: svg`<path d="M12 5v14M5 12h14"/>`,
  chevron: svg`<path d="m6.5 9.5 5.5 5.5 5.5-5.5"/>`,
  unread: svg`<path d="M20.5 11v6.5a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1v-11a1 1 0 0 1 1-1H13M3.8 7l8.2 6 4-2.9"/><circle cx="19" cy="6" r="2.6" fill="currentColor" stroke="none"/>`,
  refresh: svg`<path d="M19.5 12a7.5 7.5 0 1 1-2.3-5.4l2.3 2.2M19.5 4v4.8h-4.8"/>`,
};

export function deskIcon(name: keyof typeof paths): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${paths[name]}</svg>`;
}
