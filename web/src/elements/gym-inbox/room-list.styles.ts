/* room-list.styles.ts - the rows. Every row is as high as any other, so that a long list can be drawn in part. */
import {css} from 'lit';

export const listStyles = css`
  :host {
    position: relative;
    display: flex;
    flex-direction: column;
    min-height: 0;
  }
  .scroll {
    flex: 1;
    min-height: 0;
    overflow-y: auto;
    overscroll-behavior: contain;
    overflow-anchor: none;
    padding: 4px 8px 16px;
  }
  li {
    padding-bottom: 2px;
  }
  .row {
    display: grid;
    grid-template-columns: 44px minmax(0, 1fr);
    column-gap: 12px;
    align-items: center;
    width: 100%;
    height: 5.5em;
    padding: 0 12px;
    border-radius: 12px;
    text-align: left;
    align-content: center;
    overflow: hidden;
  }
  .row:hover {
    background: var(--gc-sunken);
  }
  .row[aria-current='true'] {
    background: var(--gc-bg);
    box-shadow: inset 0 0 0 1px var(--gc-line), inset 4px 0 0 var(--gc-accent-ink);
  }
  .row:focus-visible {
    outline-offset: -3px;
  }
  .row[data-gone] .face {
    filter: grayscale(1);
  }
  .row[data-gone] .name {
    text-decoration: line-through;
    color: var(--gc-muted);
  }
  .row[data-lit] {
    background: var(--gc-lit-bg);
    box-shadow: inset 4px 0 0 var(--gc-lit);
  }
  .row[data-lit][aria-current='true'] {
    box-shadow: inset 0 0 0 1px var(--gc-lit), inset 4px 0 0 var(--gc-lit);
  }
  .body {
    display: grid;
    min-width: 0;
  }
  .line {
    display: flex;
    align-items: center;
    gap: 8px;
    min-width: 0;
    min-height: 1.5em;
  }
  .name {
    flex: 1;
    font-weight: 500;
    line-height: 1.4;
  }
  .row[data-unread] .name {
    font-weight: 700;
  }
  .name,
  .words {
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .when {
    font-size: 0.8125em;
    color: var(--gc-muted);
    font-variant-numeric: tabular-nums;
  }
  .preview {
    font-size: 0.875em;
    line-height: 1.45;
    color: var(--gc-muted);
  }
  .preview > .words {
    flex: 1;
  }
  .preview > .icon,
  .door .icon,
  .fact .icon {
    flex: none;
    width: 1.15em;
    height: 1.15em;
  }
  .row[data-unread] .preview > .words,
  .row[data-lit] .preview > .words {
    color: var(--gc-text);
  }
  .words.draft {
    font-style: italic;
  }
  .door {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    min-width: 0;
    overflow: hidden;
    white-space: nowrap;
    font-weight: 600;
    color: var(--gc-lit);
  }
  .count {
    flex: none;
    min-width: 24px;
    margin-left: auto;
    padding: 0 7px;
    border-radius: 12px;
    background: var(--gc-accent);
    color: var(--gc-on-accent);
    text-align: center;
    font-weight: 700;
    font-size: 13px;
    line-height: 22px;
  }
  .facts {
    flex-wrap: wrap; /* what does not fit is cut as a whole; the least important comes last */
    align-items: start;
    gap: 1em 12px;
    height: 1.5em;
    min-height: 0;
    overflow: hidden;
    font-size: 0.8125em;
    line-height: 1.45;
    color: var(--gc-muted);
    white-space: nowrap;
  }
  .fact {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    min-width: 0;
    max-width: 100%;
  }
  .presence::before {
    content: '';
    width: 8px;
    height: 8px;
    flex: none;
    border-radius: 50%;
    box-shadow: inset 0 0 0 1.5px var(--gc-muted);
  }
  .presence[data-online='yes'] {
    color: var(--gc-ok);
  }
  .presence[data-online='yes']::before {
    background: var(--gc-ok);
    box-shadow: none;
  }
  .waiting {
    flex: none;
    font-weight: 600;
  }
  .seen {
    color: var(--gc-lit);
    font-weight: 600;
  }
  .waiting[data-level='soon'] {
    color: var(--gc-warn);
  }
  .waiting[data-level='long'] {
    color: var(--gc-danger);
  }
  .fact[data-mine] {
    color: var(--gc-accent-ink);
    font-weight: 600;
  }
  .more {
    display: block;
    width: 100%;
    font-size: 0.875em;
    font-weight: 600;
    color: var(--gc-accent-ink);
  }
  @media (forced-colors: active) {
    .row {
      border: 1px solid transparent;
      forced-color-adjust: auto;
    }
    .row[aria-current='true'] {
      border: 3px solid Highlight;
    }
    .row[data-lit] {
      border: 3px double Mark;
    }
    .count {
      border: 1px solid CanvasText;
    }
    .presence::before {
      border: 1px solid CanvasText;
    }
    .presence[data-online='yes']::before {
      background: CanvasText;
      forced-color-adjust: none;
    }
  }
`;
