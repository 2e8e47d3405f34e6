/* gym-inbox.styles.ts - the desk's regions side by side, two of them, or one; what lies above them for a while. */
import {css} from 'lit';

export const inboxStyles = css`
  :host {
    position: relative;
    display: grid;
    grid-template-columns: 88px clamp(320px, 27%, 380px) minmax(0, 1fr) auto;
    grid-template-rows: minmax(0, 1fr);
    grid-template-areas: 'rail list thread card';
    height: 100%;
    min-height: 0;
    overflow: hidden;
  }
  :host([layout='medium']) {
    grid-template-columns: minmax(320px, 36%) minmax(0, 1fr);
    grid-template-rows: auto minmax(0, 1fr);
    grid-template-areas: 'rail thread' 'list thread';
  }
  :host([layout='narrow']) {
    grid-template-columns: minmax(0, 1fr);
    grid-template-rows: auto minmax(0, 1fr);
    grid-template-areas: 'rail' 'list';
  }
  :host([layout='narrow']) main {
    grid-area: 1 / 1 / -1 / -1;
  }
  main {
    grid-area: thread;
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
    background: var(--gc-bg);
  }
  .opening {
    grid-area: 1 / 1 / -1 / -1;
    padding: 24px;
    max-width: 480px;
  }
  .opening .words {
    margin: auto;
    color: var(--gc-muted);
  }
  .card {
    grid-area: card;
    display: flex;
    flex-direction: column;
    width: 300px;
    min-height: 0;
    border-left: 1px solid var(--gc-line);
    background: var(--gc-surface);
  }
  desk-card {
    flex: 1;
    min-height: 0;
  }
  :host(:not([layout='wide'])) .card {
    position: absolute;
    z-index: 15;
    inset: 0 0 0 auto;
    width: min(360px, 100%);
    box-shadow: var(--gc-shadow);
    animation: slide 150ms ease-out;
  }
  :host([layout='narrow']) .card {
    width: 100%;
    border: 0;
  }
  @keyframes slide {
    from { transform: translateX(24px); opacity: 0; }
  }
  kbd {
    min-width: 26px;
    padding: 1px 7px;
    border-radius: 6px;
    background: var(--gc-sunken);
    box-shadow: inset 0 0 0 1px var(--gc-line);
    font: 600 13px/22px system-ui, sans-serif;
    text-align: center;
    color: var(--gc-muted);
  }
  .toasts {
    position: absolute;
    z-index: 30;
    left: 104px; /* over the end of the list, for the composer is in use */
    bottom: 16px;
    width: max-content;
    max-width: calc(100% - 32px);
    pointer-events: none;
  }
  :host(:not([layout='wide'])) .toasts {
    left: 16px;
  }
  :host([layout='narrow']) .toasts {
    top: 76px;
    bottom: auto;
  }
  .toast {
    display: flex;
    align-items: center;
    gap: 10px;
    padding: 2px 4px 2px 18px;
    border-radius: 14px;
    background: var(--gc-text);
    color: var(--gc-bg);
    font-size: 15px;
    box-shadow: var(--gc-shadow);
    pointer-events: auto;
    animation: up 140ms ease-out;
  }
  @keyframes up {
    from { transform: translateY(8px); opacity: 0; }
  }
  .toast .icon {
    width: 20px;
    height: 20px;
  }
  .toast button {
    font-weight: 700;
    text-decoration: underline;
    text-underline-offset: 3px;
  }
  .toast .x {
    display: grid;
    place-items: center;
    padding: 0;
  }
  .toast button:focus-visible {
    outline-color: currentColor;
    outline-offset: -4px;
  }
  @media (forced-colors: active) {
    .toast {
      border: 1px solid CanvasText;
    }
  }
`;
