/* icons.ts - the few pictures, drawn with the text's colour. Always beside words, visible or hidden. */
import {svg} from 'lit';
import type {SVGTemplateResult} from 'lit';
import {html} from 'lit';
import type {TemplateResult} from 'lit';

const paths: Record<string, SVGTemplateResult> = {
  chat: svg`<path d="M4 5.5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-8.5L7 21v-3.5H4a1 1 0 0 1-1-1v-10a1 1 0 0 1 1-1Z"/><path d="M8 10h8M8 13.5h5"/>`,
  send: svg`<path d="M4.5 12 3 4l18 8-18 8 1.5-8Zm0 0H13"/>`,
  close: svg`<path d="m6 6 12 12M18 6 6 18"/>`,
  back: svg`<path d="M15 5l-7 7 7 7"/>`,
  down: svg`<path d="M12 5v14m-6-6 6 6 6-6"/>`,
  minimize: svg`<path d="m6 9 6 6 6-6"/>`,
  alert: svg`<circle cx="12" cy="12" r="9"/><path d="M12 7.5v5.5m0 3.2v.1"/>`,
  offline: svg`<path d="M3 4l18 17M5 12.6a10 10 0 0 1 3.2-2.3M12 9a10 10 0 0 1 7 3.6M8.5 16a5 5 0 0 1 5.4-1.1M12 19.5v.1M2 9a15 15 0 0 1 3.4-2.4M10 5a15 15 0 0 1 12 4"/>`,
  door: svg`<path d="M6 21V4a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v17M3 21h18M14 12v.1"/>`,
  scan: svg`<path d="M4 8V5a1 1 0 0 1 1-1h3m8 0h3a1 1 0 0 1 1 1v3m0 8v3a1 1 0 0 1-1 1h-3m-8 0H5a1 1 0 0 1-1-1v-3"/><path d="M8 8h3v3H8zM13.5 13.5h2.5V16M8 14.5V16h2M14 8h2v2.5"/>`,
  erase: svg`<path d="M9 5h11a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H9l-6-7 6-7Zm3 4.5 5 5m0-5-5 5"/>`,
  check: svg`<path d="m4.5 12.5 5 5L19.5 7"/>`,
  help: svg`<path d="M5 13a7 7 0 0 1 14 0v4a2 2 0 0 1-2 2h-1v-6h3M5 13v4a2 2 0 0 0 2 2h1v-6H5m11 6c0 1.5-1.5 2.5-4 2.5"/>`,
  lock: svg`<rect x="5.5" y="10.5" width="13" height="9.5" rx="2"/><path d="M8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5"/>`,
  person: svg`<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5a7.5 7.5 0 0 1 15 0"/>`,
  reply: svg`<path d="M10 6 4 12l6 6M4 12h9a7 7 0 0 1 7 7"/>`,
  copy: svg`<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5.5 15H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1h9a1 1 0 0 1 1 1v.5"/>`,
  link: svg`<path d="M10 14a4 4 0 0 0 5.7 0l3.1-3.1a4 4 0 0 0-5.7-5.7L12 6.3M14 10a4 4 0 0 0-5.7 0l-3.1 3.1a4 4 0 0 0 5.7 5.7l1.1-1.1"/>`,
  edit: svg`<path d="m14.5 5.5 4 4L8 20H4v-4L14.5 5.5Z"/>`,
  bin: svg`<path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 12.5h9l1-12.5"/>`,
  inbox: svg`<path d="M4 13 6.5 5h11L20 13v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1v-5Zm0 0h5a3 3 0 0 0 6 0h5"/>`,
};

export function icon(name: string): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${paths[name]}</svg>`;
}
