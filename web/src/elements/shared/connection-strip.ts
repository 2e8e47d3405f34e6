/* connection-strip.ts - one line that says how things stand, announced once a change (the seconds are not). */
import {css, html, LitElement, nothing} from 'lit';
import {customElement, property} from 'lit/decorators.js';
import type {Strip} from '../../session/strip.js';
import {textOf} from '../../text.js';
import type {Say} from '../../text.js';
import {icon} from './icons.js';
import {basics} from './tokens.js';

/** @fires strip-retry {CustomEvent<void>} the person does not want to wait. --bubbles --composed
 *  @fires strip-noted {CustomEvent<void>} the person has read it. --bubbles --composed */
@customElement('connection-strip')
export class ConnectionStrip extends LitElement {
  @property({attribute: false}) strip: Strip = {kind: 'none'};
  @property({attribute: false}) say: Say = textOf('es');

  static override styles = [basics, css`
    .strip {
      display: flex;
      align-items: center;
      gap: 8px;
      padding: 2px 8px 2px 16px;
      min-height: 44px;
      font-size: 0.875em;
      line-height: 1.35;
      background: var(--gc-warn-bg);
      color: var(--gc-warn);
    }
    .strip[data-kind='expired'] {
      background: var(--gc-danger-bg);
      color: var(--gc-danger);
    }
    .icon {
      width: 20px;
      height: 20px;
    }
    .words {
      flex: 1;
    }
    button {
      font-weight: 600;
      text-decoration: underline;
      text-underline-offset: 3px;
    }
  `];

  protected override render() {
    const {kind, text, seconds, action} = this.strip;
    const shown = kind !== 'none' && text !== undefined;
    return html`
      <div class="hidden" role="status">${shown ? this.say(text) : ''}</div>
      ${shown ? html`
        <div class="strip" data-kind=${kind} part="strip">
          ${icon(kind === 'behind' || kind === 'memory' ? 'alert' : 'offline')}
          <span class="words" aria-hidden="true">${
            seconds !== undefined ? this.say('strip.reconnectingIn', {seconds}) : this.say(text)}</span>
          ${action ? html`<button @click=${() => this.tell(action)}>${this.say(`strip.${action}`)}</button>` : nothing}
        </div>` : nothing}
    `;
  }

  private tell(what: string): void {
    this.dispatchEvent(new CustomEvent(`strip-${what}`, {bubbles: true, composed: true}));
  }
}
