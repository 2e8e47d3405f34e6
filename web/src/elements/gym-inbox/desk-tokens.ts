/* desk-tokens.ts - what the desk adds to shared/tokens.ts: notes are yellow, who stands at the door is lit, faces have
 * quiet colours. Text on each ground >= 4.5:1 in both themes (test/desk-colors.test.ts). */
import {css} from 'lit';

const light = css`
  --gc-note-bg: #fff4cc;
  --gc-note-line: #e3c766;
  --gc-note: #4a3b00;
  --gc-lit-bg: #fdf1e4;
  --gc-lit: #8f4400;
  --gc-field: #838d97;
  --gc-face0-bg: #d3ebe7;
  --gc-face0: #0a4f49;
  --gc-face1-bg: #dde5f7;
  --gc-face1: #2a4380;
  --gc-face2-bg: #f3e0ea;
  --gc-face2: #7a2a55;
  --gc-face3-bg: #ece6d2;
  --gc-face3: #57490f;
  --gc-face4-bg: #e6e0f5;
  --gc-face4: #4b3587;
  --gc-face5-bg: #dcebd6;
  --gc-face5: #2d5420;
`;

const dark = css`
  --gc-note-bg: #352c10;
  --gc-note-line: #7d6721;
  --gc-note: #ffeab0;
  --gc-lit-bg: #35251a;
  --gc-lit: #ffbb85;
  --gc-field: #6f7b87;
  --gc-face0-bg: #17403b;
  --gc-face0: #9be3da;
  --gc-face1-bg: #263557;
  --gc-face1: #b9ccfb;
  --gc-face2-bg: #4a2438;
  --gc-face2: #f6bdd8;
  --gc-face3-bg: #3d3615;
  --gc-face3: #e9db9d;
  --gc-face4-bg: #372c5a;
  --gc-face4: #d0c2fa;
  --gc-face5-bg: #26401d;
  --gc-face5: #bfe2b1;
`;

export const deskTokens = css`
  :host {
    ${light}
  }
  @media (prefers-color-scheme: dark) {
    :host(:not([theme='light'])) {
      ${dark}
    }
  }
  :host([theme='dark']) {
    ${dark}
  }
`;
