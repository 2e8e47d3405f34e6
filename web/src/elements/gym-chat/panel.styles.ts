/* panel.styles.ts - the open chat: 380x600 above the page's corner, the whole screen on a phone. */
import {css} from 'lit';

export const panelStyles = css`
  :host {
    position: fixed;
    z-index: var(--gym-chat-layer, 2147483000);
    right: max(var(--gym-chat-right, 16px), env(safe-area-inset-right));
    bottom: max(var(--gym-chat-bottom, 16px), env(safe-area-inset-bottom));
    width: min(var(--gym-chat-width, 23.75em), calc(100vw - 32px));
    height: min(var(--gym-chat-height, 37.5em), calc(100vh - 32px));
    height: min(var(--gym-chat-height, 37.5em), calc(100dvh - 32px));
    display: flex;
    flex-direction: column;
    border-radius: var(--gym-chat-radius, 16px);
    overflow: hidden;
    box-shadow: var(--gc-shadow);
    animation: rise 150ms ease-out;
  }
  :host(:not([shown])) {
    display: none;
  }
  @keyframes rise {
    from { opacity: 0; transform: translateY(8px); }
  }
  @media (max-width: 600px), (max-height: 480px) {
    :host(:not([inline])) {
      inset: 0;
      top: var(--gc-viewport-top, 0);
      bottom: auto;
      width: auto;
      height: 100vh;
      height: var(--gc-viewport, 100dvh);
      border-radius: 0;
    }
  }
  :host([inline]) {
    position: relative;
    inset: auto;
    z-index: 0;
    width: auto;
    height: 100%;
    border-radius: var(--gym-chat-radius, 0);
    box-shadow: none;
    animation: none;
  }
  .frame {
    flex: 1;
    min-height: 0;
    display: flex;
    flex-direction: column;
  }
  header {
    display: flex;
    align-items: center;
    gap: 12px;
    padding: 12px 8px 12px 16px;
    padding-top: max(12px, env(safe-area-inset-top));
    background: var(--gc-accent);
    color: var(--gc-on-accent);
  }
  .close {
    order: 1;
    margin-left: auto;
  }
  .close[data-back] {
    order: 0;
    margin: 0 -8px 0 -12px;
  }
  .avatar {
    display: grid;
    place-items: center;
    width: 40px;
    height: 40px;
    flex: none;
    border-radius: 50%;
    background: color-mix(in srgb, var(--gc-on-accent) 18%, transparent);
    font-weight: 700;
  }
  .avatar .icon {
    width: 22px;
    height: 22px;
  }
  .who {
    flex: 1;
    min-width: 0;
  }
  h2 {
    font-size: 1.0625em;
    font-weight: 700;
    line-height: 1.3;
    overflow: hidden;
    overflow-wrap: anywhere;
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 4; /* a usual name at twice the size on the narrowest phone; only an absurd one is cut */
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    gap: 0 0.4em;
    font-size: 0.8125em;
    line-height: 1.35;
  }
  .fact:not(:last-child)::after {
    content: ' ·';
  }
  .facts .dot {
    display: inline-block;
    width: 8px;
    height: 8px;
    margin-right: 6px;
    border-radius: 50%;
    background: #7dffb2;
    box-shadow: 0 0 0 1px rgb(0 0 0 / 25%);
  }
  header button {
    padding: 0;
    display: grid;
    place-items: center;
  }
  header button:focus-visible {
    outline-color: currentColor;
    outline-offset: -4px;
  }
  header button:hover {
    background: color-mix(in srgb, var(--gc-on-accent) 14%, transparent);
  }
  message-list {
    flex: 1;
  }
  .notice {
    flex: 1;
    display: grid;
    place-content: center;
    padding: 24px;
    text-align: center;
    color: var(--gc-muted);
  }
  .notice .icon {
    width: 40px;
    height: 40px;
    margin: 0 auto 12px;
    stroke-width: 1.5;
  }
  .empty {
    margin: auto 0;
    padding: 24px 8px;
    text-align: center;
  }
  .empty h3 {
    font-size: 1.25em;
    font-weight: 700;
  }
  .empty p {
    margin-top: 4px;
    color: var(--gc-muted);
  }
  .chips {
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    gap: 8px;
    margin-top: 20px;
  }
  .chips button {
    padding: 0 16px;
    border-radius: 22px;
    color: var(--gc-accent-ink);
    box-shadow: inset 0 0 0 1.5px var(--gc-accent-ink);
    font-weight: 600;
  }
  .chips button:hover {
    background: var(--gc-surface);
  }
`;
