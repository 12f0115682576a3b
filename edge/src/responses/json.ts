/** An answer of the edge's own API: JSON that nothing keeps. */
export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  Response.json(body, { status, headers: { 'cache-control': 'no-store', ...headers } });

export const noContent = (): Response => new Response(null, { status: 204 });
