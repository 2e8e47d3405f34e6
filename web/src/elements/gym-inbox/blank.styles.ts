/* blank.styles.ts - what stands where there is nothing yet, or nothing at all. */
import {css} from 'lit';

export const blankStyles = css`
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
`;
