/* ticks.ts - the state of what our side wrote: picture and words (DESIGN: each state names its witness). */
import {css, html, svg} from 'lit';
import type {SVGTemplateResult, TemplateResult} from 'lit';
import type {Format} from '../../format.js';
import type {Say, TextKey} from '../../text.js';
import type {Item, MessageState} from '../../thread/items.js';

export const tickStyles = css`
  .tick {
    display: inline-block;
    width: 20px;
    height: 14px;
    flex: none;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.8;
    stroke-linecap: round;
    stroke-linejoin: round;
    vertical-align: -2px;
  }
  .tick .disc {
    fill: currentColor;
    stroke: none;
  }
  .tick .knock {
    stroke: var(--gc-bg);
    stroke-width: 1.5;
  }
  .tick .edge {
    stroke: var(--gc-bg);
    stroke-width: 1.2;
  }
`;

const pictures: Record<MessageState, SVGTemplateResult> = {
  queued: svg`<circle cx="10" cy="7" r="5.6"/><path d="M10 3.8V7l2.2 1.6"/>`,
  stored: svg`<path d="m4.5 7.2 3.6 3.6 7.4-7.6"/>`,
  delivered: svg`<path d="m1.5 7.2 3.6 3.6 7.4-7.6M9.6 10.2l.6.6 7.4-7.6"/>`,
  read: svg`<circle class="disc" cx="6.8" cy="7" r="6"/><path class="knock" d="m4.2 7.2 1.9 1.9 3.5-3.9"/>
    <circle class="disc edge" cx="13.2" cy="7" r="6"/><path class="knock" d="m10.6 7.2 1.9 1.9 3.5-3.9"/>`,
  rejected: svg`<circle cx="10" cy="7" r="5.8"/><path d="M10 3.8v4m0 2.3v.1"/>`,
};

function stateWords(item: Item, say: Say, format: Format): string {
  if (item.state === 'read' && item.readAt) return say('state.readAt', {time: format.time(item.readAt)});
  return item.state ? say(`state.${item.state}` as TextKey) : '';
}

/** Picture and words; quiet: the words for screen readers only, where the next line shows the same. */
export function tick(item: Item, say: Say, format: Format, quiet = false): TemplateResult {
  const words = stateWords(item, say, format);
  return html`<svg class="tick" viewBox="0 0 20 14" aria-hidden="true" data-tick=${item.state!}>${pictures[item.state!]}</svg
    ><span class=${quiet ? 'hidden' : 'words'}>${words}</span>`;
}
