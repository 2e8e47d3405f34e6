/* gym-inbox.styles.ts - the desk's regions side by side, two of them, or one. */
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

  /* rail */
  .rail {
    grid-area: rail;
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: 4px;
    padding: 14px 4px;
    background: var(--gc-sunken);
    border-right: 1px solid var(--gc-line);
  }
  .rail ul {
    display: contents;
  }
  .rail li {
    display: contents;
  }
  .logo {
    display: grid;
    place-items: center;
    flex: none;
    width: 44px;
    height: 44px;
    margin-bottom: 12px;
    border-radius: 14px;
    background: var(--gc-accent);
    color: var(--gc-on-accent);
  }
  .shelf {
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    gap: 2px;
    width: 80px;
    min-height: 60px;
    padding: 4px 0;
    font-size: 12.5px;
    font-weight: 500;
    line-height: 1.3;
    color: var(--gc-muted);
  }
  .shelf:hover,
  .rail .tool:hover {
    background: var(--gc-bubble);
    color: var(--gc-text);
  }
  .shelf[aria-current] {
    background: var(--gc-bg);
    color: var(--gc-accent-ink);
    font-weight: 700;
    box-shadow: inset 0 0 0 1px var(--gc-line);
  }
  .gap {
    flex: 1;
  }
  .rail .tool {
    display: grid;
    place-items: center;
    padding: 0;
    color: var(--gc-muted);
  }
  .rail .face {
    width: 40px;
    height: 40px;
    margin-top: 4px;
    font-size: 15px;
  }
  :host(:not([layout='wide'])) .rail {
    flex-direction: row;
    gap: 2px;
    padding: 6px 8px;
    border-bottom: 1px solid var(--gc-line);
  }
  :host(:not([layout='wide'])) .logo,
  :host(:not([layout='wide'])) .rail .face {
    display: none;
  }
  :host(:not([layout='wide'])) .tool.help {
    display: none; /* no room, and seldom a keyboard; "?" opens it all the same */
  }
  :host(:not([layout='wide'])) .shelf {
    flex: 0 1 88px;
    min-width: 44px;
    min-height: 52px;
  }

  /* list */
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
  .bones {
    padding: 12px 20px;
  }
  .bone {
    display: flex;
    gap: 12px;
    height: 90px;
    align-items: center;
  }
  .bone i {
    flex: none;
    width: 44px;
    height: 44px;
    border-radius: 50%;
  }
  .bone div {
    flex: 1;
    display: grid;
    gap: 8px;
  }
  .bone b {
    height: 12px;
    border-radius: 6px;
    width: 46%;
  }
  .bone b:nth-child(2) {
    width: 88%;
  }
  .bone b:nth-child(3) {
    width: 32%;
  }
  .bone i,
  .bone b {
    background: var(--gc-line);
    animation: breathe 1.6s infinite ease-in-out;
  }
  @keyframes breathe {
    50% { opacity: 0.45; }
  }
  .blank {
    flex: 1;
    display: grid;
    align-content: center;
    justify-items: center;
    gap: 4px;
    padding: 32px 24px;
    text-align: center;
    color: var(--gc-muted);
  }
  .blank .disc {
    display: grid;
    place-items: center;
    width: 72px;
    height: 72px;
    margin-bottom: 12px;
    border-radius: 50%;
    background: var(--gc-sunken);
    color: var(--gc-accent-ink);
  }
  .blank .disc .icon {
    width: 34px;
    height: 34px;
    stroke-width: 1.6;
  }
  .blank b {
    font-size: 18px;
    color: var(--gc-text);
  }
  .blank .keys-hint {
    max-width: 320px;
    margin-top: 12px;
    font-size: 14px;
  }
  .blank .figure {
    margin-top: 8px;
    font-size: 14px;
  }
  .plain {
    margin-top: 16px;
    padding: 0 20px;
    font-weight: 600;
    color: var(--gc-accent-ink);
    box-shadow: inset 0 0 0 1.5px var(--gc-accent-ink);
  }

  /* thread and card */
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

  /* what comes and goes */
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
  .toggle {
    display: flex;
    align-items: center;
    gap: 16px;
    min-height: 60px;
    padding: 8px 0;
    border-bottom: 1px solid var(--gc-line);
    cursor: pointer;
  }
  .toggle .words {
    flex: 1;
    display: grid;
    line-height: 1.4;
  }
  .toggle .words b {
    font-weight: 600;
  }
  .toggle .words span {
    font-size: 14px;
    color: var(--gc-muted);
  }
  .toggle input {
    flex: none;
    width: 48px;
    height: 28px;
    margin: 8px 0;
    border-radius: 14px;
    background: var(--gc-field);
    appearance: none;
    cursor: pointer;
    transition: background 120ms;
  }
  .toggle input::before {
    content: '';
    display: block;
    width: 22px;
    height: 22px;
    margin: 3px;
    border-radius: 50%;
    background: var(--gc-bg);
    transition: transform 120ms;
  }
  .toggle input:checked {
    background: var(--gc-accent);
  }
  .toggle input:checked::before {
    transform: translateX(20px);
  }
  .keys {
    display: grid;
    margin: 8px 0 0;
  }
  .keys div {
    display: flex;
    align-items: center;
    gap: 16px;
    min-height: 40px;
    line-height: 1.3;
  }
  .keys dt {
    display: flex;
    flex: none;
    gap: 4px;
    width: 88px;
  }
  .keys dd {
    margin: 0;
  }
  .keys[data-off] {
    color: var(--gc-muted);
  }
  .line {
    display: flex;
    align-items: center;
    gap: 12px;
    width: 100%;
    min-height: 56px;
    margin: 4px -12px -8px;
    font-weight: 600;
    text-align: left;
  }
  .line:hover {
    background: var(--gc-sunken);
  }
  .when {
    display: grid;
    gap: 12px;
    padding-top: 8px;
  }
  .when label {
    display: grid;
    gap: 4px;
    font-size: 14px;
    color: var(--gc-muted);
  }
  .when input {
    min-height: 48px;
    padding: 0 14px;
    border: 1px solid var(--gc-field);
    border-radius: 12px;
    background: var(--gc-bg);
    color: var(--gc-text);
    font-size: 16px;
  }
  .problem {
    font-size: 14px;
    color: var(--gc-danger);
  }
  .primary {
    min-height: 48px;
    background: var(--gc-accent);
    color: var(--gc-on-accent);
    font-weight: 600;
  }
  @media (forced-colors: active) {
    .shelf[aria-current],
    .tabs button[aria-selected='true'] {
      border: 3px solid Highlight;
    }
    .summary,
    .guest,
    .toast,
    .tabs .n {
      border: 1px solid CanvasText;
    }
    .toggle input {
      border: 2px solid CanvasText;
      background: Canvas;
    }
    .toggle input::before {
      background: CanvasText;
      forced-color-adjust: none;
      height: 18px;
    }
  }
`;
