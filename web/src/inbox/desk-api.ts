/* desk-api.ts - the routes of the API that only the desk uses. */
import type {Api} from '../api/client.js';
import type {StoredMessage} from '../wire.js';
import type {Canned} from './canned.js';

export interface Hit {
  room: string;
  title?: string | null;
  /** the words around the match, in parts: text, never markup */
  snippet: {text: string; match: boolean}[];
  message: StoredMessage;
}

const HITS = 20;

export async function searchMessages(api: Api, gym: string, words: string, stop?: AbortSignal): Promise<Hit[]> {
  const query = new URLSearchParams({q: words, limit: String(HITS)});
  return (await api.get<{results: Hit[]}>(`/v1/gyms/${encodeURIComponent(gym)}/search?${query}`, 0, stop)).results;
}

export async function loadCanned(api: Api, gym: string): Promise<Canned[]> {
  return (await api.get<{canned: Canned[]}>(`/v1/gyms/${encodeURIComponent(gym)}/canned`)).canned;
}

export async function saveCanned(api: Api, gym: string, list: readonly Canned[]): Promise<Canned[]> {
  return (await api.put<{canned: Canned[]}>(`/v1/gyms/${encodeURIComponent(gym)}/canned`, {canned: list})).canned;
}
