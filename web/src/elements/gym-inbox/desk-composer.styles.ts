/* desk-composer.styles.ts - one calm box; yellow while it holds an internal note. */
import {css} from 'lit';

export const composerStyles = css`
  :host {
    display: block;
    background: var(--gc-bg);
  }
  form {
    position: relative;
    padding: 0 16px 16px;
    padding-bottom: max(16px, env(safe-area-inset-bottom));
  }
  .modes {
    display: flex;
    gap: 4px;
    padding: 0 8px;
  }
  .modes button {
    display: flex;
    align-items: center;
    gap: 6px;
    padding: 0 14px;
    border-radius: 12px 12px 0 0;
    font-size: 14px;
    font-weight: 600;
    color: var(--gc-muted);
  }
  .modes .icon {
    width: 16px;
    height: 16px;
  }
  .modes button:hover {
    color: var(--gc-text);
  }
  .modes button[aria-checked='true'] {
    color: var(--gc-accent-ink);
    box-shadow: inset 0 -3px 0 var(--gc-accent-ink);
  }
  .modes button[data-mode='note'][aria-checked='true'] {
    color: var(--gc-note);
    box-shadow: inset 0 -3px 0 var(--gc-note);
  }
  .modes button:focus-visible {
    outline-offset: -3px;
  }
  .field {
    border-radius: 16px;
    background: var(--gc-surface);
    box-shadow: inset 0 0 0 1px var(--gc-line);
  }
  .field:focus-within {
    box-shadow: inset 0 0 0 2px var(--gc-accent-ink);
  }
  :host([mode='note']) .field {
    background: var(--gc-note-bg);
    color: var(--gc-note);
    box-shadow: inset 0 0 0 1px var(--gc-note-line);
  }
  :host([mode='note']) .field:focus-within {
    box-shadow: inset 0 0 0 2px var(--gc-note);
  }
  textarea {
    display: block;
    width: 100%;
    min-height: 56px;
    max-height: 208px;
    padding: 12px 16px 0;
    border: 0;
    outline: 0;
    resize: none;
    background: none;
    font-size: max(16px, 1em);
    line-height: 24px;
    overflow-y: auto;
    field-sizing: content;
  }
  textarea:focus-visible {
    outline: 0;
  }
  textarea::placeholder {
    color: inherit;
    opacity: 0.72;
  }
  .foot {
    display: flex;
    align-items: center;
    flex-wrap: wrap;
    gap: 0 8px;
    padding: 2px 6px 6px;
  }
  .gap {
    flex: 1;
  }
  .tool {
    display: flex;
    align-items: center;
    gap: 8px;
    padding: 0 10px;
    font-size: 14px;
    color: var(--gc-muted);
  }
  .hint {
    flex: 1 1 10em;
    padding-left: 10px;
  }
  :host([mode='note']) .gap {
    display: none;
  }
  :host([mode='note']) .tool,
  :host([mode='note']) .hint {
    color: inherit;
  }
  .tool .icon {
    width: 20px;
    height: 20px;
  }
  .tool:hover {
    background: var(--gc-sunken);
    color: var(--gc-text);
  }
  .hint,
  .left {
    font-size: 13px;
    line-height: 1.3;
    color: var(--gc-muted);
  }
  .left[data-over] {
    color: var(--gc-danger);
    font-weight: 600;
  }
  .send {
    display: flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    flex: none;
    margin-left: auto;
    padding: 0 10px;
    border-radius: 22px;
    background: var(--gc-accent);
    color: var(--gc-on-accent);
    font-size: 14px;
    font-weight: 600;
  }
  .send .icon {
    width: 22px;
    height: 22px;
  }
  :host([mode='note']) .send {
    padding: 0 16px;
    background: var(--gc-note);
    color: var(--gc-note-bg);
  }
  :host([mode='note']) .send .icon {
    width: 18px;
    height: 18px;
  }
  .send:disabled,
  :host([mode='note']) .send:disabled {
    background: none;
    color: inherit;
    opacity: 0.55;
  }
  .conflict {
    display: flex;
    align-items: center;
    flex-wrap: wrap;
    gap: 4px 12px;
    margin: 0 16px 8px;
    padding: 4px 8px 4px 16px;
    border-radius: 12px;
    background: var(--gc-warn-bg);
    color: var(--gc-warn);
    font-size: 14px;
  }
  .conflict .icon {
    width: 20px;
    height: 20px;
  }
  .conflict .words {
    flex: 1 1 200px;
  }
  .conflict .do {
    display: flex;
    flex-wrap: wrap;
  }
  .conflict button {
    font-weight: 600;
    text-decoration: underline;
    text-underline-offset: 3px;
  }
  .choices {
    position: absolute;
    z-index: 10;
    left: 16px;
    right: 16px;
    bottom: 100%;
    display: flex;
    flex-direction: column;
    max-height: min(340px, 50vh);
    border-radius: 14px;
    background: var(--gc-bg);
    color: var(--gc-text);
    box-shadow: var(--gc-shadow), 0 0 0 1px var(--gc-line);
    overflow: hidden;
  }
  .choices ul {
    overflow-y: auto;
    padding: 6px 6px 0;
  }
  .choices p {
    padding: 16px;
    color: var(--gc-muted);
  }
  .choices li {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 0 12px;
    padding: 8px 12px;
    border-radius: 10px;
    cursor: pointer;
  }
  .choices li[aria-selected='true'] {
    background: var(--gc-sunken);
    box-shadow: inset 3px 0 0 var(--gc-accent-ink);
  }
  .choices li:hover {
    background: var(--gc-sunken);
  }
  .choices b {
    font-weight: 600;
  }
  .choices .key {
    font-size: 13px;
    color: var(--gc-muted);
  }
  .choices .words {
    grid-column: 1 / -1;
    font-size: 14px;
    color: var(--gc-muted);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .edit {
    flex: none;
    align-self: flex-start;
    margin: 4px 6px 6px;
    font-size: 14px;
    font-weight: 600;
    color: var(--gc-accent-ink);
  }
  @media (forced-colors: active) {
    .field,
    .choices,
    .conflict {
      border: 1px solid CanvasText;
    }
    .modes button[aria-checked='true'] {
      border: 2px solid Highlight;
    }
    :host([mode='note']) .send {
      color: ButtonText;
    }
    .choices li[aria-selected='true'] {
      outline: 2px solid Highlight;
      outline-offset: -2px;
    }
  }
`;
