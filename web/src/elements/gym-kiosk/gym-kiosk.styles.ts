/* gym-kiosk.styles.ts - read from two metres, touched with a bag in the other hand: 24 px text, 64 px targets, 7:1. */
import {css} from 'lit';

export const kioskStyles = css`
  :host {
    --gc-muted: #3f4851;
    --u: 8px;
    position: relative;
    display: grid;
    grid-template-rows: auto minmax(0, 1fr) auto;
    height: 100%;
    overflow: hidden;
    background: var(--gc-surface);
    font-size: 24px;
    line-height: 1.35;
    user-select: none;
    -webkit-user-select: none;
    touch-action: manipulation;
  }
  :host([theme='dark']) {
    --gc-muted: #c9d2db;
  }
  @media (prefers-color-scheme: dark) {
    :host(:not([theme='light'])) {
      --gc-muted: #c9d2db;
    }
  }
  button {
    min-width: 64px;
    min-height: 64px;
    font-weight: 600;
  }
  header {
    display: flex;
    align-items: center;
    gap: 16px;
    padding: 16px 32px;
  }
  h1 {
    flex: 1;
    font-weight: 700;
    font-size: 28px;
  }
  .clock {
    font-weight: 700;
    font-size: 28px;
    font-variant-numeric: tabular-nums;
  }
  .options {
    display: flex;
    gap: 8px;
  }
  .options button {
    background: var(--gc-bg);
    box-shadow: inset 0 0 0 2px var(--gc-line);
  }
  .options button[aria-pressed='true'] {
    background: var(--gc-accent);
    color: var(--gc-on-accent);
    box-shadow: none;
  }
  main {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: center;
    justify-content: center;
    gap: 32px 64px;
    max-width: 1200px;
    width: 100%;
    margin: 0 auto;
    padding: 0 48px;
    min-height: 0;
  }
  .invite {
    display: flex;
    flex-direction: column;
    gap: 16px;
    align-items: flex-start;
  }
  .invite .scan {
    display: grid;
    place-items: center;
    width: 128px;
    height: 128px;
    border-radius: 32px;
    background: var(--gc-accent);
    color: var(--gc-on-accent);
  }
  .invite .scan .icon {
    width: 80px;
    height: 80px;
    stroke-width: 1.6;
  }
  h2 {
    font-size: 40px;
    font-weight: 700;
    line-height: 1.2;
    text-wrap: balance;
  }
  .invite p {
    font-size: 28px;
    color: var(--gc-muted);
  }
  .help {
    display: flex;
    align-items: center;
    gap: 12px;
    margin-top: 24px;
    padding: 0 32px 0 24px;
    border-radius: 32px;
    background: var(--gc-bg);
    box-shadow: inset 0 0 0 2px var(--gc-text);
  }
  .help .icon {
    width: 32px;
    height: 32px;
  }
  .pad {
    width: min(416px, 44vw);
  }
  .digits {
    display: flex;
    align-items: center;
    justify-content: center;
    min-height: 80px;
    margin-bottom: 16px;
    border-radius: 16px;
    background: var(--gc-bg);
    box-shadow: inset 0 0 0 2px var(--gc-line);
    font-size: 44px;
    font-weight: 700;
    letter-spacing: 0.08em;
    font-variant-numeric: tabular-nums;
    overflow: hidden;
    direction: rtl;
  }
  .digits[data-full] {
    box-shadow: inset 0 0 0 3px var(--gc-accent-ink);
  }
  .digits span {
    direction: ltr;
    unicode-bidi: embed;
    padding: 0 16px;
  }
  .keys {
    display: grid;
    grid-template-columns: repeat(3, 1fr);
    gap: 12px;
  }
  .keys button {
    display: grid;
    place-items: center;
    min-height: clamp(64px, 11vh, 96px);
    border-radius: 20px;
    background: var(--gc-bg);
    font-size: 36px;
    box-shadow: 0 1px 2px rgb(16 24 32 / 10%), inset 0 0 0 1px var(--gc-line);
    transition: transform 80ms;
  }
  .keys button:active:not(:disabled) {
    transform: scale(0.96);
    background: var(--gc-sunken);
  }
  .keys .icon {
    width: 36px;
    height: 36px;
  }
  .keys .ok {
    background: var(--gc-accent);
    color: var(--gc-on-accent);
    font-size: 26px;
    box-shadow: none;
  }
  .keys .ok:disabled {
    background: var(--gc-sunken);
    color: var(--gc-muted);
    opacity: 1;
  }
  footer {
    display: flex;
    align-items: center;
    gap: 8px 24px;
    flex-wrap: wrap;
    padding: 16px 32px;
    font-size: 20px;
    color: var(--gc-muted);
  }
  .link {
    display: flex;
    align-items: center;
    gap: 12px;
  }
  .link i {
    width: 16px;
    height: 16px;
    border-radius: 50%;
    background: var(--gc-ok);
  }
  .link[data-down] i {
    border-radius: 2px;
    background: none;
    box-shadow: inset 0 0 0 3px var(--gc-danger);
  }
  .version {
    margin-left: auto;
  }
  .over {
    position: absolute;
    inset: 0;
    z-index: 1;
    display: grid;
    place-content: center;
    justify-items: center;
    gap: 24px;
    padding: 48px;
    text-align: center;
    background: var(--gc-bg);
    cursor: pointer;
  }
  .over .mark {
    display: grid;
    place-items: center;
    width: 176px;
    height: 176px;
    border-radius: 50%;
    background: var(--gc-accent);
    color: var(--gc-on-accent);
  }
  .over[data-verdict='denied'] .mark,
  .over[data-verdict='full'] .mark {
    background: none;
    color: var(--gc-text);
    box-shadow: inset 0 0 0 6px currentColor;
  }
  .over .mark .icon {
    width: 96px;
    height: 96px;
    stroke-width: 2.4;
  }
  .over h2 {
    font-size: 56px;
  }
  .over p {
    font-size: 32px;
    color: var(--gc-muted);
  }
  .answer {
    max-width: 24em;
    padding: 24px 32px;
    border-radius: 24px;
    background: var(--gc-bubble);
    font-size: 32px;
    overflow-wrap: anywhere;
  }
  .still {
    position: absolute;
    left: 50%;
    bottom: 96px;
    translate: -50%;
    z-index: 1;
    display: flex;
    align-items: center;
    gap: 24px;
    padding: 16px 16px 16px 32px;
    border-radius: 24px;
    background: var(--gc-text);
    color: var(--gc-bg);
    box-shadow: var(--gc-shadow);
    white-space: nowrap;
  }
  .still button {
    padding: 0 24px;
    border-radius: 16px;
    background: var(--gc-bg);
    color: var(--gc-text);
  }
  :host([large]) main {
    grid-template-columns: 1fr;
    align-content: safe end;
    justify-items: center;
    gap: 16px;
    padding-bottom: 16px;
    overflow: auto;
  }
  :host([large]) .invite {
    align-items: center;
    gap: 8px;
    text-align: center;
  }
  :host([large]) .help {
    margin-top: 8px;
  }
  :host([large]) .scan {
    display: none;
  }
  :host([large]) .invite h2 {
    font-size: clamp(40px, 6vh, 80px);
  }
  :host([large]) .invite p {
    font-size: clamp(30px, 4vh, 56px);
  }
  :host([large]) .pad {
    width: min(560px, 90vw);
  }
  :host([large]) .keys button {
    min-height: 64px;
    font-size: 48px;
  }
  :host([large]) .keys .ok {
    font-size: 36px;
    padding: 0;
  }
  :host([large]) .digits {
    min-height: 72px;
    margin-bottom: 12px;
  }
  @media (max-width: 900px), (orientation: portrait) {
    main {
      grid-template-columns: minmax(0, 1fr);
      align-content: center;
      justify-items: center;
      padding: 0 24px;
    }
    .invite {
      align-items: center;
      text-align: center;
    }
    .invite .scan {
      width: 96px;
      height: 96px;
    }
    .pad {
      width: min(416px, 90vw);
    }
    h2 {
      font-size: 32px;
    }
  }
  @media (max-height: 760px) {
    .invite .scan {
      display: none;
    }
    .digits {
      min-height: 64px;
      margin-bottom: 12px;
    }
  }
  @media (forced-colors: active) {
    .over .mark,
    .keys .ok {
      border: 3px solid CanvasText;
    }
  }
`;
