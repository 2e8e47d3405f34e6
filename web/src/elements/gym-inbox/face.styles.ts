/* face.styles.ts - the round picture with two letters, in one of six quiet colours (desk-tokens.ts). */
import {css} from 'lit';

export const faceStyles = css`
  .face {
    position: relative;
    display: grid;
    place-items: center;
    flex: none;
    width: 44px;
    height: 44px;
    border-radius: 50%;
    font-size: 16px;
    font-weight: 700;
    background: var(--gc-face0-bg);
    color: var(--gc-face0);
  }
  .face[data-hue='1'] { background: var(--gc-face1-bg); color: var(--gc-face1); }
  .face[data-hue='2'] { background: var(--gc-face2-bg); color: var(--gc-face2); }
  .face[data-hue='3'] { background: var(--gc-face3-bg); color: var(--gc-face3); }
  .face[data-hue='4'] { background: var(--gc-face4-bg); color: var(--gc-face4); }
  .face[data-hue='5'] { background: var(--gc-face5-bg); color: var(--gc-face5); }
  .face .icon {
    width: 22px;
    height: 22px;
  }
  .face .on {
    position: absolute;
    right: 0;
    bottom: 0;
    width: 14px;
    height: 14px;
    border: 2.5px solid var(--gc-surface);
    border-radius: 50%;
    background: var(--gc-ok);
  }
  @media (forced-colors: active) {
    .face {
      border: 1px solid CanvasText;
    }
  }
`;
