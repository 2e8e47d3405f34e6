/* rail.styles.ts - the desk's narrow column of trays; a bar where there is no room for it. */
import {css} from 'lit';

export const railStyles = css`
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
  @media (forced-colors: active) {
    .shelf[aria-current] {
      border: 3px solid Highlight;
    }
  }
`;
