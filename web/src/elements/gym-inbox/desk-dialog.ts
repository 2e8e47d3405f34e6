/* desk-dialog.ts - a modal window over the desk: the browser's own dialog, so that the rest is inert, Esc closes and the
 * focus comes back to where it was. */
import {css, html, LitElement} from 'lit';
import {customElement, property, query} from 'lit/decorators.js';
import {textOf} from '../../text.js';
import type {Say} from '../../text.js';
import {icon} from '../shared/icons.js';
import {basics} from '../shared/tokens.js';

/** @fires dialog-close {CustomEvent<void>} closed, however. */
@customElement('desk-dialog')
export class DeskDialog extends LitElement {
  /** the heading, and the dialog's name */
  @property() heading = '';
  @property({attribute: false}) say: Say = textOf('es');
  @query('dialog') private dialog!: HTMLDialogElement;
  private cameFrom: HTMLElement | undefined;

  static override styles = [basics, css`
    dialog {
      width: min(520px, calc(100vw - 32px));
      max-height: min(720px, calc(100dvh - 32px));
      padding: 0;
      border: 0;
      border-radius: 16px;
      background: var(--gc-bg);
      color: var(--gc-text);
      box-shadow: var(--gc-shadow), 0 0 0 1px var(--gc-line);
      overflow: hidden;
    }
    dialog[open] {
      display: flex;
      flex-direction: column;
      animation: rise 140ms ease-out;
    }
    @keyframes rise {
      from { opacity: 0; transform: translateY(8px); }
    }
    dialog::backdrop {
      background: rgb(10 14 18 / 45%);
    }
    header {
      display: flex;
      align-items: center;
      gap: 8px;
      padding: 12px 8px 4px 24px;
    }
    h2 {
      flex: 1;
      font-size: 18px;
      font-weight: 700;
    }
    .close {
      padding: 0;
      display: grid;
      place-items: center;
    }
    .close:hover {
      background: var(--gc-sunken);
    }
    .body {
      overflow-y: auto;
      padding: 4px 24px 24px;
    }
    :host([wide]) dialog {
      width: min(680px, calc(100vw - 32px));
    }
    :host([bare]) header {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
      padding: 0;
    }
    :host([bare]) .body {
      padding: 0;
    }
    :host([bare]) dialog {
      margin-top: 12vh;
    }
    @media (max-width: 480px) {
      .body {
        padding: 4px 16px 16px;
      }
      header {
        padding-left: 16px;
      }
    }
    @media (forced-colors: active) {
      dialog {
        border: 2px solid CanvasText;
      }
    }
  `];

  override firstUpdated(): void {
    this.cameFrom = deepFocus();
    this.dialog.showModal();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.cameFrom?.isConnected && this.cameFrom.focus();
  }

  close(): void {
    this.dialog.close();
  }

  protected override render() {
    return html`<dialog aria-labelledby="heading" @close=${this.closed} @click=${this.clicked} @keydown=${stop}>
      <header><h2 id="heading">${this.heading}</h2>
        <button class="close" aria-label=${this.say('app.close')} @click=${this.close}>${icon('close')}</button></header>
      <div class="body"><slot></slot></div></dialog>`;
  }

  private closed(): void {
    this.dispatchEvent(new CustomEvent('dialog-close'));
  }

  /** Beside the window. */
  private clicked(event: MouseEvent): void {
    if (event.target === this.dialog) this.close();
  }
}

/** The desk's shortcuts are not for what happens in here. */
function stop(event: KeyboardEvent): void {
  event.stopPropagation();
}

/** What has the focus, through all shadow roots. */
function deepFocus(): HTMLElement | undefined {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at instanceof HTMLElement && at !== document.body ? at : undefined;
}
