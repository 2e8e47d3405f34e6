/* list-region.styles.ts - the desk's list but for its rows: search, tabs, what has changed, who is at the door, messages that were found. */
import {css} from 'lit';

export const listRegionStyles = css`
  .list {
    grid-area: list;
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
    background: var(--gc-surface);
    border-right: 1px solid var(--gc-line);
  }
  :host([layout='narrow']) .list {
    border-right: 0;
  }
  #list-title {
    padding: 18px 20px 8px;
    font-size: 22px;
    font-weight: 700;
    line-height: 1.25;
    letter-spacing: -0.01em;
  }
  :host(:not([layout='wide'])) #list-title {
    padding-top: 12px;
    font-size: 19px;
  }
  #list-title:focus-visible {
    outline-offset: -4px;
  }
  .search {
    position: relative;
    display: flex;
    align-items: center;
    margin: 4px 16px 8px;
  }
  .search > .icon {
    position: absolute;
    left: 12px;
    width: 20px;
    height: 20px;
    color: var(--gc-muted);
    pointer-events: none;
  }
  .search input {
    width: 100%;
    min-height: 44px;
    padding: 0 44px 0 42px;
    border: 1px solid var(--gc-field);
    border-radius: 12px;
    background: var(--gc-bg);
    font-size: 16px;
    appearance: none;
  }
  .search input::placeholder {
    color: var(--gc-muted);
    opacity: 1;
  }
  .search input::-webkit-search-cancel-button {
    display: none;
  }
  .search kbd {
    position: absolute;
    right: 12px;
    pointer-events: none;
  }
  @media (hover: none) {
    .search kbd {
      display: none;
    }
  }
  .search button {
    position: absolute;
    right: 0;
    display: grid;
    place-items: center;
    padding: 0;
    color: var(--gc-muted);
  }
  .tabs {
    display: flex;
    flex: none;
    gap: 2px;
    padding: 0 8px;
    border-bottom: 1px solid var(--gc-line);
  }
  .tabs button {
    flex: 1 1 auto;
    display: flex;
    align-items: center;
    justify-content: center;
    gap: 5px;
    padding: 0 2px;
    border-radius: 10px 10px 0 0;
    font-size: 14px;
    font-weight: 600;
    line-height: 1.2;
    color: var(--gc-muted);
  }
  .tabs button:hover {
    color: var(--gc-text);
  }
  .tabs button[aria-selected='true'] {
    color: var(--gc-accent-ink);
    box-shadow: inset 0 -3px 0 var(--gc-accent-ink);
  }
  .tabs button:focus-visible {
    outline-offset: -3px;
  }
  .tabs .n {
    min-width: 24px;
    padding: 0 5px;
    border-radius: 11px;
    background: var(--gc-sunken);
    color: var(--gc-muted);
    font-size: 13px;
    line-height: 22px;
    font-variant-numeric: tabular-nums;
    text-align: center;
  }
  .tabs [aria-selected='true'] .n {
    background: color-mix(in srgb, var(--gc-accent-ink) 14%, var(--gc-surface));
    color: var(--gc-text);
  }
  .summary {
    display: flex;
    align-items: center;
    flex-wrap: wrap;
    gap: 4px 8px;
    margin: 10px 12px 2px;
    padding: 8px 8px 8px 16px;
    border-radius: 12px;
    background: var(--gc-bg);
    box-shadow: inset 0 0 0 1.5px var(--gc-accent-ink);
    font-size: 14px;
    line-height: 1.35;
  }
  .summary[data-quiet] {
    box-shadow: inset 0 0 0 1px var(--gc-line);
  }
  .summary .words {
    flex: 1 1 180px;
    display: grid;
    padding: 4px 0;
  }
  .summary .words span {
    color: var(--gc-muted);
  }
  .summary button {
    display: flex;
    align-items: center;
    gap: 6px;
    margin-left: -12px;
    font-weight: 600;
    color: var(--gc-accent-ink);
  }
  .summary .icon {
    width: 18px;
    height: 18px;
  }
  .doorstep {
    display: grid;
    gap: 6px;
    margin: 10px 12px 2px;
  }
  .guest {
    display: flex;
    align-items: center;
    gap: 10px;
    padding: 6px 6px 6px 14px;
    border-radius: 12px;
    background: var(--gc-lit-bg);
    color: var(--gc-lit);
    font-size: 14px;
    line-height: 1.35;
  }
  .guest .words {
    flex: 1;
    min-width: 0;
    display: grid;
  }
  .guest .words span {
    color: var(--gc-text);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .guest .icon {
    width: 22px;
    height: 22px;
  }
  .guest button {
    font-weight: 700;
    text-decoration: underline;
    text-underline-offset: 3px;
  }
  .panel {
    flex: 1;
    display: flex;
    flex-direction: column;
    min-height: 0;
  }
  .panel:focus-visible {
    outline-offset: -4px;
  }
  room-list {
    flex: 1;
  }
  .hits {
    padding: 12px 12px 0;
  }
  .hits h3 {
    padding: 8px 4px;
    font-size: 14px;
    font-weight: 600;
    color: var(--gc-muted);
  }
  .hits p {
    padding: 4px;
    font-size: 14px;
    color: var(--gc-muted);
  }
  .hits button {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 0 12px;
    width: 100%;
    padding: 8px 12px;
    text-align: left;
    font-size: 14px;
    line-height: 1.4;
  }
  .hits button:hover {
    background: var(--gc-sunken);
  }
  .hits .name {
    font-weight: 600;
  }
  .hits .when {
    font-size: 13px;
    color: var(--gc-muted);
  }
  .hits .words {
    grid-column: 1 / -1;
    color: var(--gc-muted);
    display: -webkit-box;
    -webkit-line-clamp: 2;
    -webkit-box-orient: vertical;
    overflow: hidden;
  }
  mark {
    background: none;
    color: var(--gc-text);
    font-weight: 700;
    text-decoration: underline;
    text-decoration-color: var(--gc-accent-ink);
    text-underline-offset: 3px;
  }
  @media (forced-colors: active) {
    .tabs button[aria-selected='true'] {
      border: 3px solid Highlight;
    }
    .summary,
    .guest,
    .tabs .n {
      border: 1px solid CanvasText;
    }
  }
`;
