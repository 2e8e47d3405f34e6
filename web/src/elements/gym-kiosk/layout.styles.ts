/* layout.styles.ts - where the kiosk's parts stand: two halves side by side, one above the other on a tall screen, and
 * with [Aa] everything that is touched in the lower half, where a wheelchair user's hand gets to. */
import {css} from 'lit';

export const layoutStyles = css`
  .screen {
    --bar: calc(var(--u) * 12);
    --pad: calc(var(--u) * 48);
    --digits: calc(var(--u) * 9);
    --key: max(64px, var(--u) * 10.5);
    --gap: calc(var(--u) * 1.5);
    --edge: calc(var(--u) * 4);
    display: grid;
    grid-template: var(--bar) minmax(min-content, 1fr) auto / minmax(0, 44fr) minmax(0, 56fr);
    min-height: 0;
    overflow: auto;
    overscroll-behavior: none;
  }
  header {
    grid-area: 1 / 1 / 2 / 3;
    z-index: 1;
    display: grid;
    grid-template-columns: minmax(0, 44fr) minmax(0, 56fr);
    grid-template-areas: 'gym tools';
    align-items: center;
  }
  header h1 {
    grid-area: gym;
    padding: 0 var(--edge);
    color: var(--gc-on-accent);
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
    line-height: 1.15;
    overflow: hidden;
    overflow-wrap: anywhere;
  }
  .clock,
  .options {
    grid-area: tools;
  }
  .clock {
    padding-left: var(--edge);
  }
  .options {
    justify-self: end;
    padding-right: var(--edge);
  }
  .screen > main {
    grid-area: 1 / 1 / 3 / 3;
    display: grid;
    grid-template: minmax(0, 1fr) / minmax(0, 44fr) minmax(0, 56fr);
  }
  .hero {
    display: flex;
    flex-direction: column;
    justify-content: center;
    gap: calc(var(--u) * 5);
    min-height: 0;
    padding: var(--bar) var(--edge) var(--edge);
  }
  .art {
    flex: none;
    width: calc(var(--u) * 28);
    height: calc(var(--u) * 28);
  }
  .desk {
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    gap: calc(var(--u) * 3);
    min-height: 0;
    padding: var(--bar) var(--edge) calc(var(--u) * 2);
  }
  .pad {
    width: min(var(--pad), 100%);
  }
  .digits {
    margin-bottom: var(--gap);
  }
  .help {
    width: min(var(--pad), 100%);
  }
  .answers,
  .close-help {
    width: min(var(--u) * 64, 100%);
  }
  .screen > .alone {
    grid-template: minmax(0, 1fr) / minmax(0, 1fr);
  }
  .screen:has(> .alone) header {
    color: var(--gc-on-accent);
  }
  .alone .hero {
    align-items: center;
    text-align: center;
  }
  footer {
    grid-area: 3 / 1 / 4 / 3;
  }

  /* --- tall: one above the other --- */
  @media (max-aspect-ratio: 1/1) {
    .screen {
      --key: max(64px, var(--u) * 10);
      grid-template-columns: minmax(0, 1fr);
    }
    header {
      grid-column: 1 / 2;
      grid-template: auto / minmax(0, 1fr) auto auto;
      grid-template-areas: 'gym clock options';
      color: var(--gc-on-accent);
    }
    .clock {
      grid-area: clock;
    }
    .options {
      grid-area: options;
      padding-left: var(--edge);
    }
    .screen > main {
      grid-column: 1 / 2;
      grid-template: auto minmax(min-content, 1fr) / minmax(0, 1fr);
    }
    .screen > .alone {
      grid-template: minmax(0, 1fr) / minmax(0, 1fr);
    }
    footer {
      grid-column: 1 / 2;
    }
    .hero {
      align-items: center;
      gap: calc(var(--u) * 4);
      min-height: 42vh;
      text-align: center;
      --h2-max: 8.6vw;
      --p-max: max(24px, 6.4vw);
    }
    .art {
      width: calc(var(--u) * 22);
      height: calc(var(--u) * 22);
    }
    .desk {
      padding: calc(var(--u) * 2.5) var(--edge);
    }
  }

  /* --- low screens --- */
  @media (max-aspect-ratio: 1/1) and (max-height: 1100px) {
    .screen {
      --key: 72px;
    }
    .art {
      width: calc(var(--u) * 15);
      height: calc(var(--u) * 15);
    }
    .hero {
      gap: calc(var(--u) * 2);
      padding-bottom: calc(var(--u) * 3);
    }
  }
  @media (min-aspect-ratio: 1/1) and (max-height: 719px) {
    .screen {
      --bar: 80px;
      --key: 64px;
      --digits: 64px;
      --gap: 8px;
    }
    .desk {
      gap: 12px;
      padding-bottom: 8px;
    }
    footer {
      padding-top: 8px;
      padding-bottom: 8px;
    }
  }

  /* --- a phone, or a small window --- */
  @media (max-width: 640px) {
    .screen {
      --bar: calc(64px + var(--u) * 6.5);
      --edge: 16px;
      --digits: 64px;
      --key: 64px;
      --gap: 8px;
    }
    header {
      grid-template: auto auto / minmax(0, 1fr) auto;
      grid-template-areas: 'gym gym' 'clock options';
      align-content: end;
      gap: 0 8px;
    }
    .clock {
      padding-left: var(--edge);
    }
    .options {
      padding-left: 0;
      gap: 8px;
    }
    .hero {
      min-height: 0;
      padding-top: calc(var(--bar) + 8px);
      padding-bottom: 16px;
    }
    .hero:has(~ .desk .pad) .art {
      display: none;
    }
    .art {
      width: 96px;
      height: 96px;
    }
    .invite p {
      margin-top: 4px;
    }
    .desk {
      gap: 8px;
      padding: 12px var(--edge);
    }
    header h1 {
      -webkit-line-clamp: 1;
    }
    footer {
      gap: 0 16px;
      padding: 8px var(--edge);
    }
    .version {
      order: -1;
    }
    .link {
      order: -2;
    }
    .still {
      inset: 0 0 auto; /* not over the keys */
    }
  }
  @media (max-height: 640px) {
    .art {
      display: none;
    }
  }

  /* --- [Aa] --- */
  .screen[data-large],
  .outcome[data-large],
  .still[data-large] {
    --t: 2;
  }
  .screen[data-large] {
    --edge: calc(var(--u) * 3);
  }
  .still[data-large] {
    inset: auto 0 50%; /* the keys stay in reach */
  }
  .outcome[data-large] .over {
    gap: calc(var(--u) * 2);
    padding: calc(var(--u) * 3);
  }
  .outcome[data-large] .mark {
    width: min(var(--u) * 28, 22vh);
    height: min(var(--u) * 28, 22vh);
  }
  .outcome[data-large] h1 {
    font-size: min(var(--u) * 18, 11vw, 14vh);
  }
  .outcome[data-large] p {
    font-size: max(24px, min(var(--u) * 9, 8vw, 7vh));
  }
  .outcome[data-large] .tap {
    margin-top: 0;
    font-size: max(24px, min(var(--u) * 7, 7vw, 6vh));
  }
  .screen[data-large] header {
    grid-template: auto / minmax(0, 1fr) auto auto;
    grid-template-areas: 'gym clock options';
    color: var(--gc-on-accent);
  }
  .screen[data-large] :is(h1, .clock) {
    font-size: min(var(--u) * 7, 5vw);
  }
  .screen[data-large] .clock {
    grid-area: clock;
  }
  .screen[data-large] .options {
    grid-area: options;
    padding-left: var(--edge);
  }
  .screen[data-large] .options button {
    font-size: min(var(--u) * 6, 40px);
  }
  .screen[data-large] main {
    grid-template: minmax(min-content, 50vh) minmax(min-content, 1fr) / minmax(0, 1fr);
  }
  .screen[data-large] main.alone {
    grid-template: minmax(0, 1fr) / minmax(0, 1fr);
  }
  .screen[data-large] .hero {
    --h2-max: 10.5vh;
    --p-max: max(24px, 7.3vh);
    align-items: center;
    text-align: center;
    min-height: 0;
    padding-bottom: calc(var(--u) * 2);
  }
  .screen[data-large] .art {
    display: none;
  }
  .screen[data-large] .desk {
    gap: calc(var(--u) * 2);
    padding: calc(var(--u) * 1.5) var(--edge);
  }
  .screen[data-large] :is(.pad, .help, .answers, .close-help) {
    width: 100%;
  }
  .screen[data-large] .answers {
    align-items: center;
  }
  .screen[data-large] .wait {
    justify-content: center;
    padding-bottom: calc(var(--u) * 2);
    text-align: center;
  }
  .screen[data-large] .pad {
    display: flex;
    flex-direction: column;
    flex: 1;
  }
  .screen[data-large] .keys {
    --gap: var(--u);
    --ok-max: max(24px, 3.4vw);
    flex: 1;
    grid-auto-rows: minmax(64px, 1fr);
  }
  .screen[data-large] .keys button {
    height: auto;
    font-size: min(var(--u) * 9, var(--key) * 0.76);
  }
  .screen[data-large] .keys .ok {
    font-size: min(var(--u) * 6.4, var(--ok-max));
  }
  .screen[data-large] .keys .icon {
    width: calc(var(--key) * 0.6);
    height: calc(var(--key) * 0.6);
  }
  .screen[data-large] :is(.help, .close-help) {
    flex: none;
    padding: 0 calc(var(--u) * 2);
    font-size: min(var(--body), 9vw);
  }
  .screen[data-large] .help .icon {
    width: 1.2em;
    height: 1.2em;
  }
  @media (min-aspect-ratio: 1/1) {
    /* beside each other: the number and help on the left, the keys on the right */
    .screen[data-large] .desk:has(.pad) {
      display: grid;
      grid-template: minmax(0, 1fr) auto / minmax(0, 1fr) minmax(0, 1fr);
      align-items: stretch;
      gap: calc(var(--u) * 1.5) var(--edge);
    }
    .screen[data-large] .pad {
      display: contents;
    }
    .screen[data-large] .digits {
      --digits: calc(var(--u) * 15);
      grid-area: 1 / 1 / 2 / 2;
      width: 100%;
      height: auto;
      margin: 0;
    }
    .screen[data-large] .help {
      grid-area: 2 / 1 / 3 / 2;
      min-height: calc(var(--u) * 12);
    }
    .screen[data-large] .keys {
      --key: max(64px, (50vh - var(--u) * 16) / 4);
      grid-area: 1 / 2 / 3 / 3;
      width: 100%;
    }
  }
  @media (max-aspect-ratio: 1/1) {
    .screen[data-large] .hero {
      --h2-max: 12vw;
      --p-max: max(24px, 8vw);
    }
    .screen[data-large] .keys {
      --ok-max: max(24px, 6.6vw);
    }
  }
  @media (max-width: 640px) {
    .screen[data-large] main {
      grid-template-rows: auto minmax(min-content, 1fr);
    }
    .screen[data-large] header {
      grid-template: auto auto / minmax(0, 1fr) auto;
      grid-template-areas: 'gym gym' 'clock options';
    }
    .screen[data-large] :is(h1, .clock) {
      font-size: 8vw;
    }
    .screen[data-large] .options {
      padding-left: 0;
    }
    .screen[data-large] .hero {
      padding-top: calc(var(--bar) + 8px);
    }
    .screen[data-large] .keys {
      --ok-max: 24px;
    }
    .still[data-large] {
      inset: 0 0 auto;
    }
  }

  @media (forced-colors: active) {
    .hero,
    .over,
    .still {
      border: 2px solid CanvasText;
    }
    .hero .art {
      --paper: CanvasText;
      --ink: Canvas;
    }
    .hero .art .icon,
    .over .mark {
      border: 4px solid CanvasText;
    }
    .options button[aria-pressed='true'],
    .keys .ok:not([aria-disabled='true']) {
      forced-color-adjust: none;
      background: Highlight;
      color: HighlightText;
    }
    [aria-disabled='true'] {
      color: GrayText;
      border-color: GrayText;
    }
    .digits {
      border: 2px solid CanvasText;
    }
    .link i,
    .dots i {
      forced-color-adjust: none;
      background: CanvasText;
    }
    .link[data-down] i {
      background: none;
      box-shadow: inset 0 0 0 0.18em CanvasText;
    }
  }
`;
