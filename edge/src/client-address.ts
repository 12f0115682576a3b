/** The client's address as the edge sees it; workerd's front sets the header and drops a client's own. */
import type { Ask } from './ask.ts';

export const clientAddressOf = ({ request }: Ask): string =>
  request.headers.get('cf-connecting-ip')?.slice(0, 64) ?? 'unknown';
