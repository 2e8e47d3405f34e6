/* message-list.styles.ts - bubbles, headings, lines. */
import {css} from 'lit';

export const listStyles = css`
  :host {
    position: relative;
    display: flex;
    flex-direction: column;
    min-height: 0;
    background: var(--gc-bg);
  }
  .scroll {
    flex: 1;
    min-height: 0;
    overflow-y: auto;
    overflow-x: hidden;
    overscroll-behavior: contain;
    padding: 8px 16px 16px;
    display: flex;
    flex-direction: column;
  }
  .scroll::before {
    content: '';
    margin-top: auto; /* few messages stand at the bottom, many still scroll to the top */
  }
  li {
    border-radius: 12px;
  }
  li:focus-visible {
    outline-offset: 0;
  }
  .message {
    display: flex;
    flex-direction: column;
    align-items: flex-start;
    margin-top: 2px;
    content-visibility: auto;
    contain-intrinsic-size: auto 48px;
  }
  .message[data-first] {
    margin-top: 12px;
  }
  .message[data-own] {
    align-items: flex-end;
  }
  .author {
    padding: 0 4px 2px;
    font-size: 0.8125em;
    font-weight: 600;
    color: var(--gc-muted);
    max-width: 100%;
    overflow-wrap: anywhere;
  }
  .line {
    display: flex;
    align-items: center;
    align-self: stretch;
    gap: 2px;
  }
  .message[data-own] .line {
    flex-direction: row-reverse;
  }
  .bubble {
    max-width: min(85%, 35em);
    padding: 8px 14px;
    border-radius: 16px;
    background: var(--gc-bubble);
    overflow-wrap: anywhere;
    white-space: pre-wrap;
    unicode-bidi: plaintext;
  }
  .message[data-last]:not([data-own]) .bubble {
    border-bottom-left-radius: 4px;
  }
  .message[data-last][data-own] .bubble {
    border-bottom-right-radius: 4px;
  }
  .message[data-own] .bubble {
    background: var(--gc-accent);
    color: var(--gc-on-accent);
  }
  .message[data-own][data-state='queued'] .bubble {
    background: none;
    color: var(--gc-text);
    box-shadow: inset 0 0 0 1.5px var(--gc-accent-ink);
  }
  .message[data-own][data-state='rejected'] .bubble {
    background: var(--gc-danger-bg);
    color: var(--gc-text);
    box-shadow: inset 0 0 0 1.5px var(--gc-danger);
  }
  .message[data-kind='note'] .bubble,
  .message[data-kind='note'][data-own] .bubble {
    background: var(--gc-note-bg, var(--gc-warn-bg));
    color: var(--gc-note, var(--gc-warn));
    box-shadow: inset 0 0 0 1px var(--gc-note-line, currentColor);
  }
  .mark {
    display: flex;
    align-items: center;
    gap: 4px;
    margin-bottom: 2px;
    font-size: 0.8125em;
    font-weight: 700;
    line-height: 1.35;
  }
  .mark .icon {
    width: 14px;
    height: 14px;
  }
  .bubble a {
    color: inherit;
    text-decoration: underline;
    text-underline-offset: 2px;
  }
  .quote {
    display: block;
    width: 100%;
    min-height: 0;
    margin: 0 0 6px;
    padding: 4px 8px 4px 10px;
    border-radius: 4px 8px 8px 4px;
    border-left: 3px solid currentColor;
    background: color-mix(in srgb, currentColor 9%, transparent);
    font-size: 0.875em;
    line-height: 1.35;
    text-align: start;
    white-space: normal;
  }
  .quoted {
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
    overflow: hidden;
  }
  .quote b {
    display: block;
    font-weight: 600;
  }
  .meta {
    display: flex;
    align-items: center;
    gap: 6px;
    padding: 3px 4px 4px;
    font-size: 0.8125em;
    line-height: 1.3;
    color: var(--gc-muted);
    font-variant-numeric: tabular-nums;
  }
  .message[data-state='read'] .meta .tick {
    color: var(--gc-accent-ink);
  }
  .limited {
    padding: 2px 4px 0;
    font-size: 0.875em;
    line-height: 1.35;
    text-align: end;
    color: var(--gc-warn-ink);
  }
  .refused {
    max-width: min(85%, 35em);
    padding: 4px 4px 0;
    font-size: 0.875em;
    line-height: 1.35;
    text-align: end;
    color: var(--gc-danger);
  }
  .refused .tick {
    margin-inline-end: 4px;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 8px;
    padding: 4px 0;
  }
  .message[data-own] .actions {
    justify-content: flex-end;
  }
  .do {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-height: 44px;
    padding: 0 14px 0 10px;
    border-radius: 22px;
    background: var(--gc-bg);
    color: var(--gc-accent-ink);
    box-shadow: inset 0 0 0 1.5px var(--gc-line);
    font-size: 0.875em;
    font-weight: 600;
    text-decoration: none;
    cursor: pointer;
  }
  .do:hover,
  .beside:hover {
    background: var(--gc-surface);
  }
  .do .icon,
  .beside .icon {
    width: 18px;
    height: 18px;
  }
  .beside {
    display: grid;
    place-items: center;
    flex: none;
    margin-block: -8px; /* its row does not grow for it */
    padding: 0;
    border-radius: 22px;
    color: var(--gc-muted);
  }
  .do:focus-visible,
  .bubble :focus-visible {
    outline-offset: -3px; /* the row clips what is outside */
  }
  .message[data-flash] .bubble {
    animation: flash 1.6s ease-out;
  }
  @keyframes flash {
    0%, 40% { outline: 3px solid var(--gc-accent-ink); outline-offset: 2px; }
    100% { outline: 3px solid transparent; outline-offset: 2px; }
  }
  .event {
    display: flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    margin: 12px 0 4px;
    font-size: 0.875em;
    color: var(--gc-muted);
    text-align: center;
  }
  .event span {
    display: inline-flex;
    align-items: center;
    gap: 8px;
    padding: 5px 14px 5px 10px;
    border-radius: 999px;
    background: var(--gc-surface);
    box-shadow: inset 0 0 0 1px var(--gc-line);
  }
  .event .icon {
    width: 18px;
    height: 18px;
    color: var(--gc-accent-ink);
  }
  .day,
  .unread {
    display: flex;
    align-items: center;
    gap: 12px;
    margin: 20px 0 8px;
    font-size: 0.8125em;
    font-weight: 600;
    color: var(--gc-muted);
  }
  .day::before,
  .day::after,
  .unread::before,
  .unread::after {
    content: '';
    flex: 1;
    border-top: 1px solid var(--gc-line);
  }
  .unread {
    color: var(--gc-accent-ink);
  }
  .unread::before,
  .unread::after {
    border-color: currentColor;
  }
  .typing {
    display: flex;
    align-items: center;
    gap: 8px;
    min-height: 32px;
    padding: 8px 4px 0;
    font-size: 0.875em;
    color: var(--gc-muted);
  }
  .dots {
    display: inline-flex;
    gap: 4px;
    padding: 10px 12px;
    border-radius: 16px;
    background: var(--gc-bubble);
  }
  .dots i {
    width: 6px;
    height: 6px;
    border-radius: 50%;
    background: currentColor;
    animation: dot 1.2s infinite ease-in-out;
  }
  .dots i:nth-child(2) {
    animation-delay: 150ms;
  }
  .dots i:nth-child(3) {
    animation-delay: 300ms;
  }
  @keyframes dot {
    0%, 60%, 100% { opacity: 0.35; }
    30% { opacity: 1; }
  }
  .older {
    align-self: center;
    font-size: 0.875em;
    font-weight: 600;
    color: var(--gc-accent-ink);
  }
  .jump {
    position: absolute;
    right: 16px;
    bottom: 12px;
    display: flex;
    align-items: center;
    justify-content: center;
    gap: 6px;
    border-radius: 22px;
    background: var(--gc-bg);
    color: var(--gc-accent-ink);
    font-size: 0.875em;
    font-weight: 600;
    box-shadow: var(--gc-shadow), inset 0 0 0 1px var(--gc-line);
  }
  .jump .icon {
    width: 20px;
    height: 20px;
  }
  .skeleton {
    display: flex;
    flex-direction: column;
    gap: 12px;
    padding-top: 24px;
  }
  .skeleton i {
    height: 44px;
    width: 58%;
    border-radius: 16px;
    background: var(--gc-bubble);
    animation: breathe 1.4s infinite ease-in-out;
  }
  .skeleton i:nth-child(even) {
    align-self: flex-end;
    width: 44%;
  }
  @keyframes breathe {
    0%, 100% { opacity: 1; }
    50% { opacity: 0.5; }
  }
  .failed {
    margin: auto;
    padding: 24px;
    text-align: center;
    color: var(--gc-muted);
  }
  .failed button {
    font-weight: 600;
    color: var(--gc-accent-ink);
  }
  @media (forced-colors: active) {
    .bubble {
      border: 1px solid CanvasText;
    }
    .message[data-own] .bubble {
      border-width: 2px;
    }
    .message[data-state='read'] .meta .tick,
    .event .icon {
      color: CanvasText;
    }
    .tick .knock,
    .tick .edge {
      stroke: Canvas;
    }
  }
`;
