/* problem.ts - why a request failed: RFC 9457 problem+json, or no answer at all. */

export class ApiError extends Error {
  constructor(
    readonly status: number, // 0: no answer
    readonly code: string, // stable; 'network' and 'timeout' where there was no answer
    readonly detail: string,
    readonly requestId?: string,
    readonly retryAfterMs?: number,
  ) {
    super(`${code} (${status}) ${detail}`);
    this.name = 'ApiError';
  }
}

export async function problemOf(answer: Response): Promise<ApiError> {
  let body: Record<string, unknown> = {};
  try {
    body = (await answer.json()) as Record<string, unknown>;
  } catch {
    // a proxy's page: the status says enough
  }
  const seconds = Number(answer.headers.get('retry-after'));
  const wait = typeof body.retry_after_ms === 'number' ? body.retry_after_ms : seconds > 0 ? seconds * 1000 : undefined;
  return new ApiError(
    answer.status,
    typeof body.code === 'string' ? body.code : `http_${answer.status}`,
    typeof body.detail === 'string' ? body.detail : String(body.title ?? answer.statusText),
    typeof body.request_id === 'string' ? body.request_id : undefined,
    wait,
  );
}
