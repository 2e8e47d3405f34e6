/* inbox-dialogs.styles.ts - what the desk's small windows hold. */
import {css} from 'lit';

export const dialogStyles = css`
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
