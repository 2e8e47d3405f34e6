/* gym-inbox.styles.ts - list and thread side by side; one of them below 800 px. */
import {css} from 'lit';

export const inboxStyles = css`
  :host {
    display: grid;
    grid-template: auto minmax(0, 1fr) / minmax(280px, 360px) minmax(0, 1fr);
    height: 100%;
    min-height: 0;
    overflow: hidden;
  }
  .top {
    grid-column: 1 / -1;
    display: flex;
    align-items: center;
    gap: 12px;
    padding: 8px 16px;
    min-height: 64px;
    border-bottom: 1px solid var(--gc-line);
    background: var(--gc-bg);
  }
  .logo {
    display: grid;
    place-items: center;
    width: 40px;
    height: 40px;
    border-radius: 12px;
    background: var(--gc-accent);
    color: var(--gc-on-accent);
  }
  h1 {
    font-size: 18px;
    font-weight: 700;
  }
  .me {
    margin-left: auto;
    display: flex;
    align-items: center;
    gap: 8px;
    font-size: 14px;
    color: var(--gc-muted);
  }
  nav {
    display: flex;
    flex-direction: column;
    min-height: 0;
    border-right: 1px solid var(--gc-line);
    background: var(--gc-surface);
  }
  nav > h2 {
    padding: 16px 16px 8px;
    font-size: 14px;
    font-weight: 600;
    color: var(--gc-muted);
  }
  .rows {
    flex: 1;
    overflow-y: auto;
    overscroll-behavior: contain;
    padding: 0 8px 16px;
  }
  .row {
    display: grid;
    grid-template-columns: 44px minmax(0, 1fr) auto;
    column-gap: 12px;
    align-items: center;
    width: 100%;
    margin-bottom: 2px;
    padding: 10px 12px;
    border-radius: 12px;
    text-align: left;
  }
  .row:hover {
    background: var(--gc-sunken);
  }
  .row[aria-current='true'] {
    position: relative;
    background: var(--gc-bg);
    box-shadow: inset 0 0 0 1px var(--gc-line);
  }
  .row[aria-current='true']::before {
    content: '';
    position: absolute;
    inset: 12px auto 12px 0;
    width: 4px;
    border-radius: 2px;
    background: var(--gc-accent-ink);
  }
  .face {
    position: relative;
    grid-row: 1 / 3;
    align-self: start;
    display: grid;
    place-items: center;
    width: 44px;
    height: 44px;
    border-radius: 50%;
    background: var(--gc-sunken);
    color: var(--gc-muted);
    font-weight: 700;
  }
  .row:hover .face,
  .row[aria-current='true'] .face {
    background: var(--gc-line);
  }
  .face .on {
    position: absolute;
    right: 0;
    bottom: 0;
    width: 14px;
    height: 14px;
    border: 3px solid var(--gc-surface);
    border-radius: 50%;
    background: var(--gc-ok);
  }
  .name {
    font-weight: 600;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .row[data-unread] .name {
    font-weight: 700;
  }
  .when {
    font-size: 13px;
    color: var(--gc-muted);
    font-variant-numeric: tabular-nums;
  }
  .preview {
    display: flex;
    align-items: center;
    gap: 6px;
    font-size: 14px;
    color: var(--gc-muted);
    min-width: 0;
  }
  .preview span {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .preview .icon {
    width: 16px;
    height: 16px;
    color: var(--gc-accent-ink);
  }
  .row[data-unread] .preview {
    color: var(--gc-text);
  }
  .when,
  .count {
    justify-self: end;
  }
  .waiting {
    grid-column: 2 / -1;
    font-size: 13px;
    color: var(--gc-warn);
  }
  .count {
    min-width: 24px;
    padding: 2px 7px;
    border-radius: 12px;
    background: var(--gc-accent);
    color: var(--gc-on-accent);
    text-align: center;
    font-weight: 700;
    font-size: 13px;
    line-height: 20px;
  }
  main {
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
  }
  .head {
    display: flex;
    align-items: center;
    gap: 12px;
    min-height: 64px;
    padding: 8px 16px;
    border-bottom: 1px solid var(--gc-line);
  }
  .head h2 {
    font-size: 17px;
    font-weight: 700;
    line-height: 1.3;
  }
  .head p {
    font-size: 14px;
    color: var(--gc-muted);
  }
  .head .back {
    display: none;
    padding: 0;
    margin-left: -12px;
  }
  .back .icon {
    margin: auto;
  }
  message-list {
    flex: 1;
  }
  .blank {
    flex: 1;
    display: grid;
    place-content: center;
    justify-items: center;
    gap: 4px;
    padding: 32px;
    text-align: center;
    color: var(--gc-muted);
  }
  .blank .icon {
    width: 48px;
    height: 48px;
    stroke-width: 1.5;
    margin-bottom: 8px;
  }
  .blank b {
    font-size: 18px;
    color: var(--gc-text);
  }
  .bones {
    height: 64px;
    margin-bottom: 8px;
    border-radius: 12px;
    background: var(--gc-sunken);
    animation: breathe 1.4s infinite ease-in-out;
  }
  @keyframes breathe {
    50% { opacity: 0.5; }
  }
  @media (max-width: 799px) {
    :host {
      grid-template-columns: minmax(0, 1fr);
    }
    nav {
      border-right: 0;
    }
    :host([room]) nav,
    :host(:not([room])) main {
      display: none;
    }
    .head .back {
      display: block;
    }
  }
`;
