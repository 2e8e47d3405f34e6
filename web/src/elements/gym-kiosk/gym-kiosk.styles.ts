/* gym-kiosk.styles.ts - read from two metres, touched with a bag in the other hand: 24 px text, 64 px targets, 7:1.
 * Everything is a multiple of --u, 8 px on a small screen and more on a large one; --t doubles what [Aa] doubles.
 * Where things stand: layout.styles.ts. */
import {css} from 'lit';

export const kioskStyles = css`
  :host {
    --gc-muted: #3f4851;
    --gc-line: #c3cad2;
    --raised: var(--gc-bg);
    --u: clamp(8px, min(0.62vw, 1vh), 16px);
    position: relative;
    display: grid;
    grid-template: minmax(0, 1fr) / minmax(0, 1fr);
    height: 100%;
    overflow: hidden;
    background: var(--gc-surface);
    line-height: 1.3;
    user-select: none;
    -webkit-user-select: none;
    touch-action: manipulation;
    -webkit-tap-highlight-color: transparent;
  }
  :host([theme='dark']) {
    --gc-muted: #c9d2db;
    --gc-line: #4a545f;
    --raised: var(--gc-bubble);
  }
  @media (prefers-color-scheme: dark) {
    :host(:not([theme='light'])) {
      --gc-muted: #c9d2db;
      --gc-line: #4a545f;
      --raised: var(--gc-bubble);
    }
  }
  @media (max-aspect-ratio: 1/1) {
    :host {
      --u: clamp(8px, min(1.2vw, 0.74vh), 16px);
    }
  }
  .screen,
  .outcome,
  .still {
    --t: 1;
    --body: calc(var(--u) * 3 * var(--t));
    font-size: var(--body);
  }
  button {
    min-width: 64px;
    min-height: 64px;
    font-weight: 600;
  }
  header h1,
  .clock {
    font-weight: 700;
    font-size: calc(var(--u) * 3.5 * var(--t));
  }
  .clock {
    font-variant-numeric: tabular-nums;
  }

  /* --- header: the gym, the time, language and size --- */
  .options {
    display: flex;
    gap: calc(var(--u) * 1.5);
  }
  .options button {
    min-width: max(64px, var(--u) * 8);
    min-height: max(64px, var(--u) * 8);
    padding: 0 8px;
    background: var(--gc-bg);
    color: var(--gc-text);
    box-shadow: inset 0 0 0 2px var(--gc-muted);
  }
  .options button[aria-pressed='true'] {
    background: var(--gc-text);
    color: var(--gc-bg);
    box-shadow: inset 0 0 0 2px var(--gc-text);
  }
  .languages {
    display: flex;
  }
  .languages button:first-child {
    border-radius: 12px 0 0 12px;
  }
  .languages button:last-child {
    border-radius: 0 12px 12px 0;
  }
  .languages button:focus-visible {
    z-index: 1;
  }
  .bigger {
    font-size: calc(var(--body) * 1.35);
  }
  .bigger small {
    font-size: max(24px, 0.7em);
  }

  /* --- what to do --- */
  .hero {
    background: var(--gc-accent);
    color: var(--gc-on-accent);
  }
  .hero .art {
    --paper: var(--gc-on-accent);
    --ink: var(--gc-accent);
  }
  .hero .art svg {
    display: block;
    width: 100%;
    height: 100%;
  }
  .hero .art .icon {
    padding: 22%;
    border-radius: 50%;
    background: var(--gc-on-accent);
    color: var(--gc-accent);
    stroke-width: 1.7;
  }
  h2,
  .over h1 {
    font-size: min(var(--u) * 6 * var(--t), var(--h2-max, 100vw));
    font-weight: 700;
    line-height: 1.15;
    text-wrap: balance;
    overflow-wrap: break-word;
  }
  .invite p {
    margin-top: calc(var(--u) * 1.5);
    font-size: min(var(--u) * 3.5 * var(--t), var(--p-max, 100vw));
    text-wrap: balance;
  }

  /* --- the pad --- */
  .digits {
    display: flex;
    align-items: center;
    justify-content: center;
    height: var(--digits);
    border-radius: calc(var(--u) * 2);
    background: var(--gc-bg);
    box-shadow: inset 0 0 0 2px var(--gc-line);
    font-size: calc(var(--digits) * 0.6);
    font-weight: 700;
    line-height: 1;
    letter-spacing: 0.08em;
    font-variant-numeric: tabular-nums;
    overflow: hidden;
  }
  .digits[data-size='long'] {
    font-size: calc(var(--digits) * 0.34);
  }
  .digits[data-size='longest'] {
    padding: 0 calc(var(--u) * 2);
    font-size: max(24px, var(--digits) * 0.22);
    letter-spacing: 0;
    overflow-wrap: anywhere;
    text-align: center;
  }
  .digits[data-full] {
    box-shadow: inset 0 0 0 3px var(--gc-accent-ink);
  }
  .keys {
    display: grid;
    grid-template-columns: repeat(3, minmax(0, 1fr));
    gap: var(--gap);
  }
  .keys button {
    display: grid;
    place-items: center;
    height: var(--key);
    min-width: 64px;
    padding: 0;
    border-radius: calc(var(--u) * 2);
    background: var(--raised);
    font-size: min(var(--u) * 4.5 * var(--t), var(--key) * 0.62);
    line-height: 1;
    box-shadow: 0 1px 2px rgb(16 24 32 / 12%), inset 0 0 0 1px var(--gc-line);
  }
  .keys button:active {
    background: var(--gc-accent);
    color: var(--gc-on-accent);
  }
  .keys .icon {
    width: calc(var(--key) * 0.42);
    height: calc(var(--key) * 0.42);
  }
  .keys .ok {
    background: var(--gc-accent);
    color: var(--gc-on-accent);
    font-size: min(var(--u) * 3.2 * var(--t), var(--ok-max, 100vw));
    font-weight: 700;
    box-shadow: none;
  }
  .keys [aria-disabled='true'],
  .keys [aria-disabled='true']:active {
    background: var(--gc-sunken);
    color: var(--gc-muted);
    box-shadow: none;
    cursor: default;
  }
  .help,
  .close-help {
    display: flex;
    align-items: center;
    justify-content: center;
    gap: calc(var(--u) * 1.5);
    min-height: max(64px, var(--u) * 8);
    padding: 0 calc(var(--u) * 3);
    border-radius: calc(var(--u) * 4);
    background: var(--gc-bg);
    box-shadow: inset 0 0 0 2px var(--gc-text);
    line-height: 1.15;
  }
  .help:active,
  .close-help:active {
    background: var(--gc-text);
    color: var(--gc-bg);
  }
  .help .icon {
    width: calc(var(--u) * 4);
    height: calc(var(--u) * 4);
  }

  /* --- help --- */
  .answers {
    display: flex;
    flex-direction: column;
    gap: calc(var(--u) * 2);
    min-height: 0;
    overflow: auto;
    overscroll-behavior: contain;
  }
  .answer {
    padding: calc(var(--u) * 2.5) calc(var(--u) * 3);
    border-radius: calc(var(--u) * 3) calc(var(--u) * 3) calc(var(--u) * 3) calc(var(--u) * 0.75);
    background: var(--raised);
    box-shadow: 0 1px 2px rgb(16 24 32 / 12%), inset 0 0 0 1px var(--gc-line);
    font-size: min(var(--u) * 4 * var(--t), 11vw);
    overflow-wrap: anywhere;
    white-space: pre-line;
  }
  .wait {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: calc(var(--u) * 2);
    padding-bottom: var(--u);
    color: var(--gc-muted);
    font-size: min(var(--u) * 4 * var(--t), 9vw);
  }
  .dots {
    display: flex;
    gap: var(--u);
  }
  .dots i {
    width: 0.4em;
    height: 0.4em;
    border-radius: 50%;
    background: currentColor;
  }
  .dots i:nth-child(2) {
    opacity: 0.7;
  }
  .dots i:nth-child(3) {
    opacity: 0.45;
  }

  /* --- status line --- */
  footer {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: calc(var(--u) * 0.5) calc(var(--u) * 4);
    padding: calc(var(--u) * 1.5) calc(var(--u) * 4);
    border-top: 1px solid var(--gc-line);
    background: var(--gc-bg);
    color: var(--gc-muted);
    font-size: clamp(24px, 3.6vw, var(--body));
  }
  .link {
    display: flex;
    align-items: center;
    gap: 0.5em;
    color: var(--gc-text);
    font-weight: 600;
  }
  .link i {
    flex: none;
    width: 0.7em;
    height: 0.7em;
    border-radius: 50%;
    background: var(--gc-ok);
  }
  .link[data-down] i {
    border-radius: 15%;
    background: none;
    box-shadow: inset 0 0 0 0.18em var(--gc-danger);
  }
  .version {
    margin-left: auto;
  }

  /* --- the result --- */
  .over {
    position: absolute;
    inset: 0;
    z-index: 2;
    display: grid;
    align-content: safe center;
    justify-items: center;
    gap: calc(var(--u) * 3);
    padding: calc(var(--u) * 6) calc(var(--u) * 5);
    overflow: auto;
    text-align: center;
    background: var(--gc-accent);
    color: var(--gc-on-accent);
    cursor: pointer;
  }
  .over .mark {
    display: grid;
    place-items: center;
    width: calc(var(--u) * 28);
    height: calc(var(--u) * 28);
    border-radius: 50%;
    background: var(--gc-on-accent);
    color: var(--gc-accent);
  }
  .over .mark .icon {
    width: 60%;
    height: 60%;
    stroke-width: 2.6;
  }
  .over h1 {
    max-width: 100%;
    font-size: min(var(--u) * 9 * var(--t), 11vw);
    overflow-wrap: anywhere;
  }
  .over p {
    font-size: min(var(--u) * 4.5 * var(--t), max(24px, 8vw));
    text-wrap: balance;
  }
  .over .tap {
    margin-top: calc(var(--u) * 3);
    font-size: min(var(--u) * 3.5 * var(--t), max(24px, 7vw));
  }
  .over:is([data-verdict='denied'], [data-verdict='full'], [data-verdict='unreadable'], [data-verdict='closed']) {
    background: var(--gc-surface);
    color: var(--gc-text);
  }
  .over:is([data-verdict='denied'], [data-verdict='full'], [data-verdict='unreadable'], [data-verdict='closed']) .mark {
    background: none;
    color: var(--gc-text);
    box-shadow: inset 0 0 0 calc(var(--u) * 0.9) currentColor;
  }

  /* --- are you still there? --- */
  .still {
    position: absolute;
    inset: auto 0 0;
    z-index: 1;
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: center;
    gap: calc(var(--u) * 1.5) calc(var(--u) * 4);
    padding: calc(var(--u) * 2) calc(var(--u) * 4);
    background: var(--gc-text);
    color: var(--gc-bg);
  }
  .still strong {
    font-size: min(var(--u) * 4 * var(--t), 9vw);
  }
  .still .left {
    font-size: min(var(--u) * 4 * var(--t), 9vw);
    font-variant-numeric: tabular-nums;
  }
  .still button {
    font-size: min(var(--body), 8vw);
    white-space: nowrap;
    min-height: max(64px, var(--u) * 8);
    padding: 0 calc(var(--u) * 4);
    border-radius: calc(var(--u) * 4);
    background: var(--gc-bg);
    color: var(--gc-text);
  }
  .hero :focus-visible,
  .over:focus-visible,
  .still :focus-visible {
    outline-color: currentColor;
  }
`;
