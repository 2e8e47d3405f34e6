/* token-source.ts - where a page's token comes from: the property getToken() or the attribute token-url (same-origin
 * POST -> {token, expires_at}). Read, never verified: that is the broker's and the API's business. */
import {ownerOf} from '../wire.js';
import type {Identity, Role} from '../wire.js';

/** Whoever gives tokens says that there is no session any more. */
export class DeniedError extends Error {
  constructor(message = 'the session has ended') {
    super(message);
    this.name = 'DeniedError';
  }
}

export interface TokenSourceOptions {
  getToken?: () => Promise<string>;
  tokenUrl?: string;
  fetch?: typeof fetch;
  now?: () => number;
}

export interface Token {
  text: string;
  identity: Identity;
  /** how long it is good for from when it came; milliseconds */
  lifeMs: number;
  cameAt: number;
}

const SPARE_MS = 60000; // a cached token with less life than this is not used
const TIMEOUT_MS = 10000;

export class TokenSource {
  private cached: Token | undefined;
  private asking: Promise<Token> | undefined;
  private owner: string | undefined;
  private readonly now: () => number;

  constructor(private readonly options: TokenSourceOptions) {
    this.now = options.now ?? Date.now;
  }

  /** A token good for a while yet. */
  async get(): Promise<Token> {
    const token = this.cached;
    if (token && token.cameAt + token.lifeMs - this.now() > Math.min(SPARE_MS, token.lifeMs / 2)) return token;
    return this.fresh();
  }

  /** A new one from the page; who asks meanwhile shares it. DeniedError: no session any more. */
  fresh(): Promise<Token> {
    this.asking ??= this.ask().finally(() => (this.asking = undefined));
    return this.asking;
  }

  /** The API refused this one: do not use it again. */
  forget(text: string): void {
    if (this.cached?.text === text) this.cached = undefined;
  }

  private async ask(): Promise<Token> {
    const text = await (this.options.getToken ? this.options.getToken() : this.post());
    if (typeof text !== 'string' || text === '') throw new DeniedError('the page gave no token');
    const token = readToken(text, this.now());
    const owner = ownerOf(token.identity);
    // what waits here is the first one's, and so is what the page shows
    if (owner !== (this.owner ??= owner)) throw new DeniedError('the page gave the token of somebody else');
    return (this.cached = token);
  }

  private async post(): Promise<string> {
    const {tokenUrl} = this.options;
    if (!tokenUrl) throw new DeniedError('neither getToken nor token-url is set');
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
    try {
      const answer = await (this.options.fetch ?? fetch)(tokenUrl, {
        method: 'POST', credentials: 'same-origin', signal: stop.signal,
        headers: {Accept: 'application/json', 'Content-Type': 'application/json'}, body: '{}',
      });
      if (answer.status === 401 || answer.status === 403) throw new DeniedError();
      if (!answer.ok) throw new Error(`${tokenUrl} answered ${answer.status}`);
      return ((await answer.json()) as {token: string}).token;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The claims of a token. Its life is measured from now, so that a wrong clock here does not end it early. */
function readToken(text: string, now: number): Token {
  const claims = decodeClaims(text);
  const {gym, role, sub, name, exp, iat} = claims;
  if (typeof gym !== 'string' || typeof role !== 'string' || typeof sub !== 'string' || typeof exp !== 'number') {
    throw new DeniedError('the token lacks gym, role, sub or exp');
  }
  const wholeMs = typeof iat === 'number' ? (exp - iat) * 1000 : 300000;
  const leftMs = exp * 1000 - now;
  return {
    text,
    cameAt: now,
    lifeMs: leftMs > 0 ? Math.min(leftMs, wholeMs) : wholeMs,
    identity: {gym, role: role as Role, sub, name: typeof name === 'string' ? name : undefined, rooms: roomsOf(claims)},
  };
}

function roomsOf(claims: Record<string, unknown>): string[] {
  if (Array.isArray(claims.rooms)) return claims.rooms.filter((r): r is string => typeof r === 'string');
  if (claims.role === 'client') return [claims.sub as string];
  return claims.role === 'kiosk' ? [`kiosk-${claims.sub as string}`] : [];
}

function decodeClaims(text: string): Record<string, unknown> {
  try {
    const body = text.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/');
    const bytes = Uint8Array.from(atob(body), (c) => c.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    throw new DeniedError('what the page gave is no token');
  }
}
