/* panel.styles.ts - the open chat: 380x600 above the page's corner, the whole screen on a phone. */
import {css} from 'lit';

export const panelStyles = css`
  :host {
    position: fixed;
    z-index: 2147483000;
    right: max(16px, env(safe-area-inset-right));
    bottom: max(16px, env(safe-area-inset-bottom));
    width: min(380px, calc(100vw - 32px));
    height: min(600px, calc(100dvh - 32px));
    display: flex;
    flex-direction: column;
    border-radius: 16px;
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
    :host {
      inset: 0;
      width: auto;
      height: var(--gc-viewport, 100dvh);
      bottom: auto;
      border-radius: 0;
    }
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
    font-size: 17px;
    font-weight: 700;
    line-height: 1.3;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    gap: 0 12px;
    font-size: 13px;
    line-height: 1.35;
  }
  .fact {
    white-space: nowrap;
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
  .empty {
    margin: auto 0;
    padding: 24px 8px;
    text-align: center;
  }
  .empty h3 {
    font-size: 20px;
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
