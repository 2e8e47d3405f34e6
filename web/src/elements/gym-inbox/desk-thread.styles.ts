/* desk-thread.styles.ts - head, list, composer, one above the other. */
import {css} from 'lit';

export const threadStyles = css`
  :host {
    flex: 1;
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
  }
  header {
    display: flex;
    align-items: center;
    gap: 12px;
    min-height: 72px;
    padding: 8px 16px 8px 20px;
    border-bottom: 1px solid var(--gc-line);
  }
  .back {
    display: grid;
    place-items: center;
    padding: 0;
    margin: 0 -8px 0 -12px;
  }
  .who {
    flex: 1;
    min-width: 0;
  }
  .name {
    font-size: 17px;
    font-weight: 700;
    line-height: 1.35;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    border-radius: 6px;
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 12px;
    font-size: 14px;
    line-height: 1.4;
    white-space: nowrap;
    color: var(--gc-muted);
  }
  .facts .icon {
    flex: none;
    width: 18px;
    height: 18px;
  }
  .presence {
    flex: none;
  }
  .whose {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    min-width: 0;
    max-width: 100%;
  }
  .whose span,
  .viewer span {
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .presence::before {
    content: '';
    display: inline-block;
    width: 8px;
    height: 8px;
    margin-right: 6px;
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
  .facts.viewer {
    flex-wrap: nowrap;
    gap: 4px;
    color: var(--gc-lit);
    font-weight: 600;
  }
  .face .on {
    border-color: var(--gc-bg);
  }
  .do {
    display: flex;
    align-items: center;
    gap: 8px;
  }
  .do desk-menu.assign:not([compact]) {
    max-width: 240px;
  }
  .resolve,
  .to-card {
    display: flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    font-size: 14px;
    font-weight: 600;
  }
  .to-card {
    width: 44px;
    padding: 0;
    box-shadow: inset 0 0 0 1px var(--gc-line);
    color: var(--gc-muted);
  }
  .resolve {
    padding: 0 16px 0 12px;
    box-shadow: inset 0 0 0 1px var(--gc-line);
  }
  .resolve[data-open] {
    background: var(--gc-accent);
    color: var(--gc-on-accent);
    box-shadow: none;
  }
  .resolve .icon,
  .to-card .icon {
    width: 20px;
    height: 20px;
  }
  .to-card:hover,
  .resolve:not([data-open]):hover,
  .back:hover {
    background: var(--gc-sunken);
  }
  :host([layout='narrow']) header {
    gap: 8px;
    padding: 8px;
    min-height: 64px;
  }
  :host([layout='narrow']) .face {
    display: none;
  }
  :host([layout='narrow']) .do {
    gap: 4px;
  }
  :host([layout='narrow']) .resolve {
    width: 44px;
    padding: 0;
  }
  :host([layout='narrow']) .resolve span {
    display: none;
  }
  .banner,
  .colleague {
    display: flex;
    align-items: center;
    gap: 8px;
    padding: 8px 20px;
    font-size: 14px;
    color: var(--gc-muted);
    background: var(--gc-surface);
  }
  .banner .icon,
  .colleague .icon {
    width: 18px;
    height: 18px;
  }
  .colleague {
    color: var(--gc-lit);
    background: var(--gc-lit-bg);
    font-weight: 600;
  }
  message-list {
    flex: 1;
  }
  .none {
    margin: auto;
    padding: 32px;
    color: var(--gc-muted);
    text-align: center;
  }
  @media (forced-colors: active) {
    .presence[data-online='yes']::before {
      background: CanvasText;
      forced-color-adjust: none;
    }
  }
`;
