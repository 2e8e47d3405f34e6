/* client.ts - the HTTP API (docs: /openapi.yaml) with fetch: a method a path, a token that is refreshed once where the
 * API refuses it. Throws ApiError, or DeniedError where there is no session any more. */
import {DeniedError} from '../tokens/token-source.js';
import type {Token, TokenSource} from '../tokens/token-source.js';
import type {Envelope, Me, MessagePage, Receipt, RoomInfo, RoomsPage} from '../wire.js';
import {ApiError, problemOf} from './problem.js';

const TIMEOUT_MS = 15000;

export interface PageQuery {
  before?: number;
  after?: number;
  limit?: number;
  /** long poll, seconds */
  wait?: number;
}

export interface Presence {
  people: {role: string; who: string; online?: boolean; last_seen?: string | null; name?: string | null}[];
}

/** The last answer of a long poll. Sent along with the next question, so that nothing between the two is missed. */
export interface Seen<T> {
  tag?: string | null;
  answer?: T;
}

export class Api {
  constructor(
    private readonly tokens: TokenSource,
    private readonly base = '',
    private readonly doFetch: typeof fetch = (...args) => fetch(...args),
  ) {}

  /** Who this very token says we are; no second token is tried. */
  async meWith(token: Token): Promise<Me> {
    const answer = await this.ask('/v1/me', {headers: {Authorization: `Bearer ${token.text}`}}, TIMEOUT_MS);
    if (answer.status === 401) throw new DeniedError();
    if (!answer.ok) throw await problemOf(answer);
    return (await answer.json()) as Me;
  }

  messages(gym: string, room: string, query: PageQuery = {}, stop?: AbortSignal, seen?: Seen<MessagePage>): Promise<MessagePage> {
    return this.get(`${roomPath(gym, room)}/messages${search(query)}`, query.wait, stop, seen);
  }

  room(gym: string, room: string): Promise<RoomInfo> {
    return this.get(roomPath(gym, room));
  }

  rooms(
    gym: string, query: Record<string, string | number | undefined> = {}, stop?: AbortSignal, seen?: Seen<RoomsPage>,
  ): Promise<RoomsPage> {
    return this.get(`/v1/gyms/${encodeURIComponent(gym)}/rooms${search(query)}`, Number(query.wait ?? 0), stop, seen);
  }

  presence(gym: string): Promise<Presence> {
    return this.get(`/v1/gyms/${encodeURIComponent(gym)}/presence`);
  }

  /** 201: stored, with its seq; 202: the broker has it, so it is still queued. */
  async send(gym: string, room: string, envelope: Envelope): Promise<{status: number; seq?: number}> {
    const answer = await this.request('POST', `${roomPath(gym, room)}/messages`, envelope);
    const body = (await answer.json()) as {seq?: number};
    return {status: answer.status, seq: body.seq};
  }

  async sendNote(gym: string, room: string, envelope: Envelope): Promise<{status: number; seq?: number}> {
    const answer = await this.request('POST', `${roomPath(gym, room)}/notes`, envelope);
    const body = (await answer.json()) as {seq?: number};
    return {status: answer.status, seq: body.seq};
  }

  async mark(gym: string, room: string, receipt: Receipt): Promise<void> {
    await this.request('PUT', `${roomPath(gym, room)}/receipt`, receipt);
  }

  async patchRoom(gym: string, room: string, change: Record<string, unknown>): Promise<RoomInfo> {
    return (await (await this.request('PATCH', roomPath(gym, room), change)).json()) as RoomInfo;
  }

  /** Any other path of the API, for what this class has no method for yet. */
  async get<T>(path: string, waitSec = 0, stop?: AbortSignal, seen?: Seen<T>): Promise<T> {
    const answer = await this.request('GET', path, undefined, TIMEOUT_MS + waitSec * 1000, stop, seen?.tag);
    if (answer.status === 304) return seen!.answer!;
    const body = (await answer.json()) as T;
    if (seen) Object.assign(seen, {tag: answer.headers.get('ETag'), answer: body});
    return body;
  }

  async put<T>(path: string, body: unknown): Promise<T> {
    return (await (await this.request('PUT', path, body)).json()) as T;
  }

  private async request(
    method: string, path: string, body?: unknown, timeoutMs = TIMEOUT_MS, stop?: AbortSignal, tag?: string | null,
  ): Promise<Response> {
    for (let again = false; ; again = true) {
      const token = await (again ? this.tokens.fresh() : this.tokens.get());
      const answer = await this.ask(path, {
        method,
        headers: {
          Authorization: `Bearer ${token.text}`,
          ...(body === undefined ? {} : {'Content-Type': 'application/json'}),
          ...(tag ? {'If-None-Match': tag} : {}),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      }, timeoutMs, stop);
      if (answer.ok || (tag && answer.status === 304)) return answer;
      if (answer.status !== 401) throw await problemOf(answer);
      this.tokens.forget(token.text);
      if (again) throw new DeniedError();
    }
  }

  /** fetch with a time limit; no answer is an ApiError too. */
  private async ask(path: string, init: RequestInit, timeoutMs: number, stop?: AbortSignal): Promise<Response> {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), timeoutMs);
    const abort = (): void => limit.abort();
    stop?.addEventListener('abort', abort);
    try {
      return await this.doFetch(this.base + path, {
        ...init, signal: limit.signal, cache: 'no-store', credentials: 'omit',
        headers: {Accept: 'application/json', ...init.headers},
      });
    } catch (error) {
      const why = stop?.aborted ? 'aborted' : limit.signal.aborted ? 'timeout' : 'network';
      throw new ApiError(0, why, String(error));
    } finally {
      clearTimeout(timer);
      stop?.removeEventListener('abort', abort);
    }
  }
}

function roomPath(gym: string, room: string): string {
  return `/v1/gyms/${encodeURIComponent(gym)}/rooms/${encodeURIComponent(room)}`;
}

function search(query: object): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  return pairs.length ? `?${new URLSearchParams(pairs.map(([k, v]) => [k, String(v)])).toString()}` : '';
}
