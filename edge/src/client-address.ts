/**
 * Where a request came from, for the record of who did what. On Cloudflare it says so itself, in a header that no
 * client can set; behind a proxy of the operator's, that one does, in the header that `CELLBOOK_CLIENT_ADDRESS`
 * names. Of a list the last address counts: it is what the nearest proxy saw, the ones before are hearsay. On one
 * machine wrangler takes Cloudflare's header from whoever sends it, so there the variable is the one address that
 * can reach an edge which listens on loopback alone. Else it is empty, rather than something a client wrote.
 */
import type { Ask } from './ask.ts';

const address = /^(?=.*[.:])[0-9a-fA-F:.]{2,45}$/;

export function clientAddressOf({ edge, request }: Pick<Ask, 'edge' | 'request'>): string {
  const trusted = edge.config.CELLBOOK_CLIENT_ADDRESS;
  if (trusted === 'none') return '';
  if (address.test(trusted)) return trusted;
  const told = request.headers.get(trusted)?.split(',').at(-1)?.trim() ?? '';
  return address.test(told) ? told : '';
}
