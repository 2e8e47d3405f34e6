/* tokens.ts - colours, sizes and the few rules that every element shares. Custom properties pass through shadow roots,
 * so only the outermost element (gym-chat-panel, gym-inbox, gym-kiosk) carries `tokens`; its parts use the names.
 * Contrast: text and muted >= 4.5:1 on bg, surface and bubble, in both themes (test/accent.test.ts). */
import {css} from 'lit';

export const tokens = css`
  :host {
    --gc-bg: #ffffff;
    --gc-surface: #f5f6f8;
    --gc-sunken: #eceff2;
    --gc-text: #191d22;
    --gc-muted: #59636e;
    --gc-line: #e1e5ea;
    --gc-bubble: #eef1f4;
    --gc-danger: #b3261e;
    --gc-danger-bg: #fdecea;
    --gc-warn: #6b4800;
    --gc-warn-bg: #fff3d1;
    --gc-warn-ink: #7a5200;
    --gc-ok: #14713f;
    --gc-shadow: 0 1px 2px rgb(16 24 32 / 6%), 0 12px 40px rgb(16 24 32 / 18%);
    --gc-accent: var(--gc-accent-fill, #0f6e66);
    --gc-on-accent: var(--gc-accent-on, #ffffff);
    --gc-accent-ink: var(--gc-accent-light, #0f6e66);
    color-scheme: light;
  }
  @media (prefers-color-scheme: dark) {
    :host(:not([theme='light'])) {
      --gc-bg: #14171b;
      --gc-surface: #1a1e23;
      --gc-sunken: #0f1215;
      --gc-text: #edf0f3;
      --gc-muted: #a2adb9;
      --gc-line: #2d343c;
      --gc-bubble: #262c33;
      --gc-danger: #ffb4ab;
      --gc-danger-bg: #442021;
      --gc-warn: #ffd88a;
      --gc-warn-bg: #3a2e12;
      --gc-warn-ink: #ffd88a;
      --gc-ok: #7bd6a3;
      --gc-shadow: 0 1px 2px rgb(0 0 0 / 40%), 0 12px 40px rgb(0 0 0 / 60%);
      --gc-accent-ink: var(--gc-accent-dark, #5cc9bd);
      color-scheme: dark;
    }
  }
  :host([theme='dark']) {
    --gc-bg: #14171b;
    --gc-surface: #1a1e23;
    --gc-sunken: #0f1215;
    --gc-text: #edf0f3;
    --gc-muted: #a2adb9;
    --gc-line: #2d343c;
    --gc-bubble: #262c33;
    --gc-danger: #ffb4ab;
    --gc-danger-bg: #442021;
    --gc-warn: #ffd88a;
    --gc-warn-bg: #3a2e12;
    --gc-warn-ink: #ffd88a;
    --gc-ok: #7bd6a3;
    --gc-shadow: 0 1px 2px rgb(0 0 0 / 40%), 0 12px 40px rgb(0 0 0 / 60%);
    --gc-accent-ink: var(--gc-accent-dark, #5cc9bd);
    color-scheme: dark;
  }
  :host {
    /* not smaller than 16 px, whatever the page's root says; larger where the person asked the browser for it */
    font: 400 max(16px, 1rem) / 1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Helvetica Neue', Arial, sans-serif;
    color: var(--gc-text);
    background: var(--gc-bg);
    -webkit-text-size-adjust: 100%;
    text-size-adjust: 100%;
  }
`;

/** For every shadow root: box sizes, focus, buttons, what only screen readers hear. */
export const basics = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  button,
  input,
  textarea {
    font: inherit;
    color: inherit;
    letter-spacing: inherit;
  }
  button {
    min-width: 44px;
    min-height: 44px;
    padding: 0 12px;
    border: 0;
    border-radius: 12px;
    background: none;
    cursor: pointer;
    touch-action: manipulation;
  }
  button:disabled {
    cursor: default;
    opacity: 0.5;
  }
  h1,
  h2,
  h3,
  p,
  ol,
  ul {
    margin: 0;
    padding: 0;
    font-size: inherit;
    font-weight: inherit;
    list-style: none;
  }
  :focus-visible {
    outline: 3px solid var(--gc-accent-ink);
    outline-offset: 2px;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .icon {
    display: block;
    width: 24px;
    height: 24px;
    flex: none;
    fill: none;
    stroke: currentColor;
    stroke-width: 2;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
      scroll-behavior: auto !important;
    }
  }
  @media (forced-colors: active) {
    button {
      border: 1px solid ButtonText;
    }
  }
`;
