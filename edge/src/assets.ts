/** Static files, of the console and of every version of the lab that has been built. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Ask } from './ask.ts';

/** The file at `path`; the console's are revalidated, the lab's carry their version in their path. */
export async function asset({ edge, request, url }: Ask, path = url.pathname): Promise<Response> {
  const headers = new Headers();
  for (const name of ['if-none-match', 'accept-encoding', 'range']) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  const found = await edge.assets.fetch(
    new Request(new URL(path, 'http://assets.invalid'), { method: request.method, headers }),
  );
  if (found.status === 404) {
    await found.body?.cancel();
    throw new CellbookError('not_found', {
      doing: `reading ${path}`,
      problem: 'there is no such file',
      next: 'Reload the page.',
    });
  }
  const response = new Response(found.body, found);
  const immutable = path.startsWith('/static/lab/');
  response.headers.set('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  return response;
}
